"""Money for an invoice has come in: its charges are paid with it, and what is too much of it is to go back."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing import payments, refunds
from reprieve.billing.documents import as_it_stands
from reprieve.billing.history import record_for
from reprieve.billing.models import Invoice, Payment, PaymentState, Refund, RefundState
from reprieve.history.models import EventType
from reprieve.history.record import amount

PAID_TOO_MUCH = "More was paid for the invoice than was open."


def receive_invoice_payment(invoice: Invoice, payment: Payment, *, actor: Actor, now: datetime) -> None:
    """Book a payment of the locked invoice as paid, in the caller's transaction. Booked already: nothing happens.

    What comes although the invoice was credited or paid meanwhile waits in support's queue of refunds.
    """
    if payment.state == PaymentState.PAID:
        return
    payment.state, payment.paid_at, payment.problem = PaymentState.PAID, now, ""
    payment.save()
    data: dict[str, object] = {"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk}
    record_for(invoice, EventType.PAYMENT_RECEIVED, actor=actor, now=now, data=data)
    payments.mark_invoice_paid(invoice)
    too_much = min(as_it_stands(invoice).overpaid_minor, payment.left_minor)
    if too_much > 0:
        refund = Refund(state=RefundState.PENDING, reason=PAID_TOO_MUCH, send_from=now)
        refunds.reserve(refund, payment, too_much, actor=actor, now=now)
