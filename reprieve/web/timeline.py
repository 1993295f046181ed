"""The history of an order as its reader sees it: sentences, with the words that people left beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.orders.models import Order


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `note` is what the person who acted wrote; the event itself never holds it."""

    type: str
    at: datetime
    sentence: str
    note: str = ""
    more: str = ""


def timeline(order: Order, events: Sequence[Event]) -> list[Entry]:
    """The entries, newest first. Reads notes from the order's prefetched pauses and cancellations."""
    notes = _notes(order)
    return [
        Entry(
            event.type,
            event.at,
            sentence(event),
            note=notes.get((event.type, event.at), ""),
            more=gettext("Only staff see this.") if event.for_staff_only else "",
        )
        for event in reversed(events)
    ]


def _notes(order: Order) -> Mapping[tuple[str, datetime], str]:
    """A pause and its event were written with the same instant, and so were a cancellation and its event."""
    notes = {(str(EventType.ORDER_PAUSED), pause.started_at): pause.note for pause in order.pauses.all()}
    for cancellation in order.cancellations.all():
        for event_type in (EventType.ORDER_CANCELLED, EventType.CANCELLATION_REQUESTED):
            notes[str(event_type), cancellation.asked_at] = cancellation.note
    return notes
