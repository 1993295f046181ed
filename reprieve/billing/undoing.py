"""Undoing a cancellation: for as long as its rule grants, and only while everything that it moved is still at hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.billing import credit_notes
from reprieve.billing.models import Charge, Refund, RefundState
from reprieve.cancellations.models import Cancellation
from reprieve.cancellations.subjects import is_slated, was_slated
from reprieve.lib.errors import Refused
from reprieve.policies.money_terms import MoneyTerms

# Of these nothing has gone anywhere, whatever was tried.
WENT_NOWHERE = (RefundState.REJECTED, RefundState.UNDONE)


class TooLateToUndo(Refused):
    """The time for undoing has passed, there was none, or something cannot be called back any more."""

    usual_remedy = _("Please place the order again.")


def undo_window(charge: Charge, outputs: Mapping[str, object]) -> timedelta | None:
    """For how long cancelling now, under this decision, could be undone; None where it could not be.

    What is on an invoice is taken back by a credit note at once. What is slated for deletion only support may restore,
    and undoing would be a way around that.
    """
    window = MoneyTerms.of(outputs).undo_window
    if not window or is_slated(charge.subject) or credit_notes.is_invoiced(charge):
        return None
    return window


def undo_until(charge: Charge, cancellation: Cancellation, *, now: datetime) -> datetime | None:
    """Until when the cancellation can still be undone; None where it cannot be. From what is prefetched."""
    try:
        return require_undoable(charge, cancellation, now=now)
    except TooLateToUndo:
        return None


def require_undoable(charge: Charge, cancellation: Cancellation, *, now: datetime) -> datetime:
    """Until when the cancellation of what the charge is of can be undone. Raises TooLateToUndo."""
    window = MoneyTerms.of(cancellation.decision.outputs).undo_window
    if not window or cancellation.closed_at is None or not cancellation.status_before:
        raise TooLateToUndo(gettext("The rule by which this case was cancelled grants no time for undoing it."))
    if now >= (until := cancellation.closed_at + window):
        raise TooLateToUndo(gettext("The time in which this cancellation could be undone has passed."))
    if was_slated(charge.subject, cancellation.closed_at):
        raise TooLateToUndo(
            gettext("The case was slated for deletion when it was cancelled, and only support restores those.")
        )
    if credit_notes.is_credited(charge):
        raise TooLateToUndo(gettext("The case was on an invoice, and a credit note for it is out already."))
    if any(refund.cancellation_id == cancellation.pk and _is_out(refund) for refund in charge.refunds.all()):
        raise TooLateToUndo(gettext("Some of the money is on its way back already."))
    return until


def _is_out(refund: Refund) -> bool:
    return refund.state not in WENT_NOWHERE and any(refund.attempts.all())
