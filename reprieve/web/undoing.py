"""A cancellation that can still be undone, in words: until when, and what undoing it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from reprieve.billing.models import RefundState
from reprieve.cancellations.models import Cancellation
from reprieve.cancellations.subjects import stood_still
from reprieve.options.options import Options
from reprieve.orders.models import Order


@dataclass(frozen=True, slots=True)
class Undoing:
    """Until when, and what then becomes of the order and its money, in sentences."""

    until: datetime
    then: str


def undoing(found: Options) -> Undoing | None:
    """None where there is no cancellation, or it cannot be undone."""
    if found.cancellation is None or found.undo_until is None:
        return None
    return Undoing(found.undo_until, " ".join(_consequences(found.order, found.cancellation)))


def _consequences(order: Order, cancellation: Cancellation) -> Iterator[str]:
    refunds = [refund for refund in order.charge.refunds.all() if refund.state != RefundState.UNDONE]
    if cancellation.closed_at is not None and stood_still(order, cancellation.closed_at):
        yield gettext("The case then goes on; its pause stays ended, and what the case costs is due from that day on.")
    else:
        yield gettext("The case then goes on where it stood, and what it costs is due as before.")
    if any(refund.credit_entry_id is not None for refund in refunds):
        yield gettext("The store credit that came back is spent on it again.")
    if any(refund.credit_entry_id is None for refund in refunds):
        yield gettext("No money is sent back before that time.")
