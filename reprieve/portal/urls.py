"""The portal's addresses."""

from django.urls import path

from reprieve.portal import (
    billing,
    cancellations,
    cards,
    files,
    my_account,
    orders,
    pauses,
    pay,
    place_order,
    practice,
    refunds,
)

app_name = "portal"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/new/", place_order.place, name="place_order"),
    path("orders/<str:number>/", orders.order_detail, name="order"),
    path("orders/<str:number>/cancel/", cancellations.cancel, name="cancel"),
    path("orders/<str:number>/request-cancellation/", cancellations.request_cancellation, name="request"),
    path("orders/<str:number>/withdraw/", cancellations.withdraw, name="withdraw"),
    path("orders/<str:number>/undo/", refunds.undo, name="undo"),
    path("orders/<str:number>/request-refund/", refunds.request_refund, name="request_refund"),
    path("orders/<str:number>/pause/", pauses.pause, name="pause"),
    path("orders/<str:number>/resume/", pauses.resume, name="resume"),
    path("orders/<str:number>/pay/", pay.pay, name="pay"),
    path("orders/<str:number>/files/", files.add, name="add_files"),
    path("orders/<str:number>/files/<uuid:file_id>/", files.download, name="file"),
    path("billing/", billing.billing, name="billing"),
    path("billing/invoices/", billing.invoices, name="invoices"),
    path("billing/invoices/export/", billing.export, name="export_invoices"),
    path("billing/cards/add/", cards.add, name="add_card"),
    path("billing/cards/visits/<uuid:visit>/", cards.visit, name="card_visit"),
    path("billing/cards/<int:card_id>/use/", cards.use, name="use_card"),
    path("billing/cards/<int:card_id>/remove/", cards.remove, name="remove_card"),
    path("billing/<str:name>/", billing.document_page, name="document"),
    path("billing/<str:name>/pay/", pay.pay_invoice, name="pay_invoice"),
    path("billing/<str:name>/pdf/", billing.document_pdf, name="document_pdf"),
    path("practice/", practice.practice, name="practice"),
    path("practice/people/<int:person_id>/remove/", practice.remove_colleague, name="remove_colleague"),
    path("my-account/", my_account.my_account, name="my_account"),
]
