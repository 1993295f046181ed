"""Example facts: for each region of a column one value that stands for all of them, and cells made of regions."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from itertools import product
from typing import cast

from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.facts import Fact
from reprieve.dmn.lookup import ColumnLookup
from reprieve.dmn.model import Clock, Column
from reprieve.dmn.values import Value, ValueType, canonical

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_MOMENT = timedelta(days=1) - timedelta.resolution
_LIMITS: dict[ValueType, tuple[Value, Value]] = {
    ValueType.DATE: (date.min, date.max),
    ValueType.TIME: (time.min, time.max),
    ValueType.DATE_TIME: (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    ValueType.DURATION: (timedelta.min, timedelta.max),
}
_PRECISION = 100  # digits; more than two decimal128 numbers need for their mean


def example_values(lookup: ColumnLookup) -> list[Value]:
    """One value for each region that holds any: together they meet every mask that one value can have."""
    if not lookup.is_listed:
        found = (representative(lookup, region) for region in range(len(lookup.region_hits)))
        return [value for value in found if value is not None]
    named = [value for value in lookup.hits if lookup.column.type is not ValueType.BOOLEAN or isinstance(value, bool)]
    return named if _is_closed(lookup.column) else [*named, _unnamed(named)]


def example_facts(lookup: ColumnLookup) -> list[Fact]:
    """What the column's cells may see: each example value, collections of up to two of them, null where it may be."""
    values = example_values(lookup)
    facts: list[Fact] = list(values)
    if lookup.column.several:
        facts = [(), *((value,) for value in values), *(pair for pair in product(values, repeat=2) if len({*pair}) > 1)]
    return [*facts, None] if lookup.column.nullable else facts


def fact_seen_as(column: Column, seen: Fact, now: datetime) -> Fact:
    """The fact of which the column's cells see this at `now`; the reverse of `seen_value`.

    Raises:
        OverflowError: the instant lies outside the calendar.
    """
    if column.clock is None or not isinstance(seen, timedelta):
        return seen
    return now.astimezone(UTC) + (-seen if column.clock is Clock.SINCE else seen)


def representative(lookup: ColumnLookup, region: int) -> Value | None:
    """A value in the region of an ordered column, as near to its start as is readable.

    None where there is none, as between 1 and 2 among whole numbers, or outside what the column declares.
    """
    place, at_point = divmod(region, 2)
    below = lookup.points[place - 1] if place > 0 else None
    above = lookup.points[place] if place < len(lookup.points) else None
    between = _between_numbers if lookup.column.type is ValueType.NUMBER else _between_moments
    found = [lookup.points[place]] if at_point else between(lookup.column, below, above)
    return next((value for value in found if lookup.column.is_in_range(value) and lookup.region(value) == region), None)


def _declared_ends(column: Column) -> Iterable[Value]:
    return (end for end in (column.minimum, column.maximum) if end is not None)


def _between_numbers(column: Column, below: Value | None, above: Value | None) -> Iterable[Value]:
    low, high = cast("Decimal | None", below), cast("Decimal | None", above)
    with localcontext() as context:
        context.prec = _PRECISION
        if low is None:
            return [canonical(Decimal() if high is None else Decimal(high) - 1), *_declared_ends(column)]
        whole = low // 1 + 1
        is_inside = high is None or whole < high or column.integer
        found = Decimal(whole if is_inside or high is None else (Decimal(low) + Decimal(high)) / 2)
        return [canonical(found), *_declared_ends(column)]


def _between_moments(column: Column, below: Value | None, above: Value | None) -> Iterator[Value]:
    """A round step from either end, what the column declares, and the middle, which without an end is ages away.

    What lies outside the calendar is left out.
    """
    low, high = (None if end is None else _span(end) // timedelta.resolution for end in (below, above))
    first, last = (_span(end) // timedelta.resolution for end in _LIMITS[column.type])
    step = (timedelta(days=1) if column.type is ValueType.DATE else timedelta(hours=1)) // timedelta.resolution
    steps = [0] if low is None and high is None else []
    steps += [] if low is None else [low + step]
    steps += [] if high is None else [high - step]
    for micros in steps:
        with suppress(OverflowError):
            yield _from_span(timedelta(microseconds=micros), column.type)
    yield from _declared_ends(column)
    middle = ((first - 1 if low is None else low) + (last + 1 if high is None else high)) // 2
    with suppress(OverflowError):
        yield _from_span(timedelta(microseconds=middle), column.type)


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


def cell_of(lookup: ColumnLookup, values: Sequence[Value], *, null: bool) -> Cell | None:
    """The cell that fits exactly the regions of these example values; None where no cell says that."""
    if not values and not null:
        return None
    if len(values) == len(example_values(lookup)):
        return Cell(negated=True, accepts_null=null)
    if lookup.is_listed:
        return _listed_cell(lookup, values, null=null)
    return Cell(*tests_of(lookup, {lookup.region(value) for value in values}), accepts_null=null)


def tests_of(lookup: ColumnLookup, regions: Collection[int]) -> tuple[tuple[Value, ...], tuple[Interval, ...]]:
    """The points and intervals that together hold exactly these regions of an ordered column, which are not all."""
    ordered = sorted(regions)
    points = tuple(lookup.points[region // 2] for region in ordered if _stands_alone(region, ordered))
    return points, tuple(_intervals(lookup, ordered))


def _listed_cell(lookup: ColumnLookup, values: Sequence[Value], *, null: bool) -> Cell | None:
    others = tuple(value for value in example_values(lookup) if value not in values)
    if _is_closed(lookup.column) or not set(values) - set(lookup.hits):
        return Cell(tuple(values), accepts_null=null)
    return Cell(others, negated=True, accepts_null=null or not lookup.column.nullable)


def _stands_alone(region: int, regions: Collection[int]) -> bool:
    return region % 2 == 1 and region - 1 not in regions and region + 1 not in regions


def _intervals(lookup: ColumnLookup, regions: Sequence[int]) -> Iterable[Interval]:
    for first, last in _runs(regions):
        low, high = (first - 1) // 2, last // 2
        interval_low = lookup.points[low] if first > 0 else None
        interval_high = lookup.points[high] if last < len(lookup.region_hits) - 1 else None
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
