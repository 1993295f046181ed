"""Undo a cancellation within the time that its rule grants: the order goes on where it stood, and so does its money.

A pause that the cancellation ended stays ended: the order goes on where it stood before the pause.
"""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import Actor
from reprieve.actions.permit import require_standing
from reprieve.actions.receive_payment import charge_if_paid
from reprieve.actions.send_payment import go_on_with_payments
from reprieve.billing import charges, credit, credit_notes, refunds
from reprieve.billing.models import CreditKind, Method, Refund, RefundState
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import effective_cancellation
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.notifications.tell import tell_practice
from reprieve.orders import lifecycle
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order, PauseEnd, Status
from reprieve.orders.pauses import last_pause
from reprieve.policies.money_terms import MoneyTerms

WHY = "The cancellation was undone."


class TooLateToUndo(Refused):
    """The time for undoing has passed, there was none, or some of the money is on its way."""

    code = "too_late_to_undo"
    usual_remedy = "Please place the order again."


@transaction.atomic
def undo_cancellation(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Undo it. Undone already: the same answer again, and nothing happens.

    Refunds that were not sent are taken back; store credit that was restored is spent again. Raises NotFound,
    NotAllowed, WrongState (never cancelled), TooLateToUndo, CreditTooSmall (the credit has been spent otherwise).
    """
    require_standing(actor)
    order = lock_order(actor, order_id)
    cancellation = effective_cancellation(order)
    if cancellation is None:
        if order.cancellations.filter(state=CancellationState.UNDONE).exists():
            return order
        raise lifecycle.WrongState("This case is not cancelled, so there is nothing to undo.")
    until = undo_until(cancellation)
    if until is None or now >= until:
        raise TooLateToUndo("The time in which this cancellation could be undone has passed.")
    if credit_notes.is_credited(order):
        raise TooLateToUndo("The case was on an invoice, and a credit note for it is out already.")
    for refund in cancellation.refunds.exclude(state__in=[RefundState.REJECTED, RefundState.UNDONE]):
        _take_back(refund, actor=actor, now=now)
    cancellation.state = CancellationState.UNDONE
    cancellation.save(update_fields=["state"])
    lifecycle.apply(order, lifecycle.Verb.UNDO, now=now, to=Status(cancellation.status_before))
    charges.reopen(order, now=now if _ended_a_pause(order, cancellation) else None)
    charge_if_paid(order, actor=actor, now=now)
    go_on_with_payments(order)
    event = record_on(
        order, EventType.CANCELLATION_UNDONE, actor=actor, now=now, data={"to": cancellation.status_before}
    )
    tell_practice(order, event)
    return order


def undo_until(cancellation: Cancellation) -> datetime | None:
    """Until when it can be undone; None where its rule grants no time, or it is from before that was possible."""
    window = MoneyTerms.of(cancellation.decision.outputs).undo_window
    if not window or cancellation.closed_at is None or not cancellation.status_before:
        return None
    return cancellation.closed_at + window


def _take_back(found: Refund, *, actor: Actor, now: datetime) -> None:
    refund = refunds.lock_refund(actor, found.pk)
    if refund.attempts.exists():
        raise TooLateToUndo("Some of the money is on its way back already.")
    if refund.credit_entry is not None:
        kind = CreditKind.SPENT if refund.payment.method == Method.CREDIT else CreditKind.TAKEN_BACK
        practice = credit.lock_practice(refund.practice_id)
        credit.write(
            practice, kind, refund.amount_minor, refund.currency, actor=actor, now=now, order=refund.order, why=WHY
        )
    refunds.let_go(refund, refund.amount_minor)
    refund.completed_at = None
    refunds.move(refund, RefundState.UNDONE, "completed_at")


def _ended_a_pause(order: Order, cancellation: Cancellation) -> bool:
    pause = last_pause(order)
    if pause is None or pause.ended_at is None or cancellation.closed_at is None:
        return False
    return pause.ended_how == PauseEnd.CANCELLED and pause.ended_at >= cancellation.closed_at
