"""Cancel an order at once: the customer where the rules allow it, staff also against them, recorded as such."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation
from reprieve.orders.locking import lock_order
from reprieve.settlement.cancelling import cancel


@transaction.atomic
def cancel_order(  # noqa: PLR0913 - the whole command in one line
    *,
    order_id: int,
    actor: Actor,
    reason: str,
    note: str = "",
    now: datetime,
    expected_version: int | None = None,
    override: bool = False,
    expected_refund_minor: int | None = None,
) -> Cancellation:
    """Cancel now. On an order that is cancelled already: the same answer again, and nothing happens.

    `reason` is the key of a reason. Staff say which version they saw; `override` lets them act where the rules would
    not. `expected_refund_minor` is the refund that was shown, if one was: nobody gets another without knowing.
    Raises NotFound, ReasonMissing, NoteMissing, NoteTooLong, NotAllowed, OrderChanged, CancellationRefused,
    CancellationNeedsRequest, RefundChanged, NoRulesInForce.
    """
    return cancel(
        lock_order(actor, order_id),
        actor=actor,
        reason=reason,
        note=note,
        now=now,
        expected_version=expected_version,
        override=override,
        expected_refund_minor=expected_refund_minor,
    )
