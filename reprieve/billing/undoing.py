"""Undoing a cancellation: for as long as its rule grants, and only while everything that it moved is still at hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.billing import credit_notes
from reprieve.billing.models import Refund, RefundState
from reprieve.cancellations.models import Cancellation
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order, Pause, PauseEnd, Status
from reprieve.orders.pauses import last_pause
from reprieve.policies.money_terms import MoneyTerms

# Of these nothing has gone anywhere, whatever was tried.
WENT_NOWHERE = (RefundState.REJECTED, RefundState.UNDONE)


class TooLateToUndo(Refused):
    """The time for undoing has passed, there was none, or something cannot be called back any more."""

    code = "too_late_to_undo"
    usual_remedy = _("Please place the order again.")


def undo_window(order: Order, outputs: Mapping[str, object]) -> timedelta | None:
    """For how long cancelling the order now, under this decision, could be undone; None where it could not be.

    What is on an invoice is taken back by a credit note at once. What is slated for deletion only support may restore,
    and undoing would be a way around that.
    """
    window = MoneyTerms.of(outputs).undo_window
    if not window or order.status == Status.SLATED_FOR_DELETION or credit_notes.is_invoiced(order):
        return None
    return window


def undo_until(order: Order, cancellation: Cancellation, *, now: datetime) -> datetime | None:
    """Until when the order's cancellation can still be undone; None where it cannot be. From what is prefetched."""
    try:
        return require_undoable(order, cancellation, now=now)
    except TooLateToUndo:
        return None


def require_undoable(order: Order, cancellation: Cancellation, *, now: datetime) -> datetime:
    """Until when the order's cancellation can be undone. Raises TooLateToUndo."""
    window, pause = MoneyTerms.of(cancellation.decision.outputs).undo_window, ended_pause(order, cancellation)
    if not window or cancellation.closed_at is None or not cancellation.status_before:
        raise TooLateToUndo(gettext("The rule by which this case was cancelled grants no time for undoing it."))
    if now >= (until := cancellation.closed_at + window):
        raise TooLateToUndo(gettext("The time in which this cancellation could be undone has passed."))
    if pause is not None and pause.slated_at is not None:
        raise TooLateToUndo(
            gettext("The case was slated for deletion when it was cancelled, and only support restores those.")
        )
    if credit_notes.is_credited(order):
        raise TooLateToUndo(gettext("The case was on an invoice, and a credit note for it is out already."))
    if any(refund.cancellation_id == cancellation.pk and _is_out(refund) for refund in order.refunds.all()):
        raise TooLateToUndo(gettext("Some of the money is on its way back already."))
    return until


def ended_pause(order: Order, cancellation: Cancellation) -> Pause | None:
    """The pause that the order's cancellation has ended, if it was in one."""
    pause = last_pause(order)
    if pause is None or pause.ended_at is None or cancellation.closed_at is None:
        return None
    return pause if pause.ended_how == PauseEnd.CANCELLED and pause.ended_at >= cancellation.closed_at else None


def _is_out(refund: Refund) -> bool:
    return refund.state not in WENT_NOWHERE and any(refund.attempts.all())
