"""The portal's addresses."""

from django.urls import path

from reprieve.portal import orders

app_name = "portal"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/<str:number>/", orders.order_detail, name="order"),
]
