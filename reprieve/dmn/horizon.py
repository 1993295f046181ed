"""Until when an answer holds if nothing but time passes, and what it is then.

Facts under a clock age. A cell can tell two of their ages apart only at the constants of its column, so the answer can
change where an age reaches a constant or has just left it, and nowhere else. Other facts stay as they are, unless the
asker knows better: a fact that follows the clock on the wall, such as the weekday of now, turns at instants that are
known beforehand. They are given as `later`: the facts from each such instant on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from reprieve.dmn.decide import CompiledTable
from reprieve.dmn.decision import Decision
from reprieve.dmn.facts import FactError, seen_value
from reprieve.dmn.lookup import ColumnLookup
from reprieve.dmn.model import Clock
from reprieve.dmn.values import Value
from reprieve.dmn.witness import fact_seen_as

type Later = Iterable[tuple[datetime, Mapping[str, object]]]
"""The facts as they will be from instants after now on, in the order of time. It is read as far as need be."""

_TICK = timedelta.resolution  # a microsecond: between two ticks there is no instant
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The end of an answer.

    Attributes:
        until: in UTC.
        inclusive: whether the answer still holds at `until` itself (`<= PT1H`), or ended just before it (`< PT1H`).
        decision: what is decided after it.
    """

    until: datetime
    inclusive: bool
    decision: Decision

    @property
    def first(self) -> datetime:
        """The first instant of the new answer."""
        return self.until + _TICK if self.inclusive else self.until


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with one answer, which begins where the one before it ends. Both ends are in UTC.

    Attributes:
        start: where it begins.
        until: where it ends.
        includes_start: whether the answer holds at `start` itself, or only just after it.
        includes_until: whether it still holds at `until` itself, or only until just before it.
        decision: what is decided when it begins.
    """

    start: datetime
    until: datetime
    includes_start: bool
    includes_until: bool
    decision: Decision


def horizon(
    compiled: CompiledTable,
    facts: Mapping[str, object],
    now: datetime,
    *,
    later: Later = (),
    by_row: bool = False,
) -> Horizon | None:
    """The next change of the answer if only time passes. None if it stays, as it does where a fact is to blame.

    After the last of `later` those facts stay; where they would go on to turn, what is found beyond it is a guess.

    The answer is the outputs; with `by_row` another row that gives the same outputs is a change as well.

    Raises:
        ValueError: `now` has no time zone.
    """
    courses = _courses(compiled, later)
    return next(_changes(_Course(compiled, facts, now), courses, by_row=by_row), None)


def curve(  # noqa: PLR0913 - as `horizon`, and up to when
    compiled: CompiledTable,
    facts: Mapping[str, object],
    now: datetime,
    limit: datetime,
    *,
    later: Later = (),
    by_row: bool = False,
) -> list[Span]:
    """Every answer from `now` to `limit`, both included: spans that join without a gap. See `horizon`.

    `later` has to come to an end, best at the limit.

    Raises:
        ValueError: `now` or `limit` has no time zone, or `limit` lies before `now`.
    """
    return list(spans(compiled, facts, now, limit, later=later, by_row=by_row))


def spans(  # noqa: PLR0913 - as `curve`
    compiled: CompiledTable,
    facts: Mapping[str, object],
    now: datetime,
    limit: datetime,
    *,
    later: Later = (),
    by_row: bool = False,
) -> Iterator[Span]:
    """The spans of `curve` one after another, for whoever may have seen enough before the last."""
    course = _Course(compiled, facts, now)
    if limit.utcoffset() is None or limit < now:
        raise ValueError("limit must be aware and must not lie before now")
    return _spans(course, _changes(course, _courses(compiled, later), by_row=by_row), limit)


def _spans(course: "_Course", changes: Iterator[Horizon], limit: datetime) -> Iterator[Span]:
    start, includes_start, decision = course.now, True, course.decision(course.now)
    for change in changes:
        if change.first > limit:
            break
        yield Span(start, change.until, includes_start, change.inclusive, decision)
        start, includes_start, decision = change.until, not change.inclusive, change.decision
    yield Span(start, limit.astimezone(UTC), includes_start, True, decision)


def _courses(compiled: CompiledTable, later: Later) -> "Iterator[_Course]":
    return (_Course(compiled, facts, instant) for instant, facts in later)


def _changes(course: "_Course", later: "Iterable[_Course]", *, by_row: bool) -> Iterator[Horizon]:
    """Each change of the answer, in the order of time."""
    before = course.decision(course.now)
    for turn in _turns(course, later):
        if _answer(turn.decision, by_row=by_row) != _answer(before, by_row=by_row):
            yield turn
            before = turn.decision


def _turns(course: "_Course", later: "Iterable[_Course]") -> Iterator[Horizon]:
    """What is decided wherever the answer may change: as facts age, and as they are replaced."""
    for following in later:
        yield from course.turns(before=following.now)
        yield Horizon(following.now, inclusive=False, decision=following.decision(following.now))
        course = following
    yield from course.turns()


def _answer(decision: Decision, *, by_row: bool) -> tuple[object, ...]:
    return (decision.outputs, decision.row) if by_row else (decision.outputs,)


class _Course:
    """How one set of facts ages.

    Raises:
        ValueError: `now` has no time zone.
    """

    def __init__(self, compiled: CompiledTable, facts: Mapping[str, object], now: datetime) -> None:
        self.verdicts = compiled.verdicts
        self.steady = self.verdicts.every_row
        self.ageing: list[tuple[ColumnLookup, datetime]] = []
        self.unusable: Decision | None = None
        try:
            seen, masks = self.verdicts.sift(facts, now)
        except FactError as error:
            seen, masks, self.unusable = (), (), self.verdicts.fall_back(error.problem)
        for lookup, value, mask in zip(compiled.lookups, seen, masks, strict=False):
            fact = fact_seen_as(lookup.column, value, now)
            if lookup.column.clock is not None and isinstance(fact, datetime):
                self.ageing.append((lookup, fact))
            else:
                self.steady &= mask
        self.now = now.astimezone(UTC)

    def decision(self, instant: datetime) -> Decision:
        """The decision when the facts have aged until then."""
        if self.unusable is not None:
            return self.unusable
        masks = [lookup.passing(seen_value(lookup.column, fact, instant)) for lookup, fact in self.ageing]
        return self.verdicts.of(self.verdicts.fitting([self.steady, *masks]))

    def turns(self, *, before: datetime | None = None) -> Iterator[Horizon]:
        """What is decided at the first instants of other ages to the cells, in the order of time.

        They begin as an age reaches a constant (then what was ended before that instant) or has just left it.
        """
        found: dict[datetime, tuple[datetime, bool]] = {}
        for until in {_reaching(lookup, fact, point) for lookup, fact in self.ageing for point in lookup.points}:
            if until is not None and until > self.now:
                found[until] = (until, False)
            if until is not None and self.now <= until < _LAST:
                found.setdefault(until + _TICK, (until, True))
        for first, (until, inclusive) in sorted(found.items()):
            if before is not None and first >= before:
                return
            yield Horizon(until, inclusive, self.decision(first))


def _reaching(lookup: ColumnLookup, fact: datetime, point: Value) -> datetime | None:
    """When the time since or until the fact is a constant of its column; None if that lies outside the calendar."""
    length = cast("timedelta", point)
    try:
        return fact + length if lookup.column.clock is Clock.SINCE else fact - length
    except OverflowError:
        return None
