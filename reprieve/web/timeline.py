"""The history of an order as its reader sees it: sentences, with the words that people left beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext

from reprieve.cancellations.models import Cancellation
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.orders.models import Order, Pause

# Whoever did this could leave a note with the reason. The event names the decision, as the row with the note does.
ASKED_WHY = (EventType.ORDER_PAUSED, EventType.ORDER_CANCELLED, EventType.CANCELLATION_REQUESTED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `note` is what the person who acted wrote; the event itself never holds it.

    `decision` is the kept decision that it rests on, for staff.
    """

    type: str
    at: datetime
    sentence: str
    note: str = ""
    more: str = ""
    decision: int | None = None


def plain_timeline(events: Sequence[Event]) -> list[Entry]:
    """The entries of anything that has no notes, newest first."""
    return [_entry(event) for event in reversed(events)]


def timeline(order: Order, events: Sequence[Event], *, for_staff: bool = False) -> list[Entry]:
    """The entries, newest first. Reads notes from the order's prefetched pauses and cancellations."""
    rows: list[Pause | Cancellation] = [*order.pauses.all(), *order.cancellations.all()]
    notes = {row.decision_id: row.note for row in rows}
    return [
        replace(
            _entry(event),
            note=notes.get(event.data.get("decision"), "") if event.type in ASKED_WHY else "",
            decision=event.data.get("decision") if for_staff else None,
        )
        for event in reversed(events)
    ]


def _entry(event: Event) -> Entry:
    more = gettext("Only staff see this.") if event.for_staff_only else ""
    return Entry(event.type, event.at, sentence(event), more=more)
