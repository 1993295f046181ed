"""A decision table as one CASE of SQL: the same answers as `CompiledTable.decide`, for as many subjects as there are.

The first WHEN asks for what keeps every row from deciding: a fact that is missing or outside its column. Whether a cell
accepts NULL is known beforehand, so that NULL never decides by accident. Under a clock each end of a cell is one
instant, computed in Python. Constants are bound; no text of a table ever becomes SQL.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    Case,
    DateTimeField,
    Expression,
    Func,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.lookups import Exact, GreaterThan, IsNull
from django.db.models.sql.compiler import SQLCompiler

from reprieve.dmn import values
from reprieve.dmn.cell import Cell
from reprieve.dmn.decide import CompiledTable, require_zone
from reprieve.dmn.facts import FactError, read_fact, seen_value
from reprieve.dmn.model import Clock, Column, Row
from reprieve.dmn.values import ValueType
from reprieve.policies.facts.conditions import Condition, Range, Sql, every, lies_in, opposite, some
from reprieve.policies.facts.registry import Asking, Registry
from reprieve.policies.facts.stored import BarredTexts, JsonTexts, Known, NoTwinError, OneValue, Scaled, Several, means


def row_of(compiled: CompiledTable, registry: Registry[Any], asking: Asking) -> Expression:
    """The id of the row that decides; NULL where the fallback does.

    Raises:
        NoTwinError: a column is no fact of the registry, or one of another type.
        ValueError: the question's `now` has no time zone.
    """
    return _decided(compiled, registry, asking, [_text(row.id) for row in compiled.table.rows], _text(None))


def output_of(compiled: CompiledTable, registry: Registry[Any], asking: Asking, name: str = "outcome") -> Expression:
    """An output of the decision that is text, by default its outcome; NULL where the row leaves it open.

    Raises:
        KeyError: the table has no such output.
        TypeError: the output is no text.
        NoTwinError, ValueError: see `row_of`.
    """
    table = compiled.table
    output = {output.name: output for output in table.outputs}[name]
    if output.type is not ValueType.STRING:
        raise TypeError(f"{name} is {output.type.noun} and no text: take it from the row that `row_of` names")
    answers = [_text(row.outputs.get(name)) for row in table.rows]
    return _decided(compiled, registry, asking, answers, _text(table.fallback.get(name)))


def count_by(subjects: QuerySet[Any], **answers: Expression) -> dict[tuple[str | None, ...], int]:
    """How many of the subjects have which answers, such as the outcomes by two tables. One query.

    It is no plain GROUP BY: PostgreSQL would take each instant in the CASEs for a group of its own, and sort. It does
    not look into a query of which each row is another whenever it is asked.
    """
    decided = subjects.order_by().annotate(**answers, asked_at=_AskedAt()).values_list(*answers, "asked_at")
    sql, params = decided.query.sql_with_params()
    names = ", ".join(map(connection.ops.quote_name, answers))
    with connection.cursor() as cursor:
        counting = f"SELECT {names}, COUNT(*) FROM ({sql}) AS decided GROUP BY {names}"  # noqa: S608 - all bound
        cursor.execute(counting, params)
        return {tuple(found): number for *found, number in cursor.fetchall()}


class _AskedAt(Func):
    """The instant at which the row is read, whatever that is."""

    arity = 0
    function = "clock_timestamp"
    output_field = DateTimeField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:  # noqa: ANN401
        """Nothing: SQLite does not reckon with groups."""
        return self.as_sql(compiler, connection, template="NULL", **context)


def _text(value: values.Value | None) -> Value:
    return Value(value, output_field=TextField())


def _decided(
    compiled: CompiledTable, registry: Registry[Any], asking: Asking, answers: Sequence[Value], fallback: Value
) -> Expression:
    twin = _Twin(compiled, registry, asking)
    branches: list[tuple[Condition, Value]] = [(twin.falls_back(), fallback)]
    branches += [(twin.fits(compiled.table.rows[index]), answers[index]) for index in twin.in_order()]
    whens = []
    for condition, answer in branches:
        if condition is True:
            fallback = answer
            break
        if condition is not False:
            whens.append(When(condition, then=answer))
    return Case(*whens, default=fallback) if whens else fallback


class _Twin:
    def __init__(self, compiled: CompiledTable, registry: Registry[Any], asking: Asking) -> None:
        require_zone(asking.now)
        self.table = compiled.table
        self.verdicts = compiled.verdicts
        self.columns = [_column(column, registry, asking) for column in compiled.table.inputs]

    def fits(self, row: Row) -> Condition:
        """Whether every cell of the row accepts its fact. May be NULL, which a CASE takes for no."""
        quick_first = sorted(self.columns, key=lambda column: isinstance(column, _TextsColumn))
        cells = ((column, row.cells.get(column.column.name)) for column in quick_first)
        return every(column.accepts(cell) for column, cell in cells if cell is not None)

    def falls_back(self) -> Condition:
        """Whether a fact keeps every row from deciding, or too many rows fit."""
        return some([*(column.keeps_out() for column in self.columns), self._clash()])

    def in_order(self) -> Iterable[int]:
        """The rows, each before those that it beats; where two that clash never fit both, any order will do."""
        rows = range(len(self.table.rows))
        if len(self._groups()) > 1:
            return rows
        return self._by_precedence()

    def _by_precedence(self) -> Iterator[int]:
        numbers = {row.id: index for index, row in enumerate(self.table.rows)}
        left = self.verdicts.every_row
        while left:
            best = numbers[str(self.verdicts.of(left).row)]
            yield best
            left &= ~(1 << best)

    def _clash(self) -> Condition:
        """Whether rows fit that may not fit together."""
        groups = self._groups()
        if len(groups) == 1:
            return False
        fitting = [some(self.fits(row) for row in group) for group in groups]
        certain = sum(one is True for one in fitting)
        number: Any = Value(certain, output_field=IntegerField())
        for condition in fitting:
            if isinstance(condition, Q):
                number += Case(When(condition, then=1), default=0, output_field=IntegerField())
        return Q(GreaterThan(number, Value(1)))

    def _groups(self) -> list[list[Row]]:
        """The rows in groups of which only one may fit: a single group unless the hit policy is UNIQUE or ANY."""
        groups: list[tuple[int, list[Row]]] = []
        for index, row in enumerate(self.table.rows):
            for first, group in groups:
                if self.verdicts.of(1 << first | 1 << index).problem is None:
                    group.append(row)
                    break
            else:
                groups.append((index, [row]))
        return [group for _, group in groups]


class _Column(Protocol):
    """What one input asks of the database."""

    column: Column

    def keeps_out(self) -> Condition:
        """Whether the fact is missing or outside the column, so that no row may decide. Never NULL."""
        ...

    def accepts(self, cell: Cell) -> Condition: ...


def _column(column: Column, registry: Registry[Any], asking: Asking) -> _Column:
    fact = registry.facts.get(column.name)
    if fact is None:
        raise NoTwinError(f"{column.title} is no fact of this subject, so the database cannot be asked for it")
    if (fact.column.fact_type, fact.column.several) != (column.fact_type, column.several):
        raise NoTwinError(f"{column.title} is of another type here than where it is stored")
    stored = fact.stored(asking)
    if isinstance(stored, Known):
        return _KnownColumn(column, stored.fact, asking.now)
    if isinstance(stored, JsonTexts | BarredTexts):
        return _TextsColumn(column, stored)
    return _OneValueColumn(column, stored, asking.now, may_be_null=fact.column.nullable)


class _KnownColumn:
    """A fact that is the same for every subject: Python decides."""

    def __init__(self, column: Column, fact: object, now: datetime) -> None:
        self.column = column
        self.is_sound = True
        try:
            self.seen = seen_value(column, read_fact(column, fact), now)
        except FactError:
            self.is_sound = False

    def keeps_out(self) -> Condition:
        return not self.is_sound

    def accepts(self, cell: Cell) -> Condition:
        if not self.is_sound:
            return False
        return cell.accepts_any(self.seen) if isinstance(self.seen, tuple) else cell.accepts(self.seen)


class _TextsColumn:
    """A fact of several texts: no NULL, but perhaps no text at all."""

    def __init__(self, column: Column, stored: Several) -> None:
        self.column = column
        self.stored = stored

    def keeps_out(self) -> Condition:
        return self.stored.any_but(None if self.column.domain is None else _texts(self.column.domain))

    def accepts(self, cell: Cell) -> Condition:
        named = self.stored.any_of(_texts(cell.points))
        return opposite(named) if cell.negated else named


def _texts(values: Iterable[values.Value]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


class _OneValueColumn:
    """A fact of one value, or NULL if it `may_be_null`."""

    def __init__(self, column: Column, stored: OneValue, now: datetime, *, may_be_null: bool) -> None:
        self.column = column
        self.stored = stored
        self.now = now
        self.may_be_null = may_be_null

    def keeps_out(self) -> Condition:
        foreign = _is_foreign(self.column, self.stored)
        if not self.may_be_null:
            return foreign
        if self.column.nullable:
            return every([self._is_null(False), foreign])
        return some([self._is_null(True), foreign])

    def accepts(self, cell: Cell) -> Condition:
        facts = (_instants(one, self.column.clock, self.now) if self.column.clock else one for one in _ranges(cell))
        named = means(self.stored, [one for one in facts if one is not None])
        accepted = opposite(named) if cell.negated else named
        if not self.may_be_null:
            return accepted
        if cell.accepts_null:
            return some([self._is_null(True), accepted])
        return every([self._is_null(False), accepted])

    def _is_null(self, wanted: bool) -> Condition:  # noqa: FBT001
        return Q(IsNull(self.stored.expression, wanted))


def _is_foreign(column: Column, stored: OneValue) -> Condition:
    """Whether a value that is not NULL is none of the column's."""
    wrong = [lies_in(stored.expression, stored.unreadable)]
    if column.domain is not None and not _is_held_to(stored, column.domain):
        wrong.append(opposite(means(stored, map(Range.at, column.domain))))
    if column.integer and isinstance(stored, Scaled) and stored.places:
        wrong.append(~Q(Exact(stored.expression % 10**stored.places, Value(0))))
    return some(wrong)


