"""An order's own page in the history: writing on it, and finding what was written."""

from datetime import datetime
from typing import Unpack

from reprieve.accounts.actors import Actor
from reprieve.history.models import Event, EventType
from reprieve.history.record import Details, record
from reprieve.orders.models import Order


def record_on(
    order: Order,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """Append one event to the order's history."""
    return record(type, subject=Order.SUBJECT, subject_id=order.pk, actor=actor, now=now, **details)


def made_before(order: Order, type: EventType, actor: Actor, seen_version: int) -> Event | None:  # noqa: A002
    """The event of this very command, if it has been carried out: a double click, or a repeat after a lost answer.

    Commands of staff that are recognised by this keep the version that was seen in their event, as `seen_version`.
    """
    return Event.objects.filter(
        subject=Order.SUBJECT,
        subject_id=order.pk,
        type=type,
        actor_id=actor.person_id,
        data__seen_version=seen_version,
    ).first()
