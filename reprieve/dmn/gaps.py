"""What no row fits, as few and wide boxes, in cells that people read and tables accept."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.lookup import ColumnLookup
from reprieve.dmn.search import Point, Region, bits
from reprieve.dmn.space import ABSENT, KNOWN, MISSING, PRESENT, Dimension, Space
from reprieve.dmn.values import Value
from reprieve.dmn.witness import cell_of, example_values, tests_of


@dataclass(frozen=True, slots=True)
class Hole:
    """A box that no row reaches into, with a possible point of it."""

    point: Point
    box: Region


def holes(space: Space, *, disjoint: bool) -> Iterator[Hole]:
    """Boxes that together hold every possible combination that no row fits, and none that one does.

    Each is as wide as it can be, and may hold what is impossible where that makes it wider. They overlap where that
    makes them wider, unless they are to be disjoint.
    """
    every_row = (1 << len(space.boxes_of)) - 1
    found = 0
    while (point := space.find(barred=every_row, extra=found)) is not None:
        box = _widened(space, point, found if disjoint else 0)
        found |= space.add(box)
        yield Hole(point, box)


def _widened(space: Space, point: Point, taken: int) -> Region:
    """The point grown along one dimension after the other; whichever way round leaves fewer columns restricted."""
    order = range(len(point))
    boxes = [_grown(space, point, numbers, space.of_rows | taken) for numbers in (order, order[::-1])]
    return min(boxes, key=lambda box: (len(_restricted(space, box)), -sum(choices.bit_count() for choices in box)))


def _restricted(space: Space, box: Region) -> set[str]:
    return {
        dimension.lookup.column.name
        for dimension, choices, full in zip(space.dimensions, box, space.everything, strict=True)
        if choices != full
    }


def _grown(space: Space, point: Point, order: Collection[int], taken: int) -> Region:
    box = tuple(1 << choice for choice in point)
    for number in order:
        if _stays_put(space.dimensions[number]):
            continue
        free = (slice_[number] for slice_ in space.slices(box, number) if not space.reaches(taken, slice_))
        box = (*box[:number], sum(free), *box[number + 1 :])
    return box


def _stays_put(dimension: Dimension) -> bool:
    """Whether a box might need "missing, or in none of these intervals", which no cell says: `not` takes no null."""
    return dimension.lookup.column.several and not dimension.lookup.is_listed and dimension.tells_missing


def cells_of(space: Space, box: Region) -> dict[str, tuple[Cell, ...]]:
    """The box as cells by column, all of which have to fit; columns that it leaves free are left out.

    Only a column of several values may need more than one: "a crown among them" and "no aligner among them".
    """
    restricted = _restricted(space, box)
    parts = groupby(zip(space.dimensions, box, strict=True), key=lambda part: part[0].lookup.column.name)
    return {
        name: _several_cells(found) if found[0][0].lookup.column.several else (_single_cell(*found[0]),)
        for name, group in parts
        if (found := list(group)) and name in restricted
    }


def _single_cell(dimension: Dimension, choices: int) -> Cell:
    lookup = dimension.lookup
    chosen = [value for choice in bits(choices) for value in dimension.choices[choice]]
    possible = [value for examples in dimension.choices for value in examples if value is not None]
    null = None in chosen
    values = [value for value in possible if value in chosen]
    if len(values) == len(possible):
        return Cell(negated=True, accepts_null=null)
    if not lookup.is_listed:
        return Cell(*_tests(lookup, values, possible), accepts_null=null)
    cell = cell_of(lookup, [value for value in example_values(lookup) if value in values], null=null)
    if cell is None:
        raise ValueError("a box without any choice")
    return cell


def _several_cells(parts: Sequence[tuple[Dimension, int]]) -> tuple[Cell, ...]:
    lookup = parts[0][0].lookup
    missing = next((choices for dimension, choices in parts if dimension.tells_missing), None)
    if missing == 1 << MISSING:
        return (Cell(accepts_null=True),)
    groups = [(dimension.values, choices) for dimension, choices in parts if not dimension.tells_missing]
    cells = [Cell(*_named(lookup, values)) for values, choices in groups if choices == 1 << PRESENT]
    absent = [value for values, choices in groups if choices == 1 << ABSENT for value in values]
    if absent:
        points, intervals = _named(lookup, absent)
        cells.append(Cell(points, intervals, negated=True, accepts_null=not intervals and missing != 1 << KNOWN))
    return tuple(cells) or (Cell(negated=True, accepts_null=False),)


def _named(lookup: ColumnLookup, values: Sequence[Value]) -> tuple[tuple[Value, ...], tuple[Interval, ...]]:
    """The points and intervals of which a fact's values are, or are not."""
    return (tuple(values), ()) if lookup.is_listed else _tests(lookup, values, example_values(lookup))


def _tests(
    lookup: ColumnLookup, values: Iterable[Value], possible: Iterable[Value]
) -> tuple[tuple[Value, ...], tuple[Interval, ...]]:
    """The regions of the values as points and intervals, wider where that meets nothing possible and reads better."""
    chosen = {lookup.region(value) for value in values}
    known = sorted(lookup.region(value) for value in possible)
    for region in range(len(lookup.region_hits)):
        place = bisect_left(known, region)
        neighbours = known[max(place - 1, 0) : place + 1]
        if region not in known and chosen.issuperset(neighbours):
            chosen.add(region)
    if len(chosen) == len(lookup.region_hits):
        halfway = lookup.points[0]
        return (), (Interval(None, halfway, high_closed=True), Interval(halfway, None))
    return tests_of(lookup, chosen)
