"""What a decision table leaves open, never uses, or decides by the order of its rows alone.

Every finding is exact, for the types, domains, ranges and impossible combinations that the table declares, and carries
facts that show it when they are decided. Facts outside the table's domains, and missing ones that must not be missing,
never reach a row: the fallback answers them, so they are no gap.

Overlap is normal where the first row that fits decides. What is found of it are rows that never decide, and pairs of
rows of which the order matters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations, count, islice

from reprieve.dmn.cell import Cell
from reprieve.dmn.decide import CompiledTable, compile_table, require_zone
from reprieve.dmn.facts import Fact
from reprieve.dmn.gaps import cells_of, holes
from reprieve.dmn.model import HitPolicy, Row, Table
from reprieve.dmn.search import Point, Region, bits
from reprieve.dmn.space import Space

__all__ = ["Analysis", "Conflict", "Duplicate", "Gap", "OrderSensitive", "Unreachable", "Witness", "analyse"]

WITNESS_NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MOST_GAPS = 50


@dataclass(frozen=True, slots=True)
class Witness:
    """Facts, and the instant at which they are decided, that show a finding."""

    facts: Mapping[str, Fact]
    now: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Facts that no row fits, so that the fallback answers.

    Attributes:
        cells: the facts, by column; all cells have to fit. Only a column of several values may have more than one.
        witness: such facts.
        suggestion: a row that closes the gap when it is added as the last one, and changes no other answer. It gives
            the fallback's answer, for a person to correct. None where one row cannot close the gap without touching
            facts that others fit, which the hit policy would not bear.
    """

    cells: Mapping[str, tuple[Cell, ...]]
    witness: Witness
    suggestion: Row | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A row that never decides.

    Attributes:
        row: its id.
        masked_by: rows that together keep it from deciding, none of which could be spared; empty where no possible
            facts fit the row in the first place.
        witness: facts that fit the row and are decided otherwise; None where there are none.
    """

    row: str
    masked_by: tuple[str, ...]
    witness: Witness | None


@dataclass(frozen=True, slots=True)
class OrderSensitive:
    """Two rows that fit the same facts and answer differently, so that their order decides.

    Attributes:
        earlier: the id of the row that decides the witness.
        later: the id of the row that would decide it if it stood above the other.
        outputs: the names of the outputs in which they differ.
        is_exception: whether the earlier row fits only what the later one fits as well: an exception above its rule,
            as it should be. Where it does not, each row fits something that the other does not.
        witness: facts that the earlier row decides and the later one fits.
    """

    earlier: str
    later: str
    outputs: tuple[str, ...]
    is_exception: bool
    witness: Witness


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rows that fit the same facts against the hit policy (UNIQUE, or ANY with different answers)."""

    rows: tuple[str, str]
    outputs: tuple[str, ...]
    witness: Witness


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Rows that fit exactly the same facts, column by column; `outputs` names those in which they differ."""

    rows: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All findings, in the order of the rows. `has_more_gaps`: the list of gaps was cut where it got too long."""

    gaps: tuple[Gap, ...]
    has_more_gaps: bool
    unreachable: tuple[Unreachable, ...]
    order_sensitive: tuple[OrderSensitive, ...]
    conflicts: tuple[Conflict, ...]
    duplicates: tuple[Duplicate, ...]


def analyse(table: Table | CompiledTable, *, now: datetime = WITNESS_NOW, most_gaps: int = MOST_GAPS) -> Analysis:
    """Everything that there is to find in a table.

    Args:
        table: a sound one.
        now: the instant of the witnesses, which nothing else depends on.
        most_gaps: how many gaps to list at most.

    Raises:
        TableError: the table has errors.
        ValueError: `now` has no time zone.
    """
    require_zone(now)
    compiled = table if isinstance(table, CompiledTable) else compile_table(table)
    return _Analyser(compiled, now).analysis(most_gaps)


