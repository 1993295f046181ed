"""Money has come in: what it is for is paid with it, and what is too much, or came too late, is to go back."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing import payables, payments, refunds
from reprieve.billing.models import Charge, Method, Payable, Payment, PaymentState, Refund, RefundState
from reprieve.billing.payables import record_for
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import EventType
from reprieve.history.own_words import CAME_LATE, PAID_TWICE
from reprieve.history.record import amount
from reprieve.notifications.notify import notify_practice


def receive_payment(payable: Payable, payment: Payment, *, actor: Actor, now: datetime) -> None:
    """Book a payment of what is locked as paid, in the caller's transaction. Booked already: nothing happens.

    What comes after the cancellation never brings the case back. That, and what is too much because it was paid or
    credited meanwhile, waits in support's queue of refunds: whether the practice owes anything is for people to say.
    """
    if payment.state == PaymentState.PAID:
        return
    payment.state, payment.paid_at, payment.problem = PaymentState.PAID, now, ""
    payment.save()
    data: dict[str, object] = {"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk}
    if payables.is_over(payable):
        cancellation = payables.cancellation_of(payable)
        _send_back(payment, payment.amount_minor, CAME_LATE, cancellation=cancellation, actor=actor, now=now)
        notify_practice(payable, record_for(payable, EventType.PAYMENT_CAME_LATE, actor=actor, now=now, data=data))
        return
    record_for(payable, EventType.PAYMENT_RECEIVED, actor=actor, now=now, data=data)
    payables.settle(payable, actor=actor, now=now)
    too_much, why = payables.too_much(payable)
    if too_much > 0:
        _send_back(payment, min(too_much, payment.left_minor), why, actor=actor, now=now)


def give_back_excess(charge: Charge, *, actor: Actor, now: datetime) -> None:
    """What was paid beyond the charge waits for support to send it back, of the latest payments."""
    excess = payments.refundable_minor(charge)
    undisputed = charge.payments.filter(state=PaymentState.PAID, disputed=False)
    for found in undisputed.order_by("-paid_at", "-pk"):
        part = min(excess, found.left_minor)
        if part > 0:
            _send_back(refunds.lock_payment(found.pk), part, PAID_TWICE, actor=actor, now=now)
            excess -= part


def _send_back(  # noqa: PLR0913 - one row in one line
    payment: Payment, minor: int, why: str, *, cancellation: Cancellation | None = None, actor: Actor, now: datetime
) -> None:
    refund = Refund(
        cancellation=cancellation,
        to_credit=payment.method == Method.CREDIT,
        state=RefundState.PENDING,
        reason=why,
        send_from=now,
    )
    refunds.reserve(refund, payment, minor, actor=actor, now=now)
