"""Examples that a table must hold to: facts at an instant, the row that has to decide, its outcome.

As data, and in a preset's file, a fact is written as a person reads it. Where a clock runs that is a length of time:
`since_submission = "PT59M"` is “submitted 59 minutes before `now`”, so that an example stays true whenever it is run.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils.translation import gettext

from reprieve.dmn.check import unknown_name
from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.decision import Decision
from reprieve.dmn.facts import COLLECTIONS, FactError, facts_from_data, read_fact
from reprieve.dmn.table import Clock, Column, Problem, Table, TableError, pointer
from reprieve.dmn.values import NotAValueError, ValueType, value_from_data
from reprieve.policies.models import Outcome
from reprieve.policies.words.values import with_row_names

USUAL_NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""When an example plays that does not say: a Wednesday at noon."""

FALLBACK = ""
_KEYS = ("name", "clause", "now", "facts", "row", "outcome")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One example.

    Attributes:
        name: what it shows, in one sentence of the business.
        now: the instant at which is asked.
        facts: by name, as data: durations and dates in ISO 8601, several values as a list.
        row: the id of the row that has to decide; empty where it is the fallback, None where any row may.
        outcome: what has to be answered.
        clause: the requirement that it proves, if any.
    """

    name: str
    facts: Mapping[str, object]
    row: str | None
    outcome: str
    now: datetime = USUAL_NOW
    clause: str = ""

    def facts_for(self, table: Table) -> dict[str, object]:
        """The facts that the table asks for, ready to be decided.

        What the table does not ask for is left out, and what the scenario does not name is missing. What cannot be
        read stays as it is, and the decision names it.
        """
        data = {column.name: _instant(column, self.facts.get(column.name), self.now) for column in table.inputs}
        return facts_from_data(table, data)


@dataclass(frozen=True, slots=True)
class Result:
    """What a table answered to a scenario. `row` is empty where the fallback did; `why` says what differs, if any."""

    scenario: Scenario
    row: str
    outcome: str
    passed: bool
    why: str

    @property
    def why_in_names(self) -> str:
        """The same for a page, where rows are rules and go by their names."""
        return with_row_names(self.why, filter(None, {self.row, self.scenario.row}))


def run(table: Table | CompiledTable, scenarios: Iterable[Scenario]) -> list[Result]:
    """Each scenario decided by the table. Raises TableError where `check` finds errors in it."""
    compiled = table if isinstance(table, CompiledTable) else compile_table(table)
    return [_result(compiled, scenario) for scenario in scenarios]


def _result(compiled: CompiledTable, scenario: Scenario) -> Result:
    decision = compiled.decide(scenario.facts_for(compiled.table), scenario.now)
    row, outcome = decision.row or FALLBACK, str(decision.outputs.get("outcome", ""))
    passed = outcome == scenario.outcome and scenario.row in {None, row}
    why = "" if passed else _difference(scenario, decision, outcome, compiled.table)
    return Result(scenario, row, outcome, passed, why)


def _difference(scenario: Scenario, decision: Decision, outcome: str, table: Table) -> str:
    decided = gettext("row “%s”") % decision.row if decision.row else gettext("the fallback")
    words = gettext("%(who)s answers “%(outcome)s”") % {"who": decided, "outcome": _label(outcome)}
    if decision.problem is not None:
        words += f" ({decision.problem.message[:1].lower()}{decision.problem.message[1:]})"
    wanted = gettext("expected was “%s”") % _label(scenario.outcome)
    if scenario.row is not None:
        wanted += gettext(" by %s") % (gettext("row “%s”") % scenario.row if scenario.row else gettext("the fallback"))
    if scenario.row and scenario.row not in {row.id for row in table.rows}:
        wanted += gettext(", which the table does not have")
    return f"{words[:1].upper()}{words[1:]}; {wanted}."


def _label(outcome: str) -> str:
    return str(Outcome(outcome).label) if outcome in Outcome.values else outcome


def _instant(column: Column, raw: object, now: datetime) -> object:
    """A fact as a table reads it: on a clock's column the instant that a length of time stands for."""
    if column.clock is None or raw is None:
        return raw
    try:
        length = value_from_data(raw, ValueType.DURATION)
        return now + length if column.clock is Clock.UNTIL else now - length  # type: ignore[operator]  # it is one
    except (NotAValueError, OverflowError):
        return raw


def scenarios_to_data(scenarios: Iterable[Scenario]) -> list[dict[str, object]]:
    """Their JSON form; `scenarios_from_data` reads it back to equal ones."""
    return [_to_data(scenario) for scenario in scenarios]


