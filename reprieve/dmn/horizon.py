"""Until when an answer holds if nothing but time passes, and what it is then.

Only facts under a clock age. A cell can tell two of their ages apart only at the constants of its column, so the answer
can change where an age reaches a constant or has just left it, and nowhere else. Other facts stay as they are; for one
that was itself taken from the clock, such as the weekday of now, the horizon has to be asked again when it turns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from reprieve.dmn.decide import CompiledTable
from reprieve.dmn.decision import Decision
from reprieve.dmn.facts import FactError, seen_value
from reprieve.dmn.model import Clock
from reprieve.dmn.sieve import Sieve
from reprieve.dmn.values import Value
from reprieve.dmn.witness import fact_seen_as

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
    compiled: CompiledTable, facts: Mapping[str, object], now: datetime, *, by_row: bool = False
) -> Horizon | None:
    """The next change of the answer if only time passes. None if it stays, as it does where a fact is to blame.

    The answer is the outputs; with `by_row` another row that gives the same outputs is a change as well.

    Raises:
        ValueError: `now` has no time zone.
    """
    return next(_changes(_Course(compiled, facts, now), by_row=by_row), None)


def curve(
    compiled: CompiledTable, facts: Mapping[str, object], now: datetime, limit: datetime, *, by_row: bool = False
) -> list[Span]:
    """Every answer from `now` to `limit`, both included: spans that join without a gap. See `horizon`.

    Raises:
        ValueError: `now` or `limit` has no time zone, or `limit` lies before `now`.
    """
    course = _Course(compiled, facts, now)
    if limit.utcoffset() is None or limit < now:
        raise ValueError("limit must be aware and must not lie before now")
    spans: list[Span] = []
    start, includes_start, decision = course.now, True, course.decision(course.now)
    for change in _changes(course, by_row=by_row):
        if change.first > limit:
            break
        spans.append(Span(start, change.until, includes_start, change.inclusive, decision))
        start, includes_start, decision = change.until, not change.inclusive, change.decision
    return [*spans, Span(start, limit.astimezone(UTC), includes_start, True, decision)]


def _changes(course: "_Course", *, by_row: bool) -> Iterator[Horizon]:
    """Each change of the answer, in the order of time."""
    before = course.decision(course.now)
    for first, (until, inclusive) in course.turns():
        change = Horizon(until, inclusive, course.decision(first))
        if _answer(change.decision, by_row=by_row) != _answer(before, by_row=by_row):
            yield change
            before = change.decision


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
        self.ageing: list[tuple[Sieve, datetime]] = []
        self.unusable: Decision | None = None
        try:
            seen, masks = self.verdicts.sift(facts, now)
        except FactError as error:
            seen, masks, self.unusable = (), (), self.verdicts.fall_back(error.problem)
        for sieve, value, mask in zip(compiled.sieves, seen, masks, strict=False):
            fact = fact_seen_as(sieve.column, value, now)
            if sieve.column.clock is not None and isinstance(fact, datetime):
                self.ageing.append((sieve, fact))
            else:
                self.steady &= mask
        self.now = now.astimezone(UTC)

    def decision(self, instant: datetime) -> Decision:
        """The decision when the facts have aged until then."""
        if self.unusable is not None:
            return self.unusable
        masks = [sieve.passing(seen_value(sieve.column, fact, instant)) for sieve, fact in self.ageing]
        return self.verdicts.of(self.verdicts.fitting([self.steady, *masks]))

    def turns(self) -> list[tuple[datetime, tuple[datetime, bool]]]:
        """The first instants after now of other ages to the cells, and each as the end of the ages before it, in order.

        They begin as an age reaches a constant (then what was ended before that instant) or has just left it.
        """
        found: dict[datetime, tuple[datetime, bool]] = {}
        for until in {_reaching(sieve, fact, point) for sieve, fact in self.ageing for point in sieve.points}:
            if until is not None and until > self.now:
                found[until] = (until, False)
            if until is not None and self.now <= until < _LAST:
                found.setdefault(until + _TICK, (until, True))
        return sorted(found.items())


def _reaching(sieve: Sieve, fact: datetime, point: Value) -> datetime | None:
    """When the time since or until the fact is a constant of its column; None if that lies outside the calendar."""
    length = cast("timedelta", point)
    try:
        return fact + length if sieve.column.clock is Clock.SINCE else fact - length
    except OverflowError:
        return None
