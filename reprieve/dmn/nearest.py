"""The smallest change of facts that leads to a wanted answer.

A row with the wanted answer demands a change in each column that it does not fit; where an earlier row still wins,
further columns have to move out of its way. Changes are tried fewest first on example facts (see `witness`), which meet
every region of a column, and each answer is a decision of the table itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, islice, product
from operator import and_

from reprieve.dmn.cell import Cell
from reprieve.dmn.decide import CompiledTable
from reprieve.dmn.facts import Fact, FactError, read_fact, seen_value
from reprieve.dmn.lookup import ColumnLookup
from reprieve.dmn.model import Row
from reprieve.dmn.sfeel import print_cell
from reprieve.dmn.values import Value
from reprieve.dmn.witness import cell_of, example_facts, fact_seen_as

_MAX_TRIALS = 100_000  # keeps a page quick on a table of many columns that all have to change


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that would have to differ.

    Attributes:
        column: its name.
        seen: what the column's cells see now; with a clock a duration, None where the fact is missing or unusable.
        cell: what it would have to fit. With the other changes at their examples, every fact that fits it does; None
            where no cell says that, and only the example is known to do.
        example: what its cells would see in a case that was decided as wanted.
        example_fact: the fact itself in that case.
    """

    column: str
    seen: Fact
    cell: str | None
    example: Fact
    example_fact: Fact


