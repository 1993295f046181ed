"""Every kind of facts that a small table can meet, by trying each value near a constant: slow, and plain to see.

Facts that the cells of a column cannot tell apart are kept once. Nothing here knows of regions or boxes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, combinations, product
from math import prod
from random import Random
from typing import Any

from hypothesis import strategies as st

from reprieve.dmn.sfeel import Cell, parse_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table
from reprieve.dmn.values import Value, ValueType
from tests.dmn.oracle import (
    CONSTANTS,
    MICROSECOND,
    NOW,
    cells,
    column_constants,
    constants,
    slow_fits,
    slow_names,
    tables,
)


@dataclass(frozen=True)
class Spot:
    """Possible facts, and the numbers of the rows that fit them."""

    facts: Mapping[str, object]
    fitting: frozenset[int]


def grid(table: Table) -> list[Spot]:
    """All kinds of possible facts of a table."""
    tested = _tested(table)
    columns = [_kinds(column, tested) for column in table.inputs]
    spots = []
    for kinds in product(*columns):
        fitting = frozenset(range(len(tested))).intersection(*(numbers for _, numbers in kinds))
        if all(number < len(table.rows) for number in fitting):
            names = (column.name for column in table.inputs)
            spots.append(Spot(dict(zip(names, (fact for fact, _ in kinds), strict=True)), fitting))
    return spots


def grid_size(table: Table) -> int:
    """How many kinds of facts there are, with the impossible ones."""
    return prod(len(_kinds(column, _tested(table))) for column in table.inputs)


def _tested(table: Table) -> tuple[Row, ...]:
    impossible = (Row(f"impossible {index}", dict(cells), {}) for index, cells in enumerate(table.impossible))
    return (*table.rows, *impossible)


def _kinds(column: Column, rows: tuple[Row, ...]) -> list[tuple[object, frozenset[int]]]:
    """One fact for each set of rows that the column lets through, with the set."""
    kinds: dict[frozenset[int], object] = {}
    for fact in _facts(column, rows):
        numbers = (number for number, row in enumerate(rows) if slow_fits(row, column, {column.name: fact}, NOW))
        kinds.setdefault(frozenset(numbers), fact)
    return [(fact, numbers) for numbers, fact in kinds.items()]


def _facts(column: Column, rows: tuple[Row, ...]) -> list[object]:
    tests = [row.cells[column.name] for row in rows if column.name in row.cells]
    values = [value for value in _values(column, tests) if _is_in_range(column, value)]
    facts: list[object] = list(values)
    if column.clock is not None:
        facts = [
            NOW - age if column.clock is Clock.SINCE else NOW + age for age in values if isinstance(age, timedelta)
        ]
    if column.several:
        told_apart = {tuple(slow_names(cell, value) for cell in tests): value for value in values}
        sizes = range(len(told_apart) + 1)
        facts = list(chain.from_iterable(combinations(told_apart.values(), size) for size in sizes))
    return [*facts, None] if column.nullable else facts


def _is_in_range(column: Column, value: Any) -> bool:  # noqa: ANN401
    return (column.minimum is None or value >= column.minimum) and (column.maximum is None or value <= column.maximum)


def _values(column: Column, tests: Iterable[Cell]) -> list[Value]:
    if column.domain is not None:
        return list(column.domain)
    match column.type:
        case ValueType.STRING:
            return [*CONSTANTS[column.type], *(point for cell in tests for point in cell.points), "something else"]
        case ValueType.BOOLEAN:
            return [True, False]
        case ValueType.NUMBER if column.integer:
            return list(range(-4, 8))
    ends = [end for cell in tests for interval in cell.intervals for end in (interval.low, interval.high)]
    named = [*CONSTANTS[column.type], *(point for cell in tests for point in cell.points), *ends]
    return [near for value in named if value is not None for near in _neighbours(value)]


def _neighbours(value: Value) -> list[Value]:
    """The value, and the ones just below and above it."""
    match value:
        case datetime() | timedelta():
            return [value - MICROSECOND, value, value + MICROSECOND]
        case date():
            return [value - timedelta(days=1), value, value + timedelta(days=1)]
        case time():
            micros = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second) // MICROSECOND
            near = [micros + value.microsecond + hair for hair in (-1, 0, 1)]
            midnight = datetime(2000, 1, 1, tzinfo=UTC)
            day = timedelta(days=1) // MICROSECOND
            return [(midnight + micro * MICROSECOND).time() for micro in near if 0 <= micro < day]
        case int() | Decimal():
            return [value - Decimal("0.000001"), value, value + Decimal("0.000001")]
        case _:
            raise TypeError(value)


def fits(cells: Mapping[str, tuple[Cell, ...]], table: Table, facts: Mapping[str, object]) -> bool:
    """Whether facts fit all of these cells."""
    return all(
        slow_fits(Row("", {column.name: cell}, {}), column, facts, NOW)
        for column in table.inputs
        for cell in cells.get(column.name, ())
    )


# Tables as businesses write them: rows overlap, mask each other, and leave gaps between them.

_BUSY_COLUMNS = {
    Column("status", ValueType.STRING, domain=("new", "held", "made", "sent")): [
        *('"new"', '"held", "made"', 'not("sent")', '"sent"', 'not("new", "held")'),
    ],
    Column("families", ValueType.STRING, several=True): [
        *('"crown"', '"crown", "bridge"', 'not("aligner")', '"design"', 'not("crown", "design")', '"aligner"'),
    ],
    Column("stages", ValueType.NUMBER, several=True, nullable=True, minimum=0): [
        *("[1..3]", "not(2)", "null", "> 2", "not([1..2], 4)", "< 2, null", "not(3, null)"),
    ],
    Column("stage", ValueType.STRING, nullable=True): ['"a"', "null", 'not("a")', 'not("b", null)', '"a", null'],
    Column("count", ValueType.NUMBER, integer=True, minimum=0): ["0", "> 0", "(1..2)", "<= 2", ">= 3", "not(1)", "< 0"],
    Column("share", ValueType.NUMBER, nullable=True, maximum=1): ["(0..0.5]", "> 0.5", "<= 0", "not([0..1])", "null"],
    Column("age", ValueType.DURATION, clock=Clock.SINCE, minimum=timedelta()): [
        *('<= duration("PT1H")', '> duration("PT1H")', '(duration("PT0S")..duration("P1D")]', '>= duration("P1D")'),
    ],
    Column("left", ValueType.DURATION, clock=Clock.UNTIL, nullable=True): ['< duration("PT0S")', "null", "not(null)"],
    Column("paid", ValueType.BOOLEAN): ["true", "false"],
}
_ANSWERS = ("best", "good", "bad")


def busy_table(seed: int) -> Table:
    """The table of a number, which is the same at every run."""
    random = Random(seed)  # noqa: S311 repeatable noise is wanted
    columns = random.sample(list(_BUSY_COLUMNS), random.randint(2, 4))

    def some_cells(least: int, dash: float) -> dict[str, Cell]:
        drawn = {column.name: parse_cell(random.choice(_BUSY_COLUMNS[column]), column.type) for column in columns}
        kept = random.sample(list(drawn), least) + [name for name in drawn if random.random() > dash]
        return {name: drawn[name] for name in drawn if name in kept}

    rows = [
        Row(f"r{index}", some_cells(1, 0.6), {"answer": random.choice(_ANSWERS)})
        for index in range(random.randint(3, 10))
    ]
    return Table(
        f"busy {seed}",
        tuple(columns),
        (Output("answer", ValueType.STRING, domain=_ANSWERS),),
        tuple(rows),
        {"answer": "bad"},
        random.choice([HitPolicy.FIRST, HitPolicy.FIRST, *HitPolicy]),
        tuple(some_cells(1, 0.5) for _ in range(random.choice([0, 0, 1, 2]))),
    )


# Tables of every type and shape.


@st.composite
def declared_tables(draw: st.DrawFn) -> Table:
    """Random tables, some of which declare ranges and impossible combinations."""
    table = draw(tables())
    inputs = tuple(draw(_ranged(column)) for column in table.inputs)
    some = st.lists(st.sampled_from(inputs), min_size=1, max_size=2, unique=True) if inputs else st.just([])
    combinations_ = [
        {column.name: draw(_restricting(column)) for column in draw(some)} for _ in range(draw(st.integers(0, 2)))
    ]
    return replace(table, inputs=inputs, impossible=tuple(filter(None, combinations_)))


@st.composite
def _ranged(draw: st.DrawFn, column: Column) -> Column:
    if column.domain is not None or not column.type.is_ordered:
        return column
    values = st.lists(constants(column.type, integer=column.integer), min_size=2, max_size=2)
    low, high = sorted(draw(values))
    return replace(
        column,
        minimum=low if draw(st.booleans()) else None,
        maximum=high if draw(st.booleans()) else None,
    )


def _restricting(column: Column) -> st.SearchStrategy[Cell]:
    is_a_line = column.type.is_ordered and (column.domain is None or len(column.domain) > 1)
    kind = column.type if is_a_line else ValueType.STRING
    return cells(kind, column_constants(column)).filter(lambda cell: not cell.is_any)
