"""Invoices to test with: paid by bank transfer or by card at the fake provider, and one of their cases cancelled."""

from datetime import datetime, timedelta
from itertools import count

from django.db import transaction

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.reject_refund import reject_refund
from reprieve.billing.documents import Document, as_it_stands
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Invoice, Method, Payment, PaymentState
from reprieve.billing.payments import lock_invoice
from reprieve.cancellations.models import Cancellation
from reprieve.orders.models import Order
from reprieve.settlement.receive_payment import receive_payment
from tests.factories.things import NOON, Catalog, an_invoice

LATER = NOON + timedelta(days=40)
NUMBERS = count(1)


@transaction.atomic
def pay_invoice(invoice: Invoice, minor: int, *, by_card: bool = True, now: datetime = LATER) -> Payment:
    """The invoice's payment of so much has come in: by card, at the fake provider, or by bank transfer."""
    locked = lock_invoice(invoice.pk)
    payment = Payment.objects.create(
        practice_id=locked.practice_id,
        invoice=locked,
        method=Method.CARD if by_card else Method.MANUAL,
        gateway="fake" if by_card else MANUAL,
        provider_id=f"in_{next(NUMBERS)}" if by_card else None,
        reference="" if by_card else "Elm Street",
        currency=locked.currency,
        amount_minor=minor,
        state=PaymentState.PENDING,
        created_at=now,
    )
    receive_payment(locked, payment, actor=SYSTEM, now=now)
    return payment


def a_paid_invoice(catalog: Catalog, owner: Actor, *parts: int, by_card: bool = True) -> tuple[Invoice, list[Order]]:
    """An invoice over two cases of 120.00 that is paid in these parts, or at once, with its cases."""
    invoice = an_invoice(catalog, owner, orders=2)
    for minor in parts or (24000,):
        pay_invoice(invoice, minor, by_card=by_card)
    return invoice, list(Order.objects.filter(charge__invoice_lines__invoice=invoice).order_by("pk"))


def an_overpaid_invoice(catalog: Catalog, owner: Actor) -> Invoice:
    """Last month's, paid with 5.00 too much, which support has said no to giving back."""
    invoice = an_invoice(catalog, owner, now=NOON - timedelta(days=28))
    pay_invoice(invoice, 12500)
    refund = invoice.refunds.get()
    reject_refund(refund_id=refund.pk, actor=SYSTEM, expected_version=1, answer="It is for May.", now=LATER)
    return invoice


def cancel(order: Order, actor: Actor, reason: str = "patient_away", *, expected: int | None = None) -> Cancellation:
    """The case is cancelled by its practice, after its invoice was paid; `expected` is the refund that it was shown."""
    return cancel_order(order_id=order.pk, actor=actor, reason=reason, now=LATER, expected_refund_minor=expected)


def stands(invoice: Invoice) -> Document:
    """The invoice as it stands."""
    return as_it_stands(invoice)
