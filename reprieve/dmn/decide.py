"""A table compiled once per version, and the decisions that it makes.

The compiled form is straight-line Python: a lookup or two per column gives the mask of the rows that the column lets
through (see `sieve`), and their intersection names the row. The generated source depends on the number and kinds of the
columns only. Names, constants and cells are bound as objects under numbered names, so no text of a table is ever run.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol, cast

from reprieve.dmn.check import check
from reprieve.dmn.facts import COLLECTIONS, Fact, FactError, FactProblem, ProblemKind, read_fact, seen_value
from reprieve.dmn.model import Clock, HitPolicy, Row, Severity, Table, TableError
from reprieve.dmn.sieve import Sieve, sieves_of
from reprieve.dmn.values import PYTHON_TYPES, Value, ValueType

__all__ = ["CompiledTable", "Decision", "FactProblem", "ProblemKind", "compile_table"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a table. `row` is the id of the row that gave it; None where the fallback did, with the problem."""

    row: str | None
    outputs: Mapping[str, Value]
    problem: FactProblem | None = None


class Decide(Protocol):
    """Decides by one table."""

    def __call__(self, facts: Mapping[str, object], now: datetime) -> Decision:
        """The decision on facts at an instant.

        A missing fact is None or not there; facts that the table does not use are ignored.

        Raises:
            ValueError: `now` has no time zone.
        """
        ...


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A table ready to decide, safe to share between threads."""

    table: Table
    sieves: tuple[Sieve, ...]
    verdicts: "Verdicts"
    decide: Decide


def compile_table(table: Table) -> CompiledTable:
    """Compile a table, once per version.

    Raises:
        TableError: `check` finds errors in it.
    """
    errors = [problem for problem in check(table) if problem.severity is Severity.ERROR]
    if errors:
        raise TableError(errors)
    sieves = sieves_of(table)
    verdicts = Verdicts(table, sieves)
    return CompiledTable(table, sieves, verdicts, _generate(verdicts))


class Verdicts:
    """From the rows that fit to the decision, by the table's hit policy."""

    def __init__(self, table: Table, sieves: tuple[Sieve, ...]) -> None:
        self.table = table
        self.sieves = sieves
        self.every_row = (1 << len(table.rows)) - 1
        self.nothing_fits = self.fall_back(FactProblem(None, ProblemKind.NO_ROW, "No row of the table fits"))
        self.by_lowest_bit = {1 << index: Decision(row.id, row.outputs) for index, row in enumerate(table.rows)}
        self.by_lowest_bit[0] = self.nothing_fits
        self._ranks = [_rank(table, row) for row in table.rows]

    def fall_back(self, problem: FactProblem) -> Decision:
        """The table's fallback, and why."""
        return Decision(None, self.table.fallback, problem)

    def of(self, fitting: int) -> Decision:
        """The decision where these rows fit."""
        decision = self.by_lowest_bit[fitting & -fitting]
        if fitting == 0 or self.table.hit_policy is HitPolicy.FIRST:
            return decision
        rows = [index for index in range(len(self.table.rows)) if fitting >> index & 1]
        match self.table.hit_policy:
            case HitPolicy.UNIQUE if len(rows) > 1:
                return self._clash(rows, "of which only one may")
            case HitPolicy.ANY if any(self.table.rows[row].outputs != decision.outputs for row in rows):
                return self._clash(rows, "and disagree")
            case HitPolicy.PRIORITY:
                return self.by_lowest_bit[1 << min(rows, key=self._ranks.__getitem__)]
            case _:
                return decision

    def _clash(self, rows: list[int], how: str) -> Decision:
        names = ", ".join(self.table.rows[index].id for index in rows)
        return self.fall_back(FactProblem(None, ProblemKind.SEVERAL_ROWS, f"Several rows fit ({names}), {how}"))

    def carefully(self, facts: Mapping[str, object], now: datetime) -> Decision:
        """Decide facts that the compiled form did not recognise at a glance: unusual forms, and problems to name."""
        require_zone(now)
        try:
            seen = read_facts(self.table, facts, now)
        except FactError as error:
            return self.fall_back(error.problem)
        return self.of(self.fitting(seen))

    def fitting(self, seen: tuple[Fact, ...]) -> int:
        """The mask of the rows that fit what the columns see."""
        mask = self.every_row
        for sieve, value in zip(self.sieves, seen, strict=True):
            mask &= sieve.passing(value)
        return mask


def require_zone(now: datetime) -> None:
    """Refuse a `now` that names no instant.

    Raises:
        ValueError: it has no time zone.
    """
    if now.utcoffset() is None:
        raise ValueError("now must be aware: without a time zone it names no instant")


