"""Writing history: in the transaction of the thing that happened, by the code that makes it happen."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict, Unpack

from reprieve.accounts.actors import Actor
from reprieve.history.models import Event, EventType


class Details(TypedDict, total=False):
    """What else an event may say of itself."""

    override: bool
    for_staff_only: bool
    data: dict[str, object]


def record(
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    subject: str,
    subject_id: int,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """Append one event. `override` marks what staff did against the customer's rules."""
    event = draft(type, subject=subject, subject_id=subject_id, actor=actor, now=now, **details)
    event.save(force_insert=True)
    return event


def draft(
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    subject: str,
    subject_id: int,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """An event that is not yet written, for `record_all`."""
    return Event(
        type=type,
        at=now,
        subject=subject,
        subject_id=subject_id,
        actor_kind=actor.kind,
        actor_name=actor.name,
        actor_id=actor.person_id,
        **details,
    )


def record_all(events: Iterable[Event]) -> list[Event]:
    """Append many events at once, in their order."""
    return Event.objects.bulk_create(events, batch_size=1000)


def events_of(subject: str, subject_id: int, *, for_staff: bool) -> list[Event]:
    """The subject's history, oldest first; what is for staff only is left out for others."""
    events = Event.objects.filter(subject=subject, subject_id=subject_id)
    if not for_staff:
        events = events.filter(for_staff_only=False)
    return list(events)


def amount(minor: int, currency: str) -> dict[str, object]:
    """Money as an event keeps it; its sentence shows it in the reader's form."""
    return {"minor": minor, "currency": currency}
