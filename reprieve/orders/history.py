"""An order's own page in the history: writing on it, and finding what was written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Unpack

from reprieve.accounts.actors import Actor
from reprieve.history.models import Event, EventType
from reprieve.history.record import Details, record
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order

EVENT_OF: Final[Mapping[Verb, EventType]] = {
    Verb.START_DESIGN: EventType.DESIGN_STARTED,
    Verb.COMPLETE_DESIGN: EventType.DESIGN_COMPLETED,
    Verb.START_FABRICATION: EventType.FABRICATION_STARTED,
    Verb.FINISH_FABRICATION: EventType.FABRICATION_FINISHED,
    Verb.SHIP: EventType.ORDER_SHIPPED,
    Verb.DELIVER_FILES: EventType.FILES_DELIVERED,
    Verb.COMPLETE: EventType.ORDER_COMPLETED,
    Verb.INVOICE: EventType.ORDER_INVOICED,
    Verb.CHARGE: EventType.ORDER_CHARGED,
    Verb.HOLD: EventType.PUT_ON_HOLD,
    Verb.RELEASE: EventType.HOLD_RELEASED,
    Verb.PAUSE: EventType.ORDER_PAUSED,
    Verb.RESUME: EventType.ORDER_RESUMED,
    Verb.SLATE: EventType.SLATED_FOR_DELETION,
    Verb.RESTORE: EventType.ORDER_RESTORED,
    Verb.CANCEL: EventType.ORDER_CANCELLED,
    Verb.UNDO: EventType.CANCELLATION_UNDONE,
}
"""What stands in the history when a verb has moved the order. A cancellation that was asked for is `…_APPROVED`."""


def record_on(
    order: Order,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
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
