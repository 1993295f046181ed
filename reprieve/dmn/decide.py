"""A table compiled once per version, and the decisions that it makes.

The compiled form intersects, column by column, the rows that each fact lets through (see `lookup` and `generate`).
Whatever it does not recognise at a glance it leaves to `Verdicts.carefully`, which reads each fact by the book.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Protocol, cast

from reprieve.dmn.check import check
from reprieve.dmn.decision import Decision, Explanation, Miss
from reprieve.dmn.facts import Fact, FactError, FactProblem, ProblemKind, read_fact, seen_value
from reprieve.dmn.generate import CellTest, generate_decide, generate_explain
from reprieve.dmn.lookup import ColumnLookup, lookups_of
from reprieve.dmn.model import HitPolicy, Row, Severity, Table, TableError
from reprieve.dmn.sfeel import print_cell

__all__ = ["CompiledTable", "Decision", "FactProblem", "ProblemKind", "compile_table"]


class Decide(Protocol):
    def __call__(self, facts: Mapping[str, object], now: datetime) -> Decision:
        """The decision on facts at an instant.

        A missing fact is None or not there; facts that the table does not use are ignored.

        Raises:
            ValueError: `now` has no time zone.
        """
        ...


class Explain(Protocol):
    """Decides by one table and tells why no earlier row did. See `Decide`."""

    def __call__(self, facts: Mapping[str, object], now: datetime) -> Explanation: ...


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A table ready to decide, safe to share between threads."""

    table: Table
    lookups: tuple[ColumnLookup, ...]
    verdicts: "Verdicts"
    decide: Decide
    explain: Explain


def compile_table(table: Table) -> CompiledTable:
    """Compile a table, once per version.

    Raises:
        TableError: `check` finds errors in it.
    """
    errors = [problem for problem in check(table) if problem.severity is Severity.ERROR]
    if errors:
        raise TableError(errors)
    lookups = lookups_of(table)
    verdicts = Verdicts(table, lookups)
    verdict = verdicts.by_lowest_bit if table.hit_policy is HitPolicy.FIRST else verdicts.of
    decide = generate_decide(lookups, every_row=verdicts.every_row, verdict=verdict, carefully=verdicts.carefully)
    explain = generate_explain(lookups, tests=verdicts.tests, verdict=verdict, carefully=verdicts.explain_carefully)
    return CompiledTable(table, lookups, verdicts, cast("Decide", decide), cast("Explain", explain))


class Verdicts:
    """From the rows that fit to the decision, by the table's hit policy."""

    def __init__(self, table: Table, lookups: tuple[ColumnLookup, ...]) -> None:
        self.table = table
        self.lookups = lookups
        self.every_row = (1 << len(table.rows)) - 1
        self.nothing_fits = self.fall_back(FactProblem(None, ProblemKind.NO_ROW, "No row of the table fits"))
        self.by_lowest_bit = {1 << index: Decision(row.id, row.outputs) for index, row in enumerate(table.rows)}
        self.by_lowest_bit[0] = self.nothing_fits
        self.tests = {row.id: _tests(table, row) for row in table.rows}
        self._ranks = [_rank(table, row) for row in table.rows]

    def fall_back(self, problem: FactProblem) -> Decision:
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
        try:
            _, masks = self.sift(facts, now)
        except FactError as error:
            return self.fall_back(error.problem)
        return self.of(self.fitting(masks))

    def explain_carefully(self, facts: Mapping[str, object], now: datetime) -> Explanation:
        try:
            seen, masks = self.sift(facts, now)
        except FactError as error:
            return Explanation(self.fall_back(error.problem), ())
        decision = self.of(self.fitting(masks))
        missed: list[Miss] = []
        for index, (row, cells) in enumerate(self.tests.items()):
            if row == decision.row:
                break
            failing = [test for test in cells if not masks[test.number] >> index & 1]
            missed += [Miss(row, column, cell, seen[number]) for number, column, cell in failing[:1]]
        return Explanation(decision, tuple(missed))

    def sift(self, facts: Mapping[str, object], now: datetime) -> tuple[tuple[Fact, ...], tuple[int, ...]]:
        """What each column's cells see, and the rows that it lets through.

        Raises:
            FactError: a fact is missing, or outside its column's type or domain; the first such column is named.
            ValueError: `now` has no time zone.
        """
        require_zone(now)
        seen = tuple(seen_value(column, read_fact(column, facts.get(column.name)), now) for column in self.table.inputs)
        return seen, tuple(lookup.passing(value) for lookup, value in zip(self.lookups, seen, strict=True))

    def fitting(self, masks: Iterable[int]) -> int:
        """The mask of the rows that every column lets through."""
        return reduce(and_, masks, self.every_row)


def _tests(table: Table, row: Row) -> tuple[CellTest, ...]:
    return tuple(
        CellTest(number, column.name, print_cell(row.cells[column.name], column.type))
        for number, column in enumerate(table.inputs)
        if column.name in row.cells
    )


def require_zone(now: datetime) -> None:
    """Refuse a `now` that names no instant.

    Raises:
        ValueError: it has no time zone.
    """
    if now.utcoffset() is None:
        raise ValueError("now must be aware: without a time zone it names no instant")


def _rank(table: Table, row: Row) -> tuple[int, ...]:
    return tuple(
        output.domain.index(row.outputs[output.name]) if output.name in row.outputs else len(output.domain)
        for output in table.outputs
        if output.domain is not None
    )
