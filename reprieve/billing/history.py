"""What happened to money, written where people look for it: on what the charge is of, or on the invoice."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing.models import Refund
from reprieve.billing.payables import record_for
from reprieve.cancellations import subjects
from reprieve.history.models import Event, EventType
from reprieve.history.record import amount


def record_of(
    refund: Refund,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    for_staff_only: bool = False,
    **words: object,
) -> Event:
    """Append what happened to a refund to the history of what it is of; with its amount, and whatever else it says.

    A refund of an invoice that follows from cancelling one of its cases stands in the history of that case, too.
    """
    data: dict[str, object] = {"amount": amount(refund.amount_minor, refund.currency), "refund": refund.pk, **words}
    if refund.invoice is not None and refund.cancellation is not None:
        case = refund.cancellation.order
        subjects.record(case, type, actor=actor, now=now, for_staff_only=for_staff_only, data=data)
    return record_for(refund.payable, type, actor=actor, now=now, for_staff_only=for_staff_only, data=data)
