"""Weekly autopay: what is open of an invoice is collected from the card that its practice uses."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django_ox.bulk import enqueue_many

from reprieve.accounts.models import Practice
from reprieve.billing import paying
from reprieve.billing.documents import document, with_amounts
from reprieve.billing.models import Card, Invoice, InvoiceKind, Payment
from reprieve.settlement.send_payment import send_payment_when_due


def collect(invoices: QuerySet[Invoice], *, now: datetime) -> list[Payment]:
    """Write down that the cards pay, in the transaction that wrote the invoices; the worker charges them afterwards.

    Practices without a card get their invoice alone. Whichever card is used stays it until then: it is removed, or
    another one put in its place, under the practice's lock.
    """
    billed = Practice.objects.filter(pk__in=invoices.order_by().values("practice"))
    list(billed.select_for_update().order_by("pk").values_list("pk"))
    cards = Card.objects.filter(is_default=True, removed_at=None, gateway=settings.CARD_GATEWAY)
    used = {card.practice_id: card for card in cards}
    collected = invoices.filter(kind=InvoiceKind.INVOICE, practice__in=cards.order_by().values("practice"))
    payments = [
        paying.start(invoice, used[invoice.practice_id], document(invoice).open_minor, now=now)
        for invoice in with_amounts(collected)
        if document(invoice).open_minor > 0
    ]
    written = Payment.objects.bulk_create(payments, batch_size=1000)
    enqueue_many(send_payment_when_due, [((payment.pk,), {}) for payment in written])
    return written
