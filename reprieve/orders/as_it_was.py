"""Orders as they were, rebuilt from their history, so that rules can be asked about the past.

An order's events are played again, on a copy in memory, through the same table of transitions that moved it then. Where
the history does not lead to the order as it now stands, nothing is guessed: it cannot be rebuilt.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import accumulate
from operator import attrgetter, itemgetter
from typing import Final

from django.db.models import Model, QuerySet, prefetch_related_objects

from reprieve.accounts.models import Practice
from reprieve.history.models import Event, EventType
from reprieve.orders.history import EVENT_OF
from reprieve.orders.lifecycle import Verb, WrongState, move
from reprieve.orders.models import DesignStage, Order, OrderFile, Pause, ProductionStage, Revision, Status
from reprieve.policies.lives import Asked, Life, NotRebuildable, State, Unknown

RELATED: Final = ("practice", "lines", "files", "pauses", "revisions")
BEGINNINGS: Final = (EventType.ORDER_PLACED, EventType.ORDER_IMPORTED)
VERB_OF: Final[Mapping[str, Verb]] = {
    **{event: verb for verb, event in EVENT_OF.items()},
    EventType.CANCELLATION_APPROVED: Verb.CANCEL,
}
ENDS_A_PAUSE: Final = (Verb.RESUME, Verb.RESTORE, Verb.CANCEL)
STAMPED: Final = attrgetter(
    "status", "status_since", "design_stage", "production_stage", "shipped_at", "files_delivered_at", "charged_at"
)


def order_as_it_was(order: Order, at: datetime) -> Order | NotRebuildable:
    """A copy of the order in memory, never to be saved, as it was after all that had happened up to and in `at`.

    Its lines, files, pauses, revisions and practice are those of then, so that every fact can be read from it.
    """
    ((_same, life),) = lives_of([order])
    return life if isinstance(life, NotRebuildable) else life.at(at)


def lives_of(orders: Sequence[Order]) -> Iterator[tuple[Order, Life[Order] | NotRebuildable]]:
    """The life of each order as it is now, for all of them in the same few queries."""
    prefetch_related_objects(orders, *RELATED)
    of_order = _events_of(Order.SUBJECT, {order.pk for order in orders})
    of_practice = _events_of(Practice.SUBJECT, {order.practice_id for order in orders}, type=EventType.PRACTICE_CHANGED)
    for order in orders:
        yield order, _life(order, of_order[order.pk], of_practice[order.practice_id])


def _events_of(subject: str, ids: Iterable[int], **lookup: object) -> Mapping[int, list[Event]]:
    """By subject, in the order in which they were written: commands that waited for a lock carry an earlier instant."""
    found: dict[int, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(subject=subject, subject_id__in=ids, **lookup).order_by("pk"):
        found[event.subject_id].append(event)
    return found


def _life(order: Order, events: Sequence[Event], changes: Sequence[Event]) -> Life[Order] | NotRebuildable:
    """The life that an order's events tell, with the changes of its practice between them."""
    if not events or events[0].type not in BEGINNINGS:
        return NotRebuildable(Unknown.HISTORY_DIFFERS)
    replay = _Replay(order, changes)
    since_beginning = [change for change in changes if change.at > events[0].at]
    try:
        for at, event in merge(_timed(events), _timed(since_beginning), key=itemgetter(0)):
            replay.take(event, at)
    except (WrongState, LookupError):
        return NotRebuildable(Unknown.HISTORY_DIFFERS)
    if not replay.leads_to(order):
        return NotRebuildable(Unknown.HISTORY_DIFFERS)
    return Life(order.submitted_at, replay.states, replay.asked)


def _timed(events: Sequence[Event]) -> Iterator[tuple[datetime, Event]]:
    """Each event with the instant from which on it had happened: none before an earlier one had."""
    return zip(accumulate((event.at for event in events), max), events, strict=True)