def _to_data(scenario: Scenario) -> dict[str, object]:
    data: dict[str, object] = {"name": scenario.name, "facts": dict(scenario.facts), "outcome": scenario.outcome}
    if scenario.row is not None:
        data["row"] = scenario.row
    if scenario.clause:
        data["clause"] = scenario.clause
    if scenario.now != USUAL_NOW:
        data["now"] = scenario.now.astimezone(UTC).isoformat()
    return data


def scenarios_from_data(data: object) -> tuple[Scenario, ...]:
    """Read their JSON form, also that of a preset's file. Raises TableError with every problem of its shape."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise TableError([Problem("/scenarios", "The scenarios are a list", 'write "scenarios": […]')])
    problems: list[Problem] = []
    scenarios = [_from_data(raw, index, problems) for index, raw in enumerate(data)]
    if problems:
        raise TableError(problems)
    return tuple(scenarios)


def _from_data(raw: object, index: int, problems: list[Problem]) -> Scenario:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("facts", {}), Mapping):
        message = "A scenario is a name, facts and an outcome"
        problems.append(Problem(pointer("scenarios", index), message, 'write {"name": "…", "facts": {…}, …}'))
        return Scenario("", {}, None, "")
    problems += [
        unknown_name(pointer("scenarios", index, key), "part of a scenario", key, _KEYS)
        for key in map(str, raw)
        if key not in _KEYS
    ]
    row = raw.get("row")
    return Scenario(
        name=str(raw.get("name", "")).strip(),
        facts=dict(raw.get("facts", {})),
        row=None if row is None else str(row),
        outcome=str(raw.get("outcome", "")),
        now=_now(raw.get("now"), index, problems),
        clause=str(raw.get("clause", "")),
    )


def _now(raw: object, index: int, problems: list[Problem]) -> datetime:
    if raw is None:
        return USUAL_NOW
    try:
        now = value_from_data(raw.isoformat() if isinstance(raw, datetime) else raw, ValueType.DATE_TIME)
    except NotAValueError as error:
        problems.append(Problem(pointer("scenarios", index, "now"), error.message.capitalize(), error.hint))
        return USUAL_NOW
    return now if isinstance(now, datetime) else USUAL_NOW


def problems_of(scenarios: Iterable[Scenario], columns: Mapping[str, Column]) -> list[Problem]:
    """What keeps scenarios from saying anything: a fact that nobody knows, a value that is none, a name used twice.

    `columns` are all that a table about the subject may have: a fact that this table does not ask for is no problem,
    nor is a row that it no longer has, which `run` tells.
    """
    seen: set[str] = set()
    found: list[Problem] = []
    for index, scenario in enumerate(scenarios):
        found += _problems(scenario, ("scenarios", index), columns, seen)
        seen.add(scenario.name)
    return found


def _problems(
    scenario: Scenario, place: tuple[str | int, ...], columns: Mapping[str, Column], taken: Collection[str]
) -> Iterator[Problem]:
    if not scenario.name:
        yield Problem(pointer(*place, "name"), "A scenario has no name", "say in one sentence what it shows")
    elif scenario.name in taken:
        yield Problem(pointer(*place, "name"), f"The scenario “{scenario.name}” is there twice", "give each its own")
    if scenario.outcome not in Outcome.values:
        yield unknown_name(pointer(*place, "outcome"), "outcome", scenario.outcome, Outcome.values)
    for name, raw in scenario.facts.items():
        at = pointer(*place, "facts", name)
        if name not in columns:
            yield unknown_name(at, "fact", name, columns)
        elif (message := _unreadable(columns[name], raw, scenario.now)) is not None:
            yield Problem(at, *message)


def _unreadable(column: Column, raw: object, now: datetime) -> tuple[str, str] | None:
    """What is wrong with a fact, and what to write. Nothing is wrong with one that is missing on purpose."""
    if raw is None:
        return None
    value = _instant(column, raw, now)
    if column.clock is not None and not isinstance(value, datetime):
        return f"{column.title} is no length of time", "write it as PT1H (an hour), PT30M (minutes) or P45D (days)"
    table = Table("", (column,), (), (), {})
    try:
        read_fact(replace(column, nullable=True), facts_from_data(table, {column.name: value})[column.name])
    except FactError as error:
        hint = "write a list of values" if column.several and not isinstance(raw, COLLECTIONS) else ""
        return error.problem.message, hint or _expected(column)
    return None


def _expected(column: Column) -> str:
    if column.domain is not None:
        return f"use one of: {', '.join(map(str, column.domain))}"
    return f"write {column.fact_type.noun}"
