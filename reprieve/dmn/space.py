"""Every combination of facts that a table can meet, folded into few: what no row tells apart is one choice.

A column is one dimension, and each of its choices a group of regions (see `lookup`) that let the same rows through. A
column of several values has a dimension for each group of values that the same cells name (at least one of them is
among the fact's values, or none is) and one for whether the fact is missing. On these dimensions every row is a union
of boxes: of one, or of one for each group that its cell of such a column names. Combinations that are declared
impossible are boxes as well. Bit i of a mask stands for box i.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import product
from operator import or_

from reprieve.dmn.facts import Fact
from reprieve.dmn.lookup import ColumnLookup, lookups_of
from reprieve.dmn.model import Row, Table
from reprieve.dmn.search import Point, Region, bits, find_point
from reprieve.dmn.values import Value
from reprieve.dmn.witness import example_values, fact_seen_as

ABSENT, PRESENT = 0, 1
KNOWN, MISSING = 0, 1

type _Limits = dict[int, int]
"""The choices of some dimensions, as bits; the other dimensions are free."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that the rows tell apart.

    Attributes:
        lookup: of the column that it belongs to.
        choices: for each choice an example of each of its regions, None for a missing fact. A group of several values
            is ABSENT (no example) or PRESENT; whether such a fact is there at all is KNOWN (no example) or MISSING.
    """

    lookup: ColumnLookup
    choices: tuple[tuple[Value | None, ...], ...]

    @property
    def tells_missing(self) -> bool:
        """Whether it says of several values only that the fact is missing or not."""
        return self.lookup.column.several and self.choices[MISSING] == (None,)

    @property
    def values(self) -> tuple[Value, ...]:
        """The examples of all choices."""
        return tuple(value for examples in self.choices for value in examples if value is not None)


class Space:
    """The dimensions of a table and the boxes of its rows, as seen at `now`."""

    def __init__(self, table: Table, now: datetime) -> None:
        self.now = now
        impossible = [Row("", cells, {}) for cells in table.impossible]
        self.lookups = lookups_of(replace(table, rows=(*table.rows, *impossible)))
        self.dimensions: list[Dimension] = []
        self._boxes: list[Region] = []
        self._masks: list[list[int]] = []
        limits = self._limits(len(table.rows) + len(impossible))
        self.boxes_of = [self._add_boxes(limits[index]) for index in range(len(table.rows))]
        unreal = [self._add_boxes(limits[len(table.rows) + index]) for index in range(len(impossible))]
        self.impossible = reduce(or_, [*unreal, self._add_boxes(self._nothing_of_what_is_missing())], 0)
        self.of_rows = reduce(or_, self.boxes_of, 0)
        self.owners = {box: row for row, boxes in enumerate(self.boxes_of) for box in bits(boxes)}

    @property
    def everything(self) -> Region:
        return tuple((1 << len(dimension.choices)) - 1 for dimension in self.dimensions)

    def find(
        self, fitting: Sequence[int] = (), barred: int = 0, *, extra: int = 0, within: Region | None = None
    ) -> Point | None:
        """A possible combination that all of these rows fit, and none of the barred ones.

        Args:
            fitting: numbers of rows.
            barred: a mask of rows.
            extra: a mask of further boxes to stay out of.
            within: a region to stay in.
        """
        forbidden = reduce(or_, (self.boxes_of[row] for row in bits(barred)), self.impossible | extra)
        for boxes in product(*(bits(self.boxes_of[row]) for row in fitting)):
            required = reduce(or_, (1 << box for box in boxes), 0)
            point = find_point(self._masks, within or self.everything, required, forbidden)
            if point is not None:
                return point
        return None

    def reaches(self, boxes: int, region: Region) -> bool:
        """Whether one of these boxes shares a possible combination with the region."""
        touched = self.touching(region)
        sought, impossible = touched & boxes, touched & self.impossible
        if not (sought and impossible):
            return bool(sought)
        parts = [
            list({masks[choice] & (sought | impossible) for choice in bits(choices)})
            for masks, choices in zip(self._masks, region, strict=True)
        ]
        whole = tuple((1 << len(part)) - 1 for part in parts)
        if find_point(parts, whole, 0, impossible) is None:
            return False
        return any(find_point(parts, whole, 1 << box, impossible) is not None for box in bits(sought))

    def fitting(self, point: Point) -> int:
        """The mask of the rows that fit a combination."""
        alive = self.touching(tuple(1 << choice for choice in point))
        return reduce(or_, (1 << self.owners[box] for box in bits(alive) if box in self.owners), 0)

    def touching(self, region: Region) -> int:
        """The boxes that share a combination with the region, be it an impossible one."""
        touched = (1 << len(self._boxes)) - 1
        for masks, choices in zip(self._masks, region, strict=True):
            touched &= reduce(or_, (masks[choice] for choice in bits(choices)), 0)
        return touched

    def slices(self, box: Region, number: int) -> Iterator[Region]:
        """The box with this dimension set free, cut into slices; within one, all choices meet the same boxes."""
        touched = self.touching((*box[:number], self.everything[number], *box[number + 1 :]))
        choices: dict[int, int] = {}
        for choice, mask in enumerate(self._masks[number]):
            choices[mask & touched] = choices.get(mask & touched, 0) | 1 << choice
        return ((*box[:number], alike, *box[number + 1 :]) for alike in choices.values())

    def neighbours(self, row: int) -> int:
        """The mask of the other rows that share a combination with a row, be it an impossible one."""
        touched = reduce(or_, (self.touching(self._boxes[box]) for box in bits(self.boxes_of[row])), 0)
        rows = reduce(or_, (1 << self.owners[box] for box in bits(touched) if box in self.owners), 0)
        return rows & ~(1 << row)

    def shape(self, row: int) -> frozenset[Region]:
        """The row's boxes; rows of one shape fit the same facts."""
        return frozenset(self._boxes[box] for box in bits(self.boxes_of[row]))

    def add(self, box: Region) -> int:
        """Add a box that no row owns. Returns its mask."""
        bit = 1 << len(self._boxes)
        self._boxes.append(box)
        for masks, choices in zip(self._masks, box, strict=True):
            for choice in bits(choices):
                masks[choice] |= bit
        return bit

    def facts(self, point: Point) -> dict[str, Fact]:
        """Facts of the combination at `now`."""
        seen: dict[str, Fact] = {lookup.column.name: () for lookup in self.lookups if lookup.column.several}
        for dimension, choice in zip(self.dimensions, point, strict=True):
            column, examples = dimension.lookup.column, dimension.choices[choice]
            known = seen.get(column.name)
            if not column.several:
                seen[column.name] = fact_seen_as(column, examples[0], self.now)
            elif examples and isinstance(known, tuple):
                seen[column.name] = None if examples[0] is None else (*known, examples[0])
        return seen

    # Building: the dimensions of each column, and what each row demands there.

    def _limits(self, count: int) -> list[list[_Limits]]:
        """For each row its boxes, each as the dimensions that it limits."""
        limits: list[list[_Limits]] = [[{}] for _ in range(count)]
        for lookup in self.lookups:
            demands = self._several(lookup, count) if lookup.column.several else self._single(lookup, count)
            limits = [
                [{**box, **demand} for box, demand in product(boxes, demands[row])] for row, boxes in enumerate(limits)
            ]
        return limits

    def _single(self, lookup: ColumnLookup, count: int) -> list[list[_Limits]]:
        seen: list[Value | None] = [value for value in example_values(lookup) if self._is_real(lookup, value)]
        groups: dict[int, list[Value | None]] = {}
        for value in [*seen, None] if lookup.column.nullable else seen:
            groups.setdefault(lookup.passing(value), []).append(value)
        number = self._add_dimension(lookup, groups.values())
        passing = [sum((mask >> row & 1) << choice for choice, mask in enumerate(groups)) for row in range(count)]
        return [[{number: choices}] if choices else [] for choices in passing]

    def _is_real(self, lookup: ColumnLookup, value: Value) -> bool:
        try:
            fact_seen_as(lookup.column, value, self.now)
        except OverflowError:
            return False
        return True

    def _several(self, lookup: ColumnLookup, count: int) -> list[list[_Limits]]:
        groups: dict[int, list[Value | None]] = {}
        for value in example_values(lookup):
            groups.setdefault(lookup.hit(value), []).append(value)
        groups.pop(0, None)
        numbers = {hit: self._add_dimension(lookup, [(), values]) for hit, values in groups.items()}
        missing = self._add_dimension(lookup, [(), (None,)]) if lookup.column.nullable else None
        return [_several_demands(lookup, row, numbers, missing) for row in range(count)]

    def _add_dimension(self, lookup: ColumnLookup, choices: Iterable[Iterable[Value | None]]) -> int:
        self.dimensions.append(Dimension(lookup, tuple(tuple(examples) for examples in choices)))
        self._masks.append([0] * len(self.dimensions[-1].choices))
        return len(self.dimensions) - 1

    def _nothing_of_what_is_missing(self) -> Iterator[_Limits]:
        """A fact of several values that is missing holds none of them."""
        missing = {
            dimension.lookup.column.name: number
            for number, dimension in enumerate(self.dimensions)
            if dimension.tells_missing
        }
        for number, dimension in enumerate(self.dimensions):
            absence = missing.get(dimension.lookup.column.name, number)
            if absence != number:
                yield {number: 1 << PRESENT, absence: 1 << MISSING}

    def _add_boxes(self, boxes: Iterable[_Limits]) -> int:
        full = self.everything
        regions = [tuple(box.get(number, choices) for number, choices in enumerate(full)) for box in boxes]
        return reduce(or_, (self.add(region) for region in regions), 0)


def _several_demands(lookup: ColumnLookup, row: int, groups: Mapping[int, int], missing: int | None) -> list[_Limits]:
    """What the row's cell demands of a column of several values: one of the alternatives, each a set of limits."""
    named = [number for hit, number in groups.items() if hit >> row & 1]
    accepts_null = bool(lookup.null >> row & 1)
    if lookup.negated >> row & 1:
        known = {} if accepts_null or missing is None else {missing: 1 << KNOWN}
        return [{**dict.fromkeys(named, 1 << ABSENT), **known}]
    absent = [{missing: 1 << MISSING}] if accepts_null and missing is not None else []
    return [*({number: 1 << PRESENT} for number in named), *absent]
