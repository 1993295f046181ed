"""Which rows a column lets through, as bit masks: the normal form of cells turned into two lookups a fact.

Bit i stands for row i. All cells of a column are cut at their constants into regions (before, at, between and after
them), within which no cell can tell two facts apart; each region has its mask. A row's `not` is applied by flipping its
bit afterwards, which also gives facts of several values their meaning: any value hit, or none of the named ones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import cast

from reprieve.dmn.cell import ANY, Cell, Interval
from reprieve.dmn.facts import Fact
from reprieve.dmn.model import Column, Table
from reprieve.dmn.values import Comparable, Value, ValueType, comparable, is_before


@dataclass(frozen=True, slots=True)
class ColumnLookup:
    """The masks of one column.

    Attributes:
        column: whose cells they are.
        negated: the rows whose cell is a `not(…)`, among them every `-`.
        null: the rows that accept a missing fact.
        hits: by value, the rows that name it; for columns of listed values.
        points: the constants of an ordered column, ascending.
        region_hits: by region 2k (between points) and 2k + 1 (at point k), the rows that name it.
    """

    column: Column
    negated: int
    null: int
    hits: Mapping[Value, int]
    points: tuple[Value, ...]
    region_hits: tuple[int, ...]

    @property
    def is_listed(self) -> bool:
        """Whether facts are looked up by value rather than by region."""
        return is_listed(self.column)

    def hit(self, value: Value) -> int:
        """The rows that name the value, before any `not`."""
        if self.is_listed:
            return self.hits.get(value, 0)
        return self.region_hits[self.region(value)]

    def region(self, value: Value) -> int:
        keys, key = cast("tuple[Comparable, ...]", self.points), comparable(value)
        return bisect_left(keys, key) + bisect_right(keys, key)

    def passing(self, seen: Fact) -> int:
        """The rows whose cell fits the fact (with a clock: the duration), which is canonical."""
        if seen is None:
            return self.null
        mask = 0
        for value in seen if isinstance(seen, tuple) else (seen,):
            mask |= self.hit(value)
        return mask ^ self.negated


def is_listed(column: Column) -> bool:
    """Whether the column's facts are few named values rather than a line of them."""
    return column.domain is not None or not column.type.is_ordered


def lookups_of(table: Table) -> tuple[ColumnLookup, ...]:
    return tuple(_lookup(column, [row.cells.get(column.name, ANY) for row in table.rows]) for column in table.inputs)


def _lookup(column: Column, cells: list[Cell]) -> ColumnLookup:
    negated = _mask(cell.negated for cell in cells)
    null = _mask(cell.accepts_null for cell in cells)
    if is_listed(column):
        hits = {value: _mask(cell.names(value) for cell in cells) for value in _listed_values(column, cells)}
        return ColumnLookup(column, negated, null, hits, (), ())
    points = tuple(sorted(set(_constants(cells)), key=cmp_to_key(_order)))
    regions = tuple(
        _mask(_names_region(cell, points, region) for cell in cells) for region in range(2 * len(points) + 1)
    )
    return ColumnLookup(column, negated, null, {}, points, regions)


def _listed_values(column: Column, cells: list[Cell]) -> Iterable[Value]:
    if column.domain is not None:
        return column.domain
    if column.type is ValueType.BOOLEAN:
        return (True, False)
    return _constants(cells)


def _constants(cells: Iterable[Cell]) -> Iterable[Value]:
    for cell in cells:
        yield from cell.points
        for interval in cell.intervals:
            yield from (end for end in (interval.low, interval.high) if end is not None)


def _names_region(cell: Cell, points: tuple[Value, ...], region: int) -> bool:
    place, at_point = divmod(region, 2)
    if at_point:
        return cell.names(points[place])
    below = points[place - 1] if place > 0 else None
    above = points[place] if place < len(points) else None
    return any(_spans(interval, below, above) for interval in cell.intervals)


def _spans(interval: Interval, below: Value | None, above: Value | None) -> bool:
    reaches_down = interval.low is None or (below is not None and not is_before(below, interval.low))
    reaches_up = interval.high is None or (above is not None and not is_before(interval.high, above))
    return reaches_down and reaches_up


def _mask(bits: Iterable[bool]) -> int:
    return sum(bit << index for index, bit in enumerate(bits))


def _order(a: Value, b: Value) -> int:
    return is_before(b, a) - is_before(a, b)