@dataclass(slots=True)
class _Replay:
    """An order on its way through its events. `original` is what it became, `changes` those of its practice."""

    original: Order
    changes: Sequence[Event]
    order: Order = field(init=False)
    pauses: list[Pause] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    states: list[State[Order]] = field(default_factory=list)
    asked: dict[int, Asked[Order]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.order = copy(self.original)
        self.order.status, self.order.status_since = Status.PROCESSING, self.original.submitted_at
        self.order.design_stage, self.order.production_stage = DesignStage.NOT_STARTED, ProductionStage.NOT_STARTED
        self.order.shipped_at = self.order.files_delivered_at = self.order.charged_at = None

    def take(self, event: Event, at: datetime) -> None:
        """Go on by one event. Raises WrongState or LookupError where it could not have happened."""
        decision = event.data.get("decision")
        if decision is not None and decision not in self.asked:
            self.asked[decision] = self._question(event)
        if event.type in VERB_OF:
            self._move(VERB_OF[event.type], event)
        elif event.type == EventType.REVISION_OPENED:
            self._open_revision(event.data["revision"])
        elif event.type == EventType.REVISION_CLOSED:
            self._close_revision(event)
        self.states.append(State(at, self._seen(at)))

    def leads_to(self, order: Order) -> bool:
        return (
            STAMPED(self.order) == STAMPED(order)
            and _stamps(self.pauses) == _stamps(order.pauses.all())
            and _stamps(self.revisions) == _stamps(order.revisions.all())
        )

    def _question(self, event: Event) -> Asked[Order]:
        return Asked(
            subject=self.states[-1].subject,
            who=event.actor_kind,
            reason=event.data.get("reason_key"),
            knows_reason="reason_key" in event.data or "reason" not in event.data,
        )

    def _move(self, verb: Verb, event: Event) -> None:
        if verb is Verb.PAUSE:
            self._begin_pause(event.data["decision"])
        pause = self.pauses[-1] if self.pauses and self.pauses[-1].ended_at is None else None
        to = Status(event.data["to"]) if verb is Verb.UNDO else None
        if pause is not None and verb in {Verb.RESUME, Verb.RESTORE}:
            to = Status(pause.status_before)
        move(self.order, verb, now=event.at, to=to)
        if pause is not None and verb is Verb.SLATE:
            pause = copy(pause)
            pause.slated_at = event.at
            self.pauses[-1] = pause
        elif pause is not None and verb in ENDS_A_PAUSE:
            self.pauses[-1] = next(each for each in self.original.pauses.all() if each.pk == pause.pk)

    def _begin_pause(self, decision: int) -> None:
        pause = copy(_only(each for each in self.original.pauses.all() if each.decision_id == decision))
        pause.slated_at, pause.ended_at, pause.ended_how = None, None, ""
        self.pauses.append(pause)

    def _open_revision(self, pk: int) -> None:
        revision = copy(_only(each for each in self.original.revisions.all() if each.pk == pk))
        revision.closed_at = None
        self.revisions.append(revision)

    def _close_revision(self, event: Event) -> None:
        """Close the one that the event names. Older events name none: it is one that was closed at this instant."""
        named = event.data.get("revision")
        rows = {each.pk: each for each in self.original.revisions.all()}
        is_closed = partial(_is_closed, rows=rows, named=named, at=event.at)
        number = next((number for number, each in enumerate(self.revisions) if is_closed(each)), None)
        if number is None:
            raise LookupError
        self.revisions[number] = rows[self.revisions[number].pk]

    def _seen(self, at: datetime) -> Order:
        """The order at this point, as a copy that stays as it is."""
        seen = copy(self.order)
        seen.status, seen.design_stage = str(seen.status), str(seen.design_stage)  # as they come from the database
        seen.production_stage = str(seen.production_stage)
        seen.practice = self._practice(at)
        seen._prefetched_objects_cache = {  # type: ignore[attr-defined]  # noqa: SLF001 - where `.all()` looks first
            "lines": self.original.lines.all(),
            "files": _loaded(OrderFile, [file for file in self.original.files.all() if file.added_at <= at]),
            "pauses": _loaded(Pause, self.pauses),
            "revisions": _loaded(Revision, self.revisions),
        }
        return seen

    def _practice(self, at: datetime) -> Practice:
        """What a later change replaced is what was known of it then."""
        before = next((change.data["before"] for change in self.changes if change.at > at), None)
        if before is None:
            return self.original.practice
        practice = copy(self.original.practice)
        practice.plan, practice.tags = before["plan"], before["tags"]
        return practice


def _is_closed(revision: Revision, *, rows: Mapping[int, Revision], named: int | None, at: datetime) -> bool:
    if revision.closed_at is not None:
        return False
    return revision.pk == named if named is not None else rows[revision.pk].closed_at == max(at, revision.opened_at)


def _only[M: Model](rows: Iterable[M]) -> M:
    """The one row. Raises LookupError where there is none."""
    for row in rows:
        return row
    raise LookupError


def _stamps(rows: Iterable[Pause] | Iterable[Revision]) -> set[tuple[object, ...]]:
    return {
        (row.pk, row.slated_at, row.ended_at) if isinstance(row, Pause) else (row.pk, row.closed_at) for row in rows
    }


def _loaded[M: Model](model: type[M], rows: Sequence[M]) -> QuerySet[M]:
    """A query that has been answered with these rows."""
    found = model._default_manager.all()  # noqa: SLF001 - Django's public name for it
    found._result_cache = list(rows)  # noqa: SLF001 - as Django's own prefetching does
    return found
