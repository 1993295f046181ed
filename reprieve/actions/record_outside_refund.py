"""A refund that somebody made at the provider itself: it is written down here, and changes nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import SYSTEM
from reprieve.billing import paying, refunds
from reprieve.billing.documents import as_it_stands
from reprieve.billing.gateways import Answer, Declined
from reprieve.billing.models import Payment, Refund, RefundAttempt, RefundState
from reprieve.billing.payables import cancellation_of, record_for
from reprieve.history.models import EventType
from reprieve.history.own_words import COUNTED, MADE_OUTSIDE, TOO_MUCH, TOO_MUCH_FOR_INVOICE
from reprieve.history.record import amount
from reprieve.settlement.send_refund import book_refund


@dataclass(frozen=True, slots=True)
class OutsideRefund:
    """What the provider says of it. `name` is the provider's, under which it is written down once."""

    name: str
    amount_minor: int
    answer: Answer


@transaction.atomic
def record_outside_refund(*, payment_id: int, made: OutsideRefund, now: datetime) -> Refund | None:
    """Write it down against its payment, if there is room. Staff are told in any case.

    There is room for what is left of the payment; of an invoice's, for what was paid too much for that. None where
    there is none, and for one that has failed already.
    """
    payment = paying.lock(payment_id)
    written = RefundAttempt.objects.filter(gateway=payment.gateway, provider_id=made.name).first()
    if written is not None:
        return book_refund(attempt_id=written.pk, answer=made.answer, actor=SYSTEM, now=now)
    if isinstance(made.answer, Declined):
        return None
    room_minor, otherwise = _room(payment)
    if made.amount_minor > room_minor:
        _notify(payment, made, otherwise, now)
        return None
    cancellation = cancellation_of(payment.payable)
    refund = Refund(cancellation=cancellation, state=RefundState.SENT, reason=MADE_OUTSIDE, send_from=now)
    refunds.reserve(refund, payment, made.amount_minor, actor=SYSTEM, now=now)
    attempt = RefundAttempt.objects.create(
        refund=refund, number=1, gateway=payment.gateway, provider_id=made.name, started_at=now
    )
    _notify(payment, made, COUNTED, now)
    return book_refund(attempt_id=attempt.pk, answer=made.answer, actor=SYSTEM, now=now)


def _room(payment: Payment) -> tuple[int, str]:
    """How much of the locked payment may have gone back, and what to say of more."""
    if payment.invoice is None:
        return payment.left_minor, TOO_MUCH
    return min(payment.left_minor, as_it_stands(payment.invoice).overpaid_minor), TOO_MUCH_FOR_INVOICE


def _notify(payment: Payment, made: OutsideRefund, what: str, now: datetime) -> None:
    data = {"amount": amount(made.amount_minor, payment.currency), "what": what, "payment": payment.pk}
    kind = EventType.REFUND_MADE_OUTSIDE
    record_for(payment.payable, kind, actor=SYSTEM, now=now, for_staff_only=True, data=data)
