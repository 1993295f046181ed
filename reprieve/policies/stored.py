"""How a fact stands in the database, and which of its stored values a cell's values are.

SQL never computes a fact otherwise than Python does. What a database cannot say exactly (decimals and time zones on
SQLite) stands there in a coarser form that it can, and Python moves the constants of the cells into that form.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable

from reprieve.dmn.values import Value, canonical
from reprieve.policies.conditions import AnyElement, Condition, ElementIsNoText, ElementText, Range, any_of, lies_in


class NoTwinError(ValueError):
    """A column of a table has no counterpart in the database."""


_MOST_DIGITS = 60  # no stored number has as many: a longer constant is as good as one of that length


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that the question brings along, such as who asks: the same for every row of the database."""

    fact: object


@dataclass(frozen=True, slots=True)
class Plain:
    """A fact that is stored as it is: text, true or false, a date, a time, an instant, a duration.

    Like every form of one value: `expression` is the stored value, `unreadable` are stored values that are no fact,
    `within` turns facts into the stored values that have them, and `read` a stored value, unless NULL, into its fact.
    """

    expression: Combinable
    unreadable: Sequence[Range] = ()

    def within(self, facts: Range) -> Range | None:
        """The same range."""
        return facts

    def read(self, stored: Any) -> object:  # noqa: ANN401
        """The same value."""
        return stored


@dataclass(frozen=True, slots=True)
class Scaled:
    """A number of so many decimal places, stored as a whole number of the last: 120.50 in two places is 12050."""

    expression: Combinable
    places: int = 0
    unreadable: Sequence[Range] = ()

    def within(self, facts: Range) -> Range | None:
        """Whole numbers, both ends among them."""
        low, high = self._scaled(facts.low), self._scaled(facts.high)
        first = last = None
        if low is not None:
            first = math.ceil(low) if facts.low_closed else math.floor(low) + 1
        if high is not None:
            last = math.floor(high) if facts.high_closed else math.ceil(high) - 1
        return None if _is_empty(first, last) else _closed(first, last)

    def _scaled(self, number: Value | None) -> Fraction | None:
        if number is None:
            return None
        exact = cast("int | Decimal", number)
        if isinstance(exact, Decimal) and abs(exact.adjusted()) > _MOST_DIGITS:
            exact = Decimal((exact.is_signed(), (1,), int(math.copysign(_MOST_DIGITS, exact.adjusted()))))
        return Fraction(exact) * Fraction(10) ** self.places

    def read(self, stored: Any) -> object:  # noqa: ANN401
        """The number itself."""
        return canonical(Decimal(int(stored)).scaleb(-self.places))


@dataclass(frozen=True, slots=True)
class LocalMidnight:
    """An instant, stored as the date that begins with it in a time zone.

    Where the clocks go forward or back at midnight, the day begins when Python's `datetime` says so.
    """

    expression: Combinable
    zone: ZoneInfo

    @property
    def unreadable(self) -> Sequence[Range]:
        """The first day of the calendar where it begins before UTC's, which is then no instant."""
        offset = self.read(date.min).utcoffset()
        return (Range.at(date.min),) if offset is not None and offset > timedelta() else ()

    def within(self, facts: Range) -> Range | None:
        """Dates, both ends among them. Later days never begin earlier, so the ends are found by halving."""
        days = range(1, date.max.toordinal() + 1)
        low, high = cast("datetime | None", facts.low), cast("datetime | None", facts.high)
        first = last = None
        if low is not None:
            first = 1 + (bisect_left if facts.low_closed else bisect_right)(days, low, key=self._start)
        if high is not None:
            last = (bisect_right if facts.high_closed else bisect_left)(days, high, key=self._start)
        if _is_empty(first, last) or first == len(days) + 1 or last == 0:
            return None
        return _closed(first and date.fromordinal(first), last and date.fromordinal(last))

    def _start(self, ordinal: int) -> datetime:
        return self.read(date.fromordinal(ordinal))

    def read(self, stored: date) -> datetime:
        """The instant at which the day begins."""
        return datetime.combine(stored, time(), tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class RowsOf:
    """A value of each related row, never NULL; their query refers to the subject by OuterRef.

    Like every form of several values: `holds` asks whether any of them passes a test, and `unreadable` whether any is
    of another type.
    """

    rows: QuerySet[Any]
    value: "OneValue"
    unreadable: Condition = False

    def holds(self, test: "Callable[[OneValue], Condition]") -> Condition:
        """Whether there is such a row."""
        condition = test(self.value)
        if condition is False:
            return False
        return Q(any_of(self.rows if condition is True else self.rows.filter(condition)))


@dataclass(frozen=True, slots=True)
class JsonTexts:
    """The texts of a list in a JSON field."""

    field: str

    @property
    def unreadable(self) -> Condition:
        """Whether anything else is in the list."""
        return Q(AnyElement(F(self.field), ElementIsNoText()))

    def holds(self, test: "Callable[[OneValue], Condition]") -> Condition:
        """Whether there is such a text."""
        condition = test(Plain(ElementText()))
        return Q(AnyElement(F(self.field), condition)) if isinstance(condition, Q) else condition


type OneValue = Plain | Scaled | LocalMidnight
type Several = RowsOf | JsonTexts
type Stored = OneValue | Several | Known


def means(stored: OneValue, facts: Iterable[Range]) -> Condition:
    """Whether the stored value, unless it is NULL, is a fact in any of the ranges."""
    found = (stored.within(wanted) for wanted in facts)
    return lies_in(stored.expression, [each for each in found if each is not None])


def _is_empty(first: int | None, last: int | None) -> bool:
    return first is not None and last is not None and first > last


def _closed(low: Value | None, high: Value | None) -> Range:
    return Range(low, high, low_closed=low is not None, high_closed=high is not None)
