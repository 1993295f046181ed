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
from itertools import combinations, takewhile
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.core.validators import slug_re
from django.db.models import F, Q
from django.db.models import Value as Constant
from django.db.models.expressions import Combinable
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from reprieve.dmn.values import Value, canonical
from reprieve.policies.facts.conditions import (
    Condition,
    HoldsAnyText,
    HoldsNoText,
    HoldsOtherSlugs,
    HoldsOtherThan,
    Range,
    every,
    lies_in,
    opposite,
    some,
)


class NoTwinError(ValueError):
    """A column of a table has no counterpart in the database."""


_MOST_LISTS = 60  # of one length, that are written out
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
        return facts

    def read(self, stored: Any) -> object:  # noqa: ANN401
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
        return datetime.combine(stored, time(), tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class JsonTexts:
    """Several texts: a list in a JSON field, never NULL."""

    field: str

    def any_of(self, texts: Sequence[str]) -> Condition:
        return Q(HoldsAnyText(F(self.field), texts)) if texts else False

    def any_but(self, texts: Sequence[str] | None) -> Condition:
        """Whether anything else is in the list: another text than these, or no text at all. None is every text."""
        return Q(HoldsNoText(F(self.field)) if texts is None else HoldsOtherThan(F(self.field), texts))


def barred(slugs: Iterable[str]) -> str:
    """Several slugs as one text: each once, between bars of its own, in the order of the alphabet: |crowns||design|.

    Raises ValueError for a text that is no slug, such as one with a bar in it.
    """
    written = sorted(set(slugs))
    if strange := [slug for slug in written if not slug_re.match(slug)]:
        raise ValueError(f"{strange[0]!r} is no slug")
    return "".join(f"|{slug}|" for slug in written)


@dataclass(frozen=True, slots=True)
class BarredTexts:
    """Several slugs in a text field, as `barred` writes them: quicker to ask than a list, by far."""

    field: str

    def any_of(self, texts: Sequence[str]) -> Condition:
        return some(Q(GreaterThan(StrIndex(F(self.field), Constant(barred([slug]))), 0)) for slug in _slugs(texts))

    def any_but(self, texts: Sequence[str] | None) -> Condition:
        """Whether anything else is in the list. None is every text.

        Lists of few slugs are looked up among all that there can be of these; only longer ones are taken apart.
        """
        if texts is None:
            return False
        slugs = _slugs(texts)
        sizes = takewhile(lambda size: math.comb(len(slugs), size) <= _MOST_LISTS, range(len(slugs) + 1))
        usual = [barred(some_of_them) for size in sizes for some_of_them in combinations(slugs, size)]
        is_usual = lies_in(F(self.field), map(Range.at, usual))
        return every([opposite(is_usual), Q(HoldsOtherSlugs(F(self.field), slugs))])


def _slugs(texts: Iterable[str]) -> list[str]:
    """Those of the texts that are slugs: nothing else is ever equal to one."""
    return sorted({text for text in texts if slug_re.match(text)})


type OneValue = Plain | Scaled | LocalMidnight
type Several = JsonTexts | BarredTexts
type Stored = OneValue | Several | Known


def means(stored: OneValue, facts: Iterable[Range]) -> Condition:
    """Whether the stored value, unless it is NULL, is a fact in any of the ranges."""
    found = (stored.within(wanted) for wanted in facts)
    return lies_in(stored.expression, [each for each in found if each is not None])


def _is_empty(first: int | None, last: int | None) -> bool:
    return first is not None and last is not None and first > last


def _closed(low: Value | None, high: Value | None) -> Range:
    return Range(low, high, low_closed=low is not None, high_closed=high is not None)