def _is_held_to(stored: OneValue, domain: Sequence[values.Value]) -> bool:
    """Whether a constraint of the database lets nothing else stand there. It may let more once there is a new value."""
    return stored.held_to is not None and stored.held_to <= set(domain)


def _ranges(cell: Cell) -> list[Range]:
    spans = (Range(each.low, each.high, each.low_closed, each.high_closed) for each in cell.intervals)
    return [*map(Range.at, cell.points), *spans]


def _instants(lengths: Range, clock: Clock, now: datetime) -> Range | None:
    """The instants that lie so long before now, or after it; None if the calendar has none of them."""
    low = _End(lengths.low, lengths.low_closed, clock, now)
    high = _End(lengths.high, lengths.high_closed, clock, now)
    first, last = (high, low) if clock is Clock.SINCE else (low, high)  # the longer since, the earlier
    if first.beyond > 0 or last.beyond < 0:
        return None
    return Range(first.instant, last.instant, first.closed, last.closed)


class _End:
    """An end of a length of time as an instant. `beyond` is -1 where that lies before the calendar, 1 after it."""

    def __init__(self, length: values.Value | None, closed: bool, clock: Clock, now: datetime) -> None:  # noqa: FBT001
        self.instant: datetime | None = None
        self.beyond = 0
        if isinstance(length, timedelta):
            utc = now.astimezone(UTC)
            try:
                self.instant = utc - length if clock is Clock.SINCE else utc + length
            except OverflowError:
                self.beyond = 1 if (length > timedelta()) == (clock is Clock.UNTIL) else -1
        self.closed = closed and self.instant is not None
