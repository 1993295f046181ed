"""Conditions in SQL: stored values compared with constants, all of which are bound as parameters.

What Python can decide stays a plain True or False, so that no empty list and no `1 = 1` ever reaches a database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DurationField,
    Field,
    Func,
    Q,
    QuerySet,
    Subquery,
    TimeField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Lookup,
)
from django.db.models.sql.compiler import SQLCompiler

from reprieve.dmn import values

type Condition = bool | Q
type Sql = tuple[str, tuple[Any, ...]]

INTEGERS_END = 2**63  # SQLite's


@dataclass(frozen=True, slots=True)
class Range:
    """The values from `low` to `high`, of which None is unbounded. Unlike a cell's interval it may hold one or all."""

    low: values.Value | None = None
    high: values.Value | None = None
    low_closed: bool = False
    high_closed: bool = False

    @classmethod
    def at(cls, value: values.Value) -> "Range":
        """One value."""
        return cls(value, value, low_closed=True, high_closed=True)

    @property
    def is_point(self) -> bool:
        """Whether it holds one value alone."""
        return self.low is not None and self.low == self.high


def lies_in(term: Combinable, ranges: Iterable[Range]) -> Condition:
    """Whether the term, unless it is NULL, lies in any of the ranges. Where it is NULL the condition is not true."""
    kept = list(ranges)
    points = [Bound(one.low) for one in kept if one.is_point and one.low is not None]
    conditions = [_between(term, one) for one in kept if not one.is_point]
    if len(points) == 1:
        conditions.append(Q(Exact(term, points[0])))
    elif points:
        conditions.append(Q(In(term, points)))
    return some(conditions)


def _between(term: Combinable, wanted: Range) -> Condition:
    ends: list[Condition] = []
    above: type[Lookup[Any]] = GreaterThanOrEqual if wanted.low_closed else GreaterThan
    below: type[Lookup[Any]] = LessThanOrEqual if wanted.high_closed else LessThan
    if wanted.low is not None:
        ends.append(Q(above(term, Bound(wanted.low))))
    if wanted.high is not None:
        ends.append(Q(below(term, Bound(wanted.high))))
    return every(ends)


def any_of(rows: QuerySet[Any]) -> IsNull:
    """Whether there is one of the rows, looked up for each subject that is asked about, and for no other.

    PostgreSQL reads the whole table for an EXISTS that it may hash, also where a list asks for its first rows alone.
    """
    return IsNull(Subquery(rows.order_by().values(one=Value(1))[:1]), False)


def every(conditions: Iterable[Condition]) -> Condition:
    """Whether all of them hold."""
    kept = [condition for condition in conditions if condition is not True]
    if False in kept:
        return False
    return reduce(and_, cast("list[Q]", kept)) if kept else True


def some(conditions: Iterable[Condition]) -> Condition:
    """Whether any of them holds."""
    kept = [condition for condition in conditions if condition is not False]
    if True in kept:
        return True
    return reduce(or_, cast("list[Q]", kept)) if kept else False


def opposite(condition: Condition) -> Condition:
    """Whether it is false. Of a condition on a term that may be NULL this is not the same as "not true"."""
    return not condition if isinstance(condition, bool) else ~condition


_FIELDS: dict[type, "type[Field[Any, Any]]"] = {
    str: CharField,
    bool: BooleanField,
    int: BigIntegerField,
    datetime: DateTimeField,
    date: DateField,
    time: TimeField,
    timedelta: DurationField,
}


class Bound(Value):
    """A constant, bound as a parameter in the form that its kind is stored in."""

    def __init__(self, value: values.Value) -> None:
        plain = values.canonical(value)
        super().__init__(plain, output_field=_FIELDS[type(plain)]())

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        """As an integer, or as a float where SQLite has none so long: its integers compare with that alike."""
        sql, params = self.as_sql(compiler, connection)
        return sql, tuple(float(it) if type(it) is int and abs(it) >= INTEGERS_END else it for it in params)


class AnyElement(Func):
    """Whether any element of a JSON list passes a test, which is about `ElementText` or `ElementIsNoText`."""

    arity = 2
    arg_joiner = ") AS element WHERE "
    output_field = BooleanField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:  # noqa: ANN401
        """By the table function json_each."""
        template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:  # noqa: ANN401
        """By the set that jsonb_array_elements returns."""
        template = "EXISTS (SELECT 1 FROM jsonb_array_elements(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)


class ElementText(Func):
    """The text of the element."""

    arity = 0
    template = "element.value"
    output_field = CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:  # noqa: ANN401
        """Out of its JSON."""
        return self.as_sql(compiler, connection, template="(element.value #>> '{}')", **context)


class ElementIsNoText(Func):
    """Whether the element is a number, a list or anything else."""

    arity = 0
    template = "element.type <> 'text'"
    output_field = BooleanField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Sql:  # noqa: ANN401
        """By its JSON type."""
        return self.as_sql(compiler, connection, template="jsonb_typeof(element.value) <> 'string'", **context)
