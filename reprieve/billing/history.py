"""What happened to money, written where people look for it: on the order or on the invoice that it is for."""

from datetime import datetime
from typing import Unpack

from reprieve.accounts.actors import Actor
from reprieve.billing.models import Invoice, Refund
from reprieve.history.models import Event, EventType
from reprieve.history.record import Details, amount, record
from reprieve.orders.models import Order


def record_for(
    subject: Order | Invoice,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """Append one event to the history of an order or an invoice."""
    return record(type, subject=subject.SUBJECT, subject_id=subject.pk, actor=actor, now=now, **details)


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
        record_for(case, type, actor=actor, now=now, for_staff_only=for_staff_only, data=data)
    return record_for(refund.subject, type, actor=actor, now=now, for_staff_only=for_staff_only, data=data)
