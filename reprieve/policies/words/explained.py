"""Why the rules decide as they do, in words: the row that decided, and what kept each row above it from doing so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext

from reprieve.dmn.cell import Cell
from reprieve.dmn.decide import CompiledTable
from reprieve.dmn.decision import Miss
from reprieve.dmn.facts import COLLECTIONS, FactProblem, ProblemKind
from reprieve.dmn.model import Column, Table
from reprieve.policies.in_force import Answers
from reprieve.policies.rulings import Ruling
from reprieve.policies.words.values import cell_in_words, name_in_words, seen_in_words, title_in_words


@dataclass(frozen=True, slots=True)
class Passed:
    """A row above the deciding one: the first fact that it did not fit, as it was and as the row wanted it."""

    number: int
    row: str
    fact: str
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Source:
    """The published version that answered, and why it was this one and no other."""

    policy_key: str
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Which row decided: its name and its number from the top; 0 and the problem in words where none did.

    `source` is known where rules in force answered, and None where a table was merely tried.
    """

    number: int
    row: str
    problem: str
    passed: list[Passed]
    source: Source | None = None


def explain_ruling(ruling: Ruling) -> Explained:
    rules = ruling.rules
    why = {
        Answers.NOW: gettext("in force now"),
        Answers.SUBMISSION: gettext("in force when the case was submitted"),
        Answers.FIRST: gettext("the first there was, as the case is older"),
    }
    source = Source(rules.policy_key, rules.version_number, why[rules.answers]) if rules.policy_key else None
    return replace(explained(rules.compiled, ruling.facts, ruling.now), source=source)


def explained(compiled: CompiledTable, facts: Mapping[str, object], at: datetime) -> Explained:
    """The explanation of a decision by this table, on these facts, at that instant."""
    decision, missed = compiled.explain(facts, at)
    table = compiled.table
    numbers = {row.id: number for number, row in enumerate(table.rows, start=1)}
    return Explained(
        number=numbers[decision.row] if decision.row else 0,
        row=name_in_words(decision.row).capitalize() if decision.row else gettext("The fallback"),
        problem=_problem_in_words(table, decision.problem) if decision.problem else "",
        passed=[_passed(table, miss, numbers[miss.row]) for miss in missed],
    )


def _problem_in_words(table: Table, problem: FactProblem) -> str:
    """Why no row decided; the rare kinds in the engine's own words."""
    match problem.kind:
        case ProblemKind.MISSING:
            return gettext("%s is not known") % title_in_words(_column(table, problem.column))
        case ProblemKind.NO_ROW:
            return gettext("No row of the table fits")
    return problem.message


def _column(table: Table, name: str | None) -> Column:
    return next(column for column in table.inputs if column.name == name)


def _passed(table: Table, miss: Miss, number: int) -> Passed:
    title = title_in_words(_column(table, miss.column))
    asked = table.row(miss.row).cells[miss.column]
    return Passed(
        number=number,
        row=name_in_words(miss.row).capitalize(),
        fact=title[:1].lower() + title[1:],
        seen=_seen_in_words(miss.seen, asked),
        wanted=cell_in_words(asked),
    )


def _seen_in_words(seen: object, asked: Cell) -> str:
    if isinstance(seen, COLLECTIONS):
        return ", ".join(map(seen_in_words, seen)) or gettext("none")
    return seen_in_words(seen, asked)
