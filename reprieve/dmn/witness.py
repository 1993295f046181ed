"""Example facts: for each region of a column one value that stands for all of them, and cells made of regions."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from itertools import product
from typing import cast

from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.facts import Fact
from reprieve.dmn.model import Clock, Column
from reprieve.dmn.sieve import Sieve
from reprieve.dmn.values import Value, ValueType, canonical

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_MOMENT = timedelta(days=1) - timedelta.resolution
_PRECISION = 100  # digits; more than two decimal128 numbers need for their mean


def example_values(sieve: Sieve) -> list[Value]:
    """One value for each region that holds any: together they meet every mask that one value can have."""
    if not sieve.is_listed:
        found = (representative(sieve, region) for region in range(len(sieve.region_hits)))
        return [value for value in found if value is not None]
    named = [value for value in sieve.hits if sieve.column.type is not ValueType.BOOLEAN or isinstance(value, bool)]
    return named if _is_closed(sieve.column) else [*named, _unnamed(named)]


def example_facts(sieve: Sieve) -> list[Fact]:
    """What the column's cells may see: each example value, collections of up to two of them, null where it may be."""
    values = example_values(sieve)
    facts: list[Fact] = list(values)
    if sieve.column.several:
        facts = [(), *((value,) for value in values), *(pair for pair in product(values, repeat=2) if len({*pair}) > 1)]
    return [*facts, None] if sieve.column.nullable else facts


def fact_seen_as(column: Column, seen: Fact, now: datetime) -> Fact:
    """The fact of which the column's cells see this at `now`; the reverse of `seen_value`.

    Raises:
        OverflowError: the instant lies outside the calendar.
    """
    if column.clock is None or not isinstance(seen, timedelta):
        return seen
    return now.astimezone(UTC) + (-seen if column.clock is Clock.SINCE else seen)


def representative(sieve: Sieve, region: int) -> Value | None:
    """A value in the region of an ordered column; None where it is empty, as between 1 and 2 among whole numbers."""
    place, at_point = divmod(region, 2)
    if at_point:
        return sieve.points[place]
    below = sieve.points[place - 1] if place > 0 else None
    above = sieve.points[place] if place < len(sieve.points) else None
    value = _between_numbers(sieve, below, above) if sieve.column.type is ValueType.NUMBER else None
    if sieve.column.type is not ValueType.NUMBER:
        value = _between_moments(sieve.column.type, below, above)
    return value if value is not None and sieve.region(value) == region else None


def _between_numbers(sieve: Sieve, below: Value | None, above: Value | None) -> Value | None:
    low, high = cast("Decimal | None", below), cast("Decimal | None", above)
    with localcontext() as context:
        context.prec = _PRECISION
        if low is None or high is None:
            return canonical(
                Decimal(low) + 1 if low is not None else Decimal(high) - 1 if high is not None else Decimal()
            )
        whole = low // 1 + 1
        return canonical(Decimal(whole if whole < high or sieve.column.integer else (Decimal(low) + Decimal(high)) / 2))


def _between_moments(value_type: ValueType, below: Value | None, above: Value | None) -> Value | None:
    low, high = (None if end is None else _span(end) for end in (below, above))
    unit = timedelta(days=1) if value_type is ValueType.DATE else timedelta(hours=1)
    try:
        if low is None:
            return _from_span(timedelta() if high is None else high - unit, value_type)
        middle = low + unit if high is None else low + (high - low) / 2
        return _from_span(middle, value_type)
    except OverflowError:
        return None


def _span(value: Value) -> timedelta:
    match value:
        case datetime():
            return value - _EPOCH
        case date():
            return value - _EPOCH.date()
        case time():
            return datetime.combine(_EPOCH, value, UTC) - _EPOCH
        case timedelta():
            return value
        case _:
            raise TypeError(value)


def _from_span(span: timedelta, value_type: ValueType) -> Value:
    match value_type:
        case ValueType.DATE_TIME:
            return _EPOCH + span
        case ValueType.DATE:
            return (_EPOCH + span).date()
        case ValueType.TIME:
            return (_EPOCH + min(max(span, timedelta()), _LAST_MOMENT)).time()
        case _:
            return span


def _is_closed(column: Column) -> bool:
    return column.domain is not None or column.type is ValueType.BOOLEAN


def _unnamed(named: Collection[Value]) -> str:
    return next(text for count in range(len(named) + 1) if (text := "other" + "'" * count) not in named)


def cell_of(sieve: Sieve, values: Sequence[Value], *, null: bool) -> Cell | None:
    """The cell that fits exactly the regions of these example values; None where no cell says that."""
    if not values and not null:
        return None
    if len(values) == len(example_values(sieve)):
        return Cell(negated=True, accepts_null=null)
    if sieve.is_listed:
        return _listed_cell(sieve, values, null=null)
    regions = sorted({sieve.region(value) for value in values})
    points = tuple(sieve.points[region // 2] for region in regions if _stands_alone(region, regions))
    return Cell(points, tuple(_intervals(sieve, regions)), accepts_null=null)


def _listed_cell(sieve: Sieve, values: Sequence[Value], *, null: bool) -> Cell | None:
    others = tuple(value for value in example_values(sieve) if value not in values)
    if _is_closed(sieve.column) or not set(values) - set(sieve.hits):
        return Cell(tuple(values), accepts_null=null)
    return Cell(others, negated=True, accepts_null=null or not sieve.column.nullable)


def _stands_alone(region: int, regions: Collection[int]) -> bool:
    return region % 2 == 1 and region - 1 not in regions and region + 1 not in regions


def _intervals(sieve: Sieve, regions: Sequence[int]) -> Iterable[Interval]:
    for first, last in _runs(regions):
        low, high = (first - 1) // 2, last // 2
        interval_low = sieve.points[low] if first > 0 else None
        interval_high = sieve.points[high] if last < len(sieve.region_hits) - 1 else None
        if first == last and first % 2 == 1:
            continue
        if interval_low is None and interval_high is None:
            continue
        closed_low, closed_high = first % 2 == 1, last % 2 == 1
        yield Interval(interval_low, interval_high, closed_low, closed_high)


def _runs(regions: Sequence[int]) -> Iterable[tuple[int, int]]:
    start = previous = None
    for region in regions:
        if start is None or previous is None:
            start = region
        elif region != previous + 1:
            yield start, previous
            start = region
        previous = region
    if start is not None and previous is not None:
        yield start, previous
