"""A slow, obvious interpreter of decision tables, and random tables and facts to compare it with.

It shares the table's parts with the engine and none of its way of deciding: instants are compared as whole
microseconds since 1970, and every cell is tried on every value, row by row.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from reprieve.dmn.facts import ProblemKind
from reprieve.dmn.sfeel import ANY, Cell, Interval
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table
from reprieve.dmn.values import Value, ValueType

NOW = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # Berlin's clocks have just gone back
MICROSECOND = timedelta(microseconds=1)
HOSTILE = ['__import__("os").system("true")', '"', "\\", "'''", "#{x}\n\tv = 1", "fit", "x\u2028y", "😀", "", "%s {0}"]

type Answer = tuple[str | None, dict[str, Value], ProblemKind | None, str | None]


def slow_decide(table: Table, facts: Mapping[str, object], now: datetime) -> Answer:
    """The row, its outputs, and the kind and column of the problem if there was one."""
    for column in table.inputs:
        kind = slow_problem(column, facts.get(column.name))
        if kind is not None:
            return None, dict(table.fallback), kind, column.name
    return slow_verdict(
        table, [row for row in table.rows if all(slow_fits(row, column, facts, now) for column in table.inputs)]
    )


def slow_verdict(table: Table, fitting: list[Row]) -> Answer:
    """What the hit policy makes of the rows that fit, in the order of the table."""
    fallback = dict(table.fallback)
    if not fitting:
        return None, fallback, ProblemKind.NO_ROW, None
    if table.hit_policy is HitPolicy.UNIQUE and len(fitting) > 1:
        return None, fallback, ProblemKind.SEVERAL_ROWS, None
    if table.hit_policy is HitPolicy.ANY and any(row.outputs != fitting[0].outputs for row in fitting):
        return None, fallback, ProblemKind.SEVERAL_ROWS, None
    if table.hit_policy is HitPolicy.PRIORITY:
        domain = table.outputs[0].domain
        assert domain is not None
        for value in domain:
            for row in fitting:
                if row.outputs["answer"] == value:
                    return row.id, dict(row.outputs), None, None
    return fitting[0].id, dict(fitting[0].outputs), None, None


def slow_problem(column: Column, fact: object) -> ProblemKind | None:
    if fact is None:
        return None if column.nullable else ProblemKind.MISSING
    if column.several:
        if type(fact) not in {tuple, list, set, frozenset}:
            return ProblemKind.TYPE
        problems = [slow_value_problem(column, item) for item in fact]  # type: ignore[attr-defined]
        return next((problem for problem in problems if problem), None)
    return slow_value_problem(column, fact)


def slow_value_problem(column: Column, fact: object) -> ProblemKind | None:
    wanted = "date_time" if column.clock else column.type.value
    if wanted not in slow_types(fact):
        return ProblemKind.TYPE
    if column.integer and fact != int(fact):  # type: ignore[call-overload]
        return ProblemKind.TYPE
    if column.domain is not None and not any(fact == value for value in column.domain):
        return ProblemKind.DOMAIN
    return None


def slow_types(fact: object) -> set[str]:  # noqa: PLR0911
    if isinstance(fact, bool):
        return {"boolean"}
    if isinstance(fact, int) or (isinstance(fact, Decimal) and str(fact) not in {"NaN", "sNaN", "Infinity"}):
        return {"number"}
    if isinstance(fact, str):
        return {"string"}
    if isinstance(fact, timedelta):
        return {"duration"}
    if isinstance(fact, datetime):
        return {"date_time"} if fact.tzinfo else set()
    if isinstance(fact, date):
        return {"date"}
    return {"time"} if isinstance(fact, time) and not fact.tzinfo else set()


def slow_fits(row: Row, column: Column, facts: Mapping[str, object], now: datetime) -> bool:
    cell = row.cells.get(column.name)
    fact = facts.get(column.name)
    if cell is None:
        return True
    if fact is None:
        return slow_accepts_null(cell)
    values = list(fact) if column.several else [fact]  # type: ignore[call-overload]
    named = False
    for value in values:
        named = named or slow_names(cell, slow_seen(column, value, now))
    return not named if cell.negated else named


def slow_accepts_null(cell: Cell) -> bool:
    return cell.accepts_null


def slow_seen(column: Column, fact: object, now: datetime) -> object:
    if column.clock is None:
        return fact
    assert isinstance(fact, datetime)
    age = micros(now) - micros(fact)
    return timedelta(microseconds=age if column.clock is Clock.SINCE else -age)


def slow_names(cell: Cell, value: Any) -> bool:  # noqa: ANN401
    number = line(value)
    for point in cell.points:
        if line(point) == number:
            return True
    for interval in cell.intervals:
        above = interval.low is None or number > line(interval.low) or (interval.low_closed and value == interval.low)
        below = (
            interval.high is None or number < line(interval.high) or (interval.high_closed and value == interval.high)
        )
        if above and below:
            return True
    return False


def line(value: Any) -> Any:  # noqa: ANN401
    """Instants and durations as whole microseconds, the rest as it is."""
    if isinstance(value, datetime):
        return micros(value)
    return value // MICROSECOND if isinstance(value, timedelta) else value


def micros(instant: datetime) -> int:
    offset = instant.utcoffset()
    assert offset is not None
    return (instant.replace(tzinfo=None) - offset - datetime(1970, 1, 1)) // MICROSECOND  # noqa: DTZ001


# Random tables. Facts are drawn close around a handful of constants, so that boundaries are met again and again.

CONSTANTS: dict[ValueType, list[Value]] = {
    ValueType.STRING: ["a", "b", "c", "d", *HOSTILE],
    ValueType.NUMBER: [-1, 0, 1, 2, 3, Decimal("0.5"), Decimal("2.5"), Decimal("-0.25")],
    ValueType.BOOLEAN: [True, False],
    ValueType.DATE: [date(2026, 2, 27) + timedelta(days=day) for day in range(4)],
    ValueType.TIME: [time(0), time(8), time(12, 30), time(23, 59, 59, 999999)],
    ValueType.DATE_TIME: [NOW + timedelta(hours=hours) for hours in (-2, -1, 0, 1)],
    ValueType.DURATION: [timedelta(hours=hours) for hours in (-1, 0, 1, 24)],
}
ZONES = [UTC, ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=-5)), timezone(timedelta(0))]


def constants(value_type: ValueType, *, integer: bool = False) -> st.SearchStrategy[Value]:
    return st.sampled_from([value for value in CONSTANTS[value_type] if not (integer and isinstance(value, Decimal))])


@st.composite
def intervals(draw: st.DrawFn, values: st.SearchStrategy[Value]) -> Interval:
    low, high = sorted(draw(st.lists(values, min_size=2, max_size=2, unique=True)))
    shape = draw(st.sampled_from(["below", "above", "between"]))
    closed, other = draw(st.booleans()), draw(st.booleans())
    if shape == "below":
        return Interval(None, high, high_closed=closed)
    return Interval(low, None, low_closed=closed) if shape == "above" else Interval(low, high, closed, other)


@st.composite
def cells(draw: st.DrawFn, value_type: ValueType, values: st.SearchStrategy[Value]) -> Cell:
    points = tuple(draw(st.lists(values, max_size=3, unique=True)))
    spans = tuple(draw(st.lists(intervals(values), max_size=2, unique=True))) if value_type.is_ordered else ()
    negated, names_null = draw(st.booleans()), draw(st.booleans())
    if negated:
        return Cell(points, spans, negated=True, accepts_null=not names_null and not spans)
    return Cell(points, spans, accepts_null=names_null) if points or spans or names_null else ANY


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    value_type = draw(st.sampled_from(ValueType))
    clock = draw(st.sampled_from([None, *Clock])) if value_type is ValueType.DURATION else None
    integer = value_type is ValueType.NUMBER and draw(st.booleans())
    has_domain = clock is None and draw(st.booleans())
    values = st.lists(constants(value_type, integer=integer), min_size=1, max_size=6, unique=True)
    return Column(
        name=name,
        type=value_type,
        domain=tuple(draw(values)) if has_domain else None,
        nullable=draw(st.booleans()),
        clock=clock,
        integer=integer,
        several=clock is None and draw(st.booleans()),
    )


def column_constants(column: Column) -> st.SearchStrategy[Value]:
    return st.sampled_from(column.domain) if column.domain else constants(column.type, integer=column.integer)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(st.sampled_from(["x", "a/b~c", "fit", *HOSTILE]).filter(str.strip), max_size=4, unique=True))
    return draw(tables_of(tuple(draw(columns(name)) for name in names)))


@st.composite
def tables_of(draw: st.DrawFn, inputs: tuple[Column, ...]) -> Table:
    """Random rows over these columns."""
    answers = ("best", "good", "bad")
    rows = []
    for index in range(draw(st.integers(1, 6))):
        row_cells: dict[str, Cell] = {}
        for column in inputs:
            if draw(st.integers(0, 2)):
                values = column_constants(column)
                count = len(column.domain or CONSTANTS[column.type])
                ordered_enough = (
                    column.type.is_ordered and count > 1 and (column.domain is None or len(column.domain) > 1)
                )
                kind = column.type if ordered_enough else ValueType.STRING
                row_cells[column.name] = draw(cells(kind, values))
        rows.append(Row(f"r{index}", row_cells, {"answer": draw(st.sampled_from(answers))}))
    output = Output("answer", ValueType.STRING, domain=answers)
    return Table("random", inputs, (output,), tuple(rows), {"answer": "bad"}, draw(st.sampled_from(HitPolicy)))


@st.composite
def values_near(draw: st.DrawFn, column: Column) -> object:
    """A value on, or a hair beside, a constant of the column; written in one of the ways that mean the same."""
    value = draw(constants(column.type))
    hair = draw(st.sampled_from([-1, 0, 0, 1]))
    if column.clock:
        assert isinstance(value, timedelta)
        age = value + hair * MICROSECOND
        instant = NOW - age if column.clock is Clock.SINCE else NOW + age
        return instant.astimezone(draw(st.sampled_from(ZONES)))
    match value:
        case datetime():
            return (value + hair * MICROSECOND).astimezone(draw(st.sampled_from(ZONES)))
        case timedelta():
            return value + hair * MICROSECOND
        case date():
            return value + timedelta(days=hair)
        case bool() | str() | time():
            return value
        case _:
            return draw(st.sampled_from([value, Decimal(value), Decimal(value) + hair * Decimal("0.000001")]))


WRONG: list[object] = [
    "stranger", 7, True, 0.5, 1.0, Decimal("NaN"), Decimal("Infinity"), datetime(2026, 1, 1), time(1, tzinfo=UTC),  # noqa: DTZ001
    date(1999, 1, 1), b"a", object(), ["a"], ("a", None), {"a": 1}, timedelta(days=9), NOW, time(3),
]  # fmt: skip


def facts_for(table: Table) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional={column.name: fact_for(column) for column in table.inputs})


def fact_for(column: Column) -> st.SearchStrategy[object]:
    one: st.SearchStrategy[object] = column_constants(column) if column.domain else values_near(column)
    if column.several:
        hashable = st.lists(one, max_size=3)
        one = st.one_of(hashable.map(tuple), hashable.map(frozenset), hashable)
    rare = st.one_of(st.none(), st.sampled_from(WRONG), values_near(column))
    return st.integers(0, 15).flatmap(lambda luck: one if luck else rare)