def read_facts(table: Table, facts: Mapping[str, object], now: datetime) -> tuple[Fact, ...]:
    """What each column's cells test, in the order of the columns.

    Raises:
        FactError: a fact is missing, or outside its column's type or domain; the first such column is named.
    """
    return tuple(seen_value(column, read_fact(column, facts.get(column.name)), now) for column in table.inputs)


def _rank(table: Table, row: Row) -> tuple[int, ...]:
    return tuple(
        output.domain.index(row.outputs[output.name]) if output.name in row.outputs else len(output.domain)
        for output in table.outputs
        if output.domain is not None
    )


def _generate(verdicts: Verdicts) -> Decide:
    first = verdicts.table.hit_policy is HitPolicy.FIRST
    scope: dict[str, object] = {
        "UTC": UTC,
        "datetime": datetime,
        "Decimal": Decimal,
        "collections": frozenset(COLLECTIONS),
        "left": bisect_left,
        "right": bisect_right,
        "carefully": verdicts.carefully,
        "every_row": verdicts.every_row,
        "verdict": verdicts.by_lowest_bit if first else verdicts.of,
    }
    lines = ["get = facts.get", "fit = every_row"]
    for number, sieve in enumerate(verdicts.sieves):
        lines += _column_source(number, sieve, scope)
    lines.append("return verdict[fit & -fit]" if first else "return verdict(fit)")
    body = "\n".join(f"        {line}" for line in lines)
    source = (
        "def decide(facts, now):\n"
        "    if now.tzinfo is not UTC: return carefully(facts, now)\n"
        f"    try:\n{body}\n"
        "    except (KeyError, TypeError, ArithmeticError): return carefully(facts, now)\n"
    )
    exec(compile(source, "<decision table>", "exec"), scope)  # noqa: S102 the source holds numbers and our own words only
    return cast("Decide", scope["decide"])


def _column_source(number: int, sieve: Sieve, scope: dict[str, object]) -> list[str]:
    """The lines that narrow `fit` by one column; what they use is bound in the scope under the column's number."""
    column, n = sieve.column, number
    scope[f"name{n}"] = column.name
    scope[f"null{n}"] = sieve.null
    scope[f"negated{n}"] = sieve.negated
    scope[f"type{n}"] = PYTHON_TYPES[column.fact_type][0]
    flip = 0 if column.several else sieve.negated
    scope[f"points{n}"] = sieve.points
    scope[f"regions{n}"] = tuple(hit ^ flip for hit in sieve.region_hits)
    scope[f"values{n}"] = {value: hit ^ flip for value, hit in sieve.hits.items()}
    scope[f"other{n}"] = flip
    if column.several:
        narrow = [
            "if type(v) not in collections: return carefully(facts, now)",
            "hit = 0",
            "for v in v:",
            *_indented([*_guard(sieve, n), f"hit |= {_lookup(sieve, n)}"]),
            f"fit &= hit ^ negated{n}",
        ]
    else:
        narrow = [*_guard(sieve, n), f"fit &= {_lookup(sieve, n)}"]
    lines = [f"v = get(name{n})"]
    if column.nullable:
        return [*lines, "if v is None:", f"    fit &= null{n}", "else:", *_indented(narrow)]
    return [*lines, *narrow]


def _guard(sieve: Sieve, n: int) -> list[str]:
    """Leave for the careful way unless `v` is plainly of the column's type; then turn an instant into a duration."""
    column = sieve.column
    otherwise = "return carefully(facts, now)"
    if column.type is ValueType.STRING and column.domain is not None:
        return []  # only an equal string is found among strings, whatever its class
    if column.clock is not None:
        age = "now - v" if column.clock is Clock.SINCE else "v - now"
        return [f"if type(v) is not datetime or v.tzinfo is not UTC: {otherwise}", f"v = {age}"]
    if column.fact_type is ValueType.DATE_TIME:
        return [f"if type(v) is not datetime or v.tzinfo is not UTC: {otherwise}"]
    if column.type is ValueType.TIME:
        return [f"if type(v) is not type{n} or v.tzinfo is not None: {otherwise}"]
    if column.type is ValueType.NUMBER and not column.integer:
        return [f"if type(v) is not int and (type(v) is not Decimal or not v.is_finite()): {otherwise}"]
    return [f"if type(v) is not type{n}: {otherwise}"]


def _lookup(sieve: Sieve, n: int) -> str:
    if not sieve.is_listed:
        return f"regions{n}[left(points{n}, v) + right(points{n}, v)]"
    closed = sieve.column.domain is not None or sieve.column.type is ValueType.BOOLEAN
    return f"values{n}[v]" if closed else f"values{n}.get(v, other{n})"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
