"""What happened to money, written where people look for it: on what the charge is of, or on the invoice."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing.models import Refund
from reprieve.billing.payables import draft_for
from reprieve.cancellations import subjects
from reprieve.history.models import Event, EventType
from reprieve.history.record import Details, amount, record_all


def drafts_of(
    refund: Refund,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    for_staff_only: bool = False,
    **words: object,
) -> list[Event]:
    """What happened to a refund, for the history of what it is of; with its amount, and whatever else it says.

    A refund of an invoice that follows from cancelling one of its cases stands in the history of that case, too, first.
    """
    data: dict[str, object] = {"amount": amount(refund.amount_minor, refund.currency), "refund": refund.pk, **words}
    details: Details = {"for_staff_only": for_staff_only, "data": data}
    own = draft_for(refund.payable, type, actor=actor, now=now, **details)
    if refund.invoice_id is None or refund.cancellation is None:
        return [own]
    return [subjects.draft_on(refund.cancellation.subject, type, actor=actor, now=now, **details), own]


def record_of(
    refund: Refund,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    for_staff_only: bool = False,
    **words: object,
) -> Event:
    """Append what happened to a refund to those histories. The event of what it is of."""
    drafts = drafts_of(refund, type, actor=actor, now=now, for_staff_only=for_staff_only, **words)
    return record_all(drafts)[-1]