@dataclass(frozen=True, slots=True)
class Nearest:
    """The row that answers as wanted, and the fewest changes that make it decide."""

    row: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Option:
    """Something that a column might see instead, and the rows that would let it through."""

    seen: Fact
    fact: Fact
    mask: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A column with what it sees now (its mask is None where the fact is unusable) and might see."""

    lookup: ColumnLookup
    seen: Fact
    mask: int | None
    options: tuple[_Option, ...]


def nearest_facts(  # noqa: PLR0913 see `nearest`
    compiled: CompiledTable,
    facts: Mapping[str, object],
    now: datetime,
    *,
    output: str,
    wanted: Value,
    fixed: frozenset[str],
) -> Nearest | None:
    """See `reprieve.dmn.explain.nearest`, which has checked the arguments."""
    places = [_place(lookup, facts, now, is_fixed=lookup.column.name in fixed) for lookup in compiled.lookups]
    search = _Search(compiled, places, output, wanted)
    return next((found for found in islice(search.trials(), _MAX_TRIALS) if found is not None), None)


def _place(lookup: ColumnLookup, facts: Mapping[str, object], now: datetime, *, is_fixed: bool) -> _Place:
    column = lookup.column
    seen: Fact = None
    mask: int | None = None
    try:
        seen = seen_value(column, read_fact(column, facts.get(column.name)), now)
        mask = lookup.passing(seen)
    except FactError:
        pass
    options = () if is_fixed else tuple(_options(lookup, seen, now))
    return _Place(lookup, seen, mask, options)


def _options(lookup: ColumnLookup, seen: Fact, now: datetime) -> Iterator[_Option]:
    thinned = _thinned(seen) if isinstance(seen, tuple) else []
    for example in (*thinned, *example_facts(lookup)):
        try:
            fact = fact_seen_as(lookup.column, example, now)
        except OverflowError:
            continue
        yield _Option(example, fact, lookup.passing(example))


def _thinned(seen: tuple[Value, ...]) -> list[Fact]:
    return [tuple(value for value in seen if value != left_out) for left_out in dict.fromkeys(seen)]


class _Search:
    def __init__(self, compiled: CompiledTable, places: Sequence[_Place], output: str, wanted: Value) -> None:
        self.compiled = compiled
        self.places = places
        self.output = output
        self.wanted = wanted

    def trials(self) -> Iterator[Nearest | None]:
        """What each trial found, fewest changes first, then in the order of the rows."""
        rows = [row for row in enumerate(self.compiled.table.rows) if row[1].outputs.get(self.output) == self.wanted]
        for count in range(1, len(self.places) + 1):
            for index, row in rows:
                yield from self.row_trials(index, row, count)

    def row_trials(self, index: int, row: Row, count: int) -> Iterator[Nearest | None]:
        """Trials that make the row decide by changing `count` columns."""
        failing = [n for n, place in enumerate(self.places) if place.mask is None or not place.mask >> index & 1]
        others = [n for n in range(len(self.places)) if n not in failing]
        if len(failing) > count:
            return
        for extra in combinations(others, count - len(failing)):
            changed = sorted([*failing, *extra])
            for options in product(*(self.suitable(n, index) for n in changed)):
                yield self.found(row, dict(zip(changed, options, strict=True)))

    def suitable(self, n: int, index: int) -> list[_Option]:
        """The column's options that the row lets through, one for each mask."""
        by_mask: dict[int, _Option] = {}
        for option in self.places[n].options:
            if option.mask >> index & 1:
                by_mask.setdefault(option.mask, option)
        return list(by_mask.values())

    def found(self, row: Row, options: Mapping[int, _Option]) -> Nearest | None:
        decision = self.compiled.verdicts.of(self.fitting(options))
        if decision.row != row.id:
            return None
        return Nearest(row.id, tuple(self.change(n, row, options) for n in options))

    def fitting(self, options: Mapping[int, _Option]) -> int:
        fitting = self.compiled.verdicts.every_row
        for n, place in enumerate(self.places):
            mask = options[n].mask if n in options else place.mask
            fitting = and_(fitting, 0 if mask is None else mask)
        return fitting

    def change(self, n: int, row: Row, options: Mapping[int, _Option]) -> Change:
        place, option = self.places[n], options[n]
        column = place.lookup.column
        cell = self.needed_cell(n, row, options)
        text = None if cell is None else print_cell(cell, column.type)
        return Change(column.name, place.seen, text, option.seen, option.fact)

    def needed_cell(self, n: int, row: Row, options: Mapping[int, _Option]) -> Cell | None:
        """The row's own cell if it is enough; otherwise the narrower one that keeps earlier rows away."""
        place = self.places[n]
        good = [option.seen for option in place.options if self.leads_there(n, option, options)]
        if place.lookup.column.several:
            singles = dict.fromkeys(seen[0] for seen in good if isinstance(seen, tuple) and len(seen) == 1)
            bad = tuple(value for value in place.lookup.hits if value not in singles)
            candidates = [Cell(bad, negated=True, accepts_null=None in good or not place.lookup.column.nullable)]
            candidates += [Cell(tuple(singles), accepts_null=None in good)] if singles else []
        else:
            values = [seen for seen in good if seen is not None and not isinstance(seen, tuple)]
            narrower = cell_of(place.lookup, values, null=None in good)
            candidates = [] if narrower is None else [narrower]
        own = row.cells.get(place.lookup.column.name)
        known = [] if own is None else [own]
        # Where another row answers the same beyond the row's own cell, what the cell asks for is not the last word.
        says_all = own is not None and all(_fits(own, seen) for seen in good)
        tried = (*known, *candidates) if says_all else (*candidates, *known)
        return next((cell for cell in tried if self.is_enough(n, cell, good, options[n])), None)

    def is_enough(self, n: int, cell: Cell, good: Sequence[Fact], example: _Option) -> bool:
        return _fits(cell, example.seen) and all(
            option.seen in good for option in self.places[n].options if _fits(cell, option.seen)
        )

    def leads_there(self, n: int, option: _Option, options: Mapping[int, _Option]) -> bool:
        decision = self.compiled.verdicts.of(self.fitting({**options, n: option}))
        return decision.outputs.get(self.output) == self.wanted


def _fits(cell: Cell, seen: Fact) -> bool:
    return cell.accepts_any(seen) if isinstance(seen, tuple) else cell.accepts(seen)
