"""What a fact must be before any row is tried, and how facts are kept so that a stored decision replays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from reprieve.dmn.model import Clock, Column, Table
from reprieve.dmn.values import (
    NotAValueError,
    Value,
    ValueType,
    canonical,
    has_type,
    value_from_data,
    value_to_data,
    value_to_text,
)

type Fact = Value | tuple[Value, ...] | None

COLLECTIONS = (tuple, list, set, frozenset)


class ProblemKind(StrEnum):
    """Why a table fell back."""

    MISSING = "missing"
    TYPE = "type"
    DOMAIN = "domain"
    NO_ROW = "no_row"
    SEVERAL_ROWS = "several_rows"


@dataclass(frozen=True, slots=True)
class FactProblem:
    """Why no row decided. `column` is the fact to blame; None where the facts are sound and the rows are to blame."""

    column: str | None
    kind: ProblemKind
    message: str


class FactError(ValueError):
    """A fact that its column does not admit."""

    def __init__(self, problem: FactProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_fact(column: Column, raw: object) -> Fact:
    """The fact in its canonical form: None where it may be missing, a tuple where it holds several values.

    Raises:
        FactError: it is missing, not of the column's type, or outside the column's domain.
    """
    if raw is None:
        if column.nullable:
            return None
        raise FactError(FactProblem(column.name, ProblemKind.MISSING, f"{column.title} is not known"))
    if not column.several:
        return _read_value(column, raw)
    if not isinstance(raw, COLLECTIONS):
        raise _wrong_type(column, "a collection of values")
    return tuple(_read_value(column, item) for item in raw)


def _read_value(column: Column, raw: object) -> Value:
    value = _typed(column, raw)
    if column.integer and not isinstance(value, int):
        raise _wrong_type(column, "a whole number")
    if column.domain is not None and value not in column.domain:
        shown = value_to_text(value)[:80]
        message = f"{column.title} is {shown}, which is none of its values"
        raise FactError(FactProblem(column.name, ProblemKind.DOMAIN, message))
    return value


def _typed(column: Column, raw: object) -> Value:
    if isinstance(raw, float):
        raise _wrong_type(column, f"exact as the float {raw!r}, but could be as a decimal")
    if not has_type(raw, column.fact_type):
        raise _wrong_type(column, column.fact_type.noun)
    try:
        return canonical(raw)
    except NotAValueError as error:
        raise _wrong_type(column, column.fact_type.noun) from error


def _wrong_type(column: Column, wanted: str) -> FactError:
    return FactError(FactProblem(column.name, ProblemKind.TYPE, f"{column.title} is not {wanted}"))


def seen_value(column: Column, fact: Fact, now: datetime) -> Fact:
    """What a column's cells test: the fact itself, or the time since or until it. `now` is aware."""
    if column.clock is None or not isinstance(fact, datetime):
        return fact
    age = now.astimezone(UTC) - fact  # both in UTC: Python subtracts wall clocks where two zones are the same object
    return age if column.clock is Clock.SINCE else -age


def facts_to_data(table: Table, facts: Mapping[str, object]) -> dict[str, object]:
    """The table's facts as JSON, exact to the microsecond; other facts are left out.

    A fact of a wrong type is kept as what it looked like, so that the replayed decision falls back as well.
    """
    return {column.name: _fact_to_data(column, facts.get(column.name)) for column in table.inputs}


def facts_from_data(table: Table, data: Mapping[str, object]) -> dict[str, object]:
    """Read what `facts_to_data` wrote, or a person: what cannot be read stays as it is, and `decide` names it."""
    return {column.name: _fact_from_data(column, data.get(column.name)) for column in table.inputs}


def _fact_to_data(column: Column, raw: object) -> object:
    if column.several and isinstance(raw, COLLECTIONS):
        items = [_value_to_data(column, item) for item in raw]
        return sorted(items, key=repr) if isinstance(raw, set | frozenset) else items
    return None if raw is None else _value_to_data(column, raw)


def _value_to_data(column: Column, raw: object) -> object:
    try:
        return value_to_data(_typed(column, raw))
    except FactError:
        return {"unreadable": f"{type(raw).__name__}: {raw!s:.80}"}


def _fact_from_data(column: Column, data: object) -> object:
    if column.several and isinstance(data, Collection) and not isinstance(data, str | Mapping):
        return tuple(_value_from_data(column, item) for item in data)
    return None if data is None else _value_from_data(column, data)


def _value_from_data(column: Column, data: object) -> object:
    if column.fact_type is ValueType.STRING:
        return data
    try:
        return value_from_data(data, column.fact_type)
    except NotAValueError:
        return data