class _Analyser:
    def __init__(self, compiled: CompiledTable, now: datetime) -> None:
        self.table = compiled.table
        self.rows = self.table.rows
        self.now = now
        self.space = Space(self.table, now)
        self.neighbours = [self.space.neighbours(number) for number in range(len(self.rows))]
        self.winners = _winners(compiled, self.neighbours)
        self.rivals = [0] * len(self.rows)
        for pair, winner in self.winners.items():
            for number, other in (pair, pair[::-1]):
                self.rivals[number] |= 0 if winner == number else 1 << other

    def analysis(self, most_gaps: int) -> Analysis:
        gaps = list(islice(self.gaps(), most_gaps + 1))
        return Analysis(
            gaps=tuple(gaps[:most_gaps]),
            has_more_gaps=len(gaps) > most_gaps,
            unreachable=tuple(self.unreachable()),
            order_sensitive=tuple(self.order_sensitive()),
            conflicts=tuple(self.conflicts()),
            duplicates=tuple(self.duplicates()),
        )

    def gaps(self) -> Iterator[Gap]:
        names = (f"gap-{number}" for number in count(1))
        free = (name for name in names if name not in {row.id for row in self.rows})
        for hole in holes(self.space, disjoint=self.table.hit_policy is HitPolicy.UNIQUE):
            cells = cells_of(self.space, hole.box)
            yield Gap(cells, self.witness(hole.point), self.suggestion(next(free), cells))

    def suggestion(self, row_id: str, cells: Mapping[str, tuple[Cell, ...]]) -> Row | None:
        """A last row takes only what the rows above it leave, so under FIRST it may fit more than the gap."""
        if self.table.hit_policy is not HitPolicy.FIRST and any(len(several) > 1 for several in cells.values()):
            return None
        return Row(row_id, {name: several[0] for name, several in cells.items()}, self.table.fallback)

    def unreachable(self) -> Iterator[Unreachable]:
        for number, row in enumerate(self.rows):
            if self.space.find((number,), self.rivals[number]) is None:
                point = self.space.find((number,))
                masked_by = () if point is None else tuple(self.rows[other].id for other in self.maskers(number))
                yield Unreachable(row.id, masked_by, None if point is None else self.witness(point))

    def maskers(self, number: int) -> list[int]:
        """Rivals that mask the row together, of which none can be spared: first enough of them, then no more."""
        rivals = self.rivals[number]
        enough: list[int] = []
        while (point := self.space.find((number,), _mask(enough))) is not None:
            fitting = list(bits(self.space.fitting(point) & rivals))
            enough.append(max(fitting, key=self.breadth))
        needed = enough
        for rival in enough:
            fewer = [other for other in needed if other != rival]
            needed = fewer if self.is_masked(number, fewer) else needed
        return sorted(needed)

    def breadth(self, number: int) -> int:
        """How many rows meet a row: a broad one is likely to mask much."""
        return self.neighbours[number].bit_count()

    def is_masked(self, number: int, rivals: Sequence[int]) -> bool:
        return self.space.find((number,), _mask(rivals)) is None

    def order_sensitive(self) -> Iterator[OrderSensitive]:
        known: dict[tuple[int, int], Point] = {}
        for earlier, later in self.decided_by_order():
            if (earlier, later) not in known:
                point = self.space.find((earlier, later), self.rivals[earlier])
                if point is None:
                    continue
                fitting = self.space.fitting(point) & ~(1 << earlier)
                known |= {(earlier, other): point for other in bits(fitting) if (earlier, other) not in known}
            yield OrderSensitive(
                earlier=self.rows[earlier].id,
                later=self.rows[later].id,
                outputs=self.differing(earlier, later),
                is_exception=self.is_masked(earlier, [later]),
                witness=self.witness(known[earlier, later]),
            )

    def decided_by_order(self) -> Iterator[tuple[int, int]]:
        """Pairs of neighbours that answer otherwise where both fit, once they stand the other way round."""
        backwards = compile_table(replace(self.table, rows=self.rows[::-1]))
        last = len(self.rows) - 1
        mirrored = [_mask(last - other for other in bits(mask)) for mask in reversed(self.neighbours)]
        turned = _winners(backwards, mirrored)
        for (first, second), winner in self.winners.items():
            other = turned[last - second, last - first]
            if winner is None or other is None or winner == last - other:
                continue
            if self.differing(first, second):
                yield winner, last - other

    def conflicts(self) -> Iterator[Conflict]:
        for (first, second), winner in self.winners.items():
            point = self.space.find((first, second)) if winner is None else None
            if point is not None:
                ids = (self.rows[first].id, self.rows[second].id)
                yield Conflict(ids, self.differing(first, second), self.witness(point))

    def duplicates(self) -> Iterator[Duplicate]:
        groups: dict[frozenset[Region], list[int]] = {}
        for number in range(len(self.rows)):
            groups.setdefault(self.space.shape(number), []).append(number)
        for shape, numbers in groups.items():
            if shape and len(numbers) > 1:
                yield Duplicate(tuple(self.rows[number].id for number in numbers), self.differing(*numbers))

    def differing(self, *numbers: int) -> tuple[str, ...]:
        answers = [self.rows[number].outputs for number in numbers]
        names = (output.name for output in self.table.outputs)
        return tuple(name for name in names if any(row.get(name) != answers[0].get(name) for row in answers))

    def witness(self, point: Point) -> Witness:
        return Witness(self.space.facts(point), self.now)


def _winners(compiled: CompiledTable, neighbours: Sequence[int]) -> dict[tuple[int, int], int | None]:
    """Which of two neighbours decides where both fit, by the hit policy; None where that breaks it.

    Under each policy a row decides exactly where it wins against every other row that fits.
    """
    numbers = {row.id: number for number, row in enumerate(compiled.table.rows)}
    return {
        (first, second): None if (row := compiled.verdicts.of(1 << first | 1 << second).row) is None else numbers[row]
        for first, second in combinations(range(len(numbers)), 2)
        if neighbours[first] >> second & 1
    }


def _mask(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)
