"""Money for an order has come in: its charge is paid with it, or, where the order is cancelled, it is to go back."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing import payments, refunds
from reprieve.billing.models import Charge, Method, Payment, PaymentState, Refund, RefundState
from reprieve.cancellations.queries import effective_cancellation
from reprieve.history.models import EventType
from reprieve.history.record import amount
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.history import record_on
from reprieve.orders.models import Order, Status

PAID_TWICE = "More was paid than the case costs."
CAME_LATE = "The payment came in after the cancellation."


def receive_payment(order: Order, payment: Payment, *, actor: Actor, now: datetime) -> None:
    """Book a payment of the locked order as paid, in the caller's transaction. Booked already: nothing happens.

    A payment that comes after the cancellation never brings the order back. All of it waits in support's queue of
    refunds: whether the practice owes anything is for people to say.
    """
    if payment.state == PaymentState.PAID:
        return
    payment.state, payment.paid_at, payment.problem = PaymentState.PAID, now, ""
    payment.save()
    if order.status == Status.CANCELLED:
        _send_back(order, payment, actor=actor, now=now)
    else:
        record_on(order, EventType.PAYMENT_RECEIVED, actor=actor, now=now, data=_words(payment))
        charge_if_paid(order, actor=actor, now=now)


def charge_if_paid(order: Order, *, actor: Actor, now: datetime) -> None:
    """The locked order's charge is paid, and the order charged, once payments come up to it."""
    charge = Charge.objects.select_related("order").filter(order=order).first()
    if charge is None or not payments.mark_paid(charge) or order.charged_at is not None:
        return
    lifecycle.apply(order, lifecycle.Verb.CHARGE, now=now)
    record_on(order, EventType.ORDER_CHARGED, actor=actor, now=now, data={"how": "paid in full"})


def give_back_excess(order: Order, *, actor: Actor, now: datetime) -> None:
    """What the locked order was paid beyond its charge waits for support to send it back, of the latest payments."""
    excess = payments.refundable_minor(order)
    undisputed = Payment.objects.filter(order=order, state=PaymentState.PAID, disputed=False)
    for found in undisputed.order_by("-paid_at", "-pk"):
        part = min(excess, found.left_minor)
        if part > 0:
            refund = Refund(
                to_credit=found.method == Method.CREDIT, state=RefundState.PENDING, reason=PAID_TWICE, send_from=now
            )
            refunds.reserve(refund, refunds.lock_payment(found.pk), part, actor=actor, now=now)
            excess -= part


def _send_back(order: Order, payment: Payment, *, actor: Actor, now: datetime) -> None:
    refund = Refund(
        cancellation=effective_cancellation(order), state=RefundState.PENDING, reason=CAME_LATE, send_from=now
    )
    refunds.reserve(refund, payment, payment.amount_minor, actor=actor, now=now)
    event = record_on(order, EventType.PAYMENT_CAME_LATE, actor=actor, now=now, data=_words(payment))
    notify_practice(order, event)


def _words(payment: Payment) -> dict[str, object]:
    return {"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk}
