"""A table compiled once per version, and the decisions that it makes.

The compiled form intersects, column by column, the rows that each fact lets through (see `sieve` and `generate`).
Whatever it does not recognise at a glance it leaves to `Verdicts.carefully`, which reads each fact by the book.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from reprieve.dmn.check import check
from reprieve.dmn.facts import Fact, FactError, FactProblem, ProblemKind, read_fact, seen_value
from reprieve.dmn.generate import generate
from reprieve.dmn.model import HitPolicy, Row, Severity, Table, TableError
from reprieve.dmn.sfeel import print_cell
from reprieve.dmn.sieve import Sieve, sieves_of
from reprieve.dmn.values import Value

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
    """A table ready to decide, safe to share between threads. `cell_texts` holds each row's printed cells by column."""

    table: Table
    sieves: tuple[Sieve, ...]
    cell_texts: tuple[Mapping[str, str], ...]
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
    decide = generate(
        sieves,
        every_row=verdicts.every_row,
        verdict=verdicts.by_lowest_bit if table.hit_policy is HitPolicy.FIRST else verdicts.of,
        carefully=verdicts.carefully,
    )
    types = {column.name: column.type for column in table.inputs}
    texts = tuple({name: print_cell(cell, types[name]) for name, cell in row.cells.items()} for row in table.rows)
    return CompiledTable(table, sieves, texts, verdicts, cast("Decide", decide))


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
