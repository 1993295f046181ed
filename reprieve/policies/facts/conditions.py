"""Conditions in SQL: stored values compared with constants, all of which are bound as parameters.

What Python can decide stays a plain True or False, so that no empty list and no `1 = 1` ever reaches a database.
"""

import json
from collections.abc import Iterable, Sequence
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
    TimeField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
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


def every(conditions: Iterable[Condition]) -> Condition:
    kept = [condition for condition in conditions if condition is not True]
    if False in kept:
        return False
    return reduce(and_, cast("list[Q]", kept)) if kept else True


def some(conditions: Iterable[Condition]) -> Condition:
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


class _OfTexts(Func):
    """A condition on the several texts of a field, about them and the given ones."""

    output_field = BooleanField()
    arity = 1

    def __init__(self, field: Combinable, texts: Sequence[str] = ()) -> None:
        super().__init__(field)
        self.texts = list(texts)

    @property
    def storable(self) -> list[str]:
        """Those of the texts that PostgreSQL can hold: none of its texts is equal to another."""
        return [text for text in self.texts if "\0" not in text and text == text.encode(errors="replace").decode()]

    def _sql(self, template: str, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *params: object) -> Sql:
        field, before = self.as_sql(compiler, connection, template="%(expressions)s")
        return template.format(field=field, marks=", ".join(["%s"] * len(params))), (*before, *params)


class HoldsAnyText(_OfTexts):
    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        template = "EXISTS (SELECT 1 FROM json_each({field}) WHERE type = 'text' AND value IN ({marks}))"
        return self._sql(template, compiler, connection, *self.texts)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        """By its own operators, of which that for one text is the quickest."""
        if len(self.storable) == 1:
            return self._sql("({field} ? {marks})", compiler, connection, *self.storable)
        return self._sql("({field} ?| {marks}::text[])", compiler, connection, self.storable)


class HoldsOtherThan(_OfTexts):
    """Whether anything but the texts is in a JSON list."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        template = "EXISTS (SELECT 1 FROM json_each({field}) WHERE type <> 'text' OR value NOT IN ({marks}))"
        return self._sql(template, compiler, connection, *self.texts)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        return self._sql("(NOT {field} <@ {marks}::jsonb)", compiler, connection, json.dumps(self.storable))


class HoldsNoText(_OfTexts):
    """Whether anything but a text is in a JSON list."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        template = "EXISTS (SELECT 1 FROM json_each({field}) WHERE type <> 'text')"
        return self._sql(template, compiler, connection)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        template = "EXISTS (SELECT 1 FROM jsonb_array_elements({field}) AS it(e) WHERE jsonb_typeof(e) <> 'string')"
        return self._sql(template, compiler, connection)


class HoldsOtherSlugs(_OfTexts):
    """Whether a text of slugs, each once and between bars of its own, has others than these."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        """By its length: whether it is longer than those of the slugs together that it has."""
        found = "".join(" + (instr({field}, %s) > 0) * %s" for _ in self.texts)
        known = [part for slug in self.texts for part in (f"|{slug}|", len(slug) + 2)]
        return self._sql("(length({field}) > 0" + found + ")", compiler, connection, *known)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: object) -> Sql:
        """Taken apart into an array."""
        template = "(NOT string_to_array(btrim({field}, '|'), '||') <@ {marks}::text[])"
        return self._sql(template, compiler, connection, self.texts)
