"""How a fact stands in the database, and which of its stored values a cell's values are.

SQL never computes a fact otherwise than Python does. What a database cannot say exactly (decimals and time zones on
SQLite) stands there in a coarser form that it can, and Python moves the constants of the cells into that form.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.db.models.expressions import Combinable

from reprieve.dmn.values import Value, canonical
from reprieve.policies.conditions import Condition, HoldsAnyText, HoldsNoText, HoldsOtherThan, Range, lies_in


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
    `held_to` are the only facts that a constraint of the database lets stand there (None: it lets any), `within` turns
    facts into the stored values that have them, and `read` a stored value, unless NULL, into its fact.
    """

    expression: Combinable
    unreadable: Sequence[Range] = ()
    held_to: frozenset[str] | None = None

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
    held_to: None = None

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
    held_to: None = None

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
class JsonTexts:
    """Several texts: a list in a JSON field, never NULL. `holds_only_texts` if nothing else is ever written to it."""

    field: str
    holds_only_texts: bool = False

    def any_of(self, texts: Sequence[str]) -> Condition:
        """Whether one of the texts is in the list."""
        return Q(HoldsAnyText(F(self.field), texts)) if texts else False

    def any_but(self, texts: Sequence[str] | None) -> Condition:
        """Whether anything else is in the list: another text than these, or no text at all. None is every text."""
        if texts is None:
            return False if self.holds_only_texts else Q(HoldsNoText(F(self.field)))
        return Q(HoldsOtherThan(F(self.field), texts))


type OneValue = Plain | Scaled | LocalMidnight
type Stored = OneValue | JsonTexts | Known


def means(stored: OneValue, facts: Iterable[Range]) -> Condition:
    """Whether the stored value, unless it is NULL, is a fact in any of the ranges."""
    found = (stored.within(wanted) for wanted in facts)
    return lies_in(stored.expression, [each for each in found if each is not None])


def _is_empty(first: int | None, last: int | None) -> bool:
    return first is not None and last is not None and first > last


def _closed(low: Value | None, high: Value | None) -> Range:
    return Range(low, high, low_closed=low is not None, high_closed=high is not None)
