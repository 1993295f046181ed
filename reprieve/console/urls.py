"""The console's addresses."""

from django.urls import path

from reprieve.console import (
    cancellations,
    catalog,
    decisions,
    files,
    moves,
    orders,
    pauses,
    policies,
    practices,
    revisions,
)

app_name = "console"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/<str:number>/", orders.order_detail, name="order"),
    path("orders/<str:number>/move/", moves.move, name="move"),
    path("orders/<str:number>/deliver-files/", files.deliver_files, name="deliver_files"),
    path("orders/<str:number>/files/<uuid:file_id>/", files.download, name="file"),
    path("orders/<str:number>/revisions/open/", revisions.open_revision, name="open_revision"),
    path("orders/<str:number>/revisions/<int:revision_id>/close/", revisions.close_revision, name="close_revision"),
    path("orders/<str:number>/cancel/", cancellations.cancel, name="cancel"),
    path("orders/<str:number>/pause/", pauses.pause, name="pause"),
    path("orders/<str:number>/resume/", pauses.resume, name="resume"),
    path("orders/<str:number>/restore/", pauses.restore, name="restore"),
    path("requests/", cancellations.requests, name="requests"),
    path("requests/<int:cancellation_id>/approve/", cancellations.approve, name="approve"),
    path("requests/<int:cancellation_id>/decline/", cancellations.decline, name="decline"),
    path("decisions/<int:decision_id>/", decisions.decision, name="decision"),
    path("catalog/", catalog.catalog, name="catalog"),
    path("catalog/products/new/", catalog.new_product, name="new_product"),
    path("catalog/products/<int:pk>/", catalog.product, name="product"),
    path("catalog/families/new/", catalog.new_family, name="new_family"),
    path("catalog/families/<int:pk>/", catalog.family, name="family"),
    path("catalog/reasons/new/", catalog.new_reason, name="new_reason"),
    path("catalog/reasons/<int:pk>/", catalog.reason, name="reason"),
    path("policies/", policies.policies, name="policies"),
    path("policies/<slug:key>/", policies.policy, name="policy"),
    path("practices/", practices.practices, name="practices"),
    path("practices/<int:pk>/", practices.practice, name="practice"),
]
