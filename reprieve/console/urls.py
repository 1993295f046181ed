"""The console's addresses."""

from django.urls import path

from reprieve.console import orders

app_name = "console"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
]
