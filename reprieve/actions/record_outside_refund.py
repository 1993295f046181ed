"""A refund that somebody made at the provider itself: it is written down here, and changes nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.send_refund import book_refund
from reprieve.billing import paying, refunds
from reprieve.billing.gateways import Answer, Declined
from reprieve.billing.models import Invoice, Payment, Refund, RefundAttempt, RefundState
from reprieve.cancellations.queries import effective_cancellation
from reprieve.history.models import EventType
from reprieve.history.record import amount, record
from reprieve.orders.models import Order

MADE_OUTSIDE = "Made at the card provider itself."
WRITTEN_DOWN = "it counts as a refund of the case"
TOO_MUCH = "it is more than was left to refund here, so nothing is counted; please compare the two"
OF_AN_INVOICE = "it was paid for an invoice, so nothing is counted; please write a credit note"


@dataclass(frozen=True, slots=True)
class OutsideRefund:
    """What the provider says of it. `name` is the provider's, under which it is written down once."""

    name: str
    amount_minor: int
    answer: Answer


@transaction.atomic
def record_outside_refund(*, payment_id: int, made: OutsideRefund, now: datetime) -> Refund | None:
    """Write it down against its payment, if there is room. Staff are told in any case.

    None where there is no room, where it is of an invoice, and for one that has failed already.
    """
    payment = paying.lock(payment_id)
    written = RefundAttempt.objects.filter(gateway=payment.gateway, provider_id=made.name).first()
    if written is not None:
        return book_refund(attempt_id=written.pk, answer=made.answer, actor=SYSTEM, now=now)
    if isinstance(made.answer, Declined):
        return None
    order = payment.order
    if order is None:
        _tell(payment, made, OF_AN_INVOICE, now)
        return None
    if made.amount_minor > payment.left_minor:
        _tell(payment, made, TOO_MUCH, now)
        return None
    refund = Refund(
        cancellation=effective_cancellation(order), state=RefundState.SENT, reason=MADE_OUTSIDE, send_from=now
    )
    refunds.reserve(refund, order, payment, made.amount_minor, actor=SYSTEM, now=now)
    attempt = RefundAttempt.objects.create(
        refund=refund, number=1, gateway=payment.gateway, provider_id=made.name, started_at=now
    )
    _tell(payment, made, WRITTEN_DOWN, now)
    return book_refund(attempt_id=attempt.pk, answer=made.answer, actor=SYSTEM, now=now)


def _tell(payment: Payment, made: OutsideRefund, what: str, now: datetime) -> None:
    is_of_order = payment.order_id is not None
    record(
        EventType.REFUND_MADE_OUTSIDE,
        subject=Order.SUBJECT if is_of_order else Invoice.SUBJECT,
        subject_id=payment.order_id or payment.invoice_id or 0,
        actor=SYSTEM,
        now=now,
        for_staff_only=True,
        data={"amount": amount(made.amount_minor, payment.currency), "what": what, "payment": payment.pk},
    )
