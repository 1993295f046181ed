"""Trying a draft: a case of the lab as it is now, or one that is made up; which rule decides, and why none above it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reprieve.accounts import access
from reprieve.accounts.actors import Actor, ActorKind
from reprieve.console.rules.draft_page import ShownRule, fallback_of, find_draft, may_edit, rules_of
from reprieve.console.rules.draft_tables import compiled
from reprieve.console.rules.fact_form import FactForm, was_sent
from reprieve.console.rules.fact_values import values_of
from reprieve.dmn.decide import Decision
from reprieve.dmn.facts import facts_to_data, seen_value
from reprieve.dmn.horizon import Horizon, horizon
from reprieve.dmn.table import Column, Table
from reprieve.dmn.values import NotAValueError, ValueType, value_from_data, value_to_data
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.facts.registry import Asking
from reprieve.policies.models import Draft, Outcome
from reprieve.policies.subjects import SubjectKind, known_subjects
from reprieve.policies.words.explained import Explained, Passed, explained
from reprieve.policies.words.values import name_in_words
from reprieve.web.order_search import searchable

TURNING = {"weekday", "hour"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the table says. `rule` is the row that decided, or the fallback; `end` until when it holds, if it ends.

    `is_turning`: it asks for the weekday or the hour, which turn by themselves.
    """

    rule: ShownRule
    is_fallback: bool
    explained: Explained
    end: Horizon | None
    then: str
    is_turning: bool


@dataclass(frozen=True, slots=True)
class TriedRule:
    """A rule of the table as it was tried: passed over, with the fact that did not fit; deciding; or not reached."""

    rule: ShownRule
    passed: Passed | None
    decides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be tried: `case`, or None where nothing is yet, or where something that was given cannot be used.

    `number` is of a row of the lab, `problem` what is wrong with it; `example` is the name of a kept one.
    """

    form: FactForm
    case: Scenario | None = None
    number: str = ""
    problem: str = ""
    example: str = ""


@access.staff()
def try_draft(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    """Try the table. Nothing is changed by it, so the address can be passed on."""
    draft = find_draft(actor, draft_id)
    asked = _asked(request, actor, draft, timezone.now())
    context = {
        "draft": draft,
        "at": "try",
        "asked": asked,
        "form": asked.form,
        "kept": FactForm.of(compiled(draft).table, facts_to_keep(draft, asked), {}) if asked.case else None,
        "about": known_subjects().get(draft.policy.subject),
        "may_edit": may_edit(draft, actor),
        "answer": answer_of(draft, asked.case) if asked.case else None,
        "tried": tried_rules(draft, asked.case) if asked.case else [],
    }
    status = 422 if asked.form.errors or asked.problem else 200
    return render(request, "console/rules/try.html", context, status=status)


def _asked(request: HttpRequest, actor: Actor, draft: Draft, now: datetime) -> Asked:
    """Facts that were typed, else an order, else an example; else the first example's facts, to begin with."""
    table, number = compiled(draft).table, searchable(request.GET.get("order", ""))
    named = values_of([column.name for column in table.inputs], actor, draft.policy.action)
    if was_sent(request.GET):
        form, facts = FactForm.of(table, {}, named).typed(request.GET).read()
        return Asked(form=form, case=None if form.errors else Scenario("", facts, None, "", now=now))
    about = known_subjects().get(draft.policy.subject)
    if number and about is not None:
        pk = about.pk_of(f"{about.prefix}{number}" if number.isdecimal() else number)
        row = access.rows(actor, about.model).filter(pk=pk).first() if pk is not None else None
        if row is None:
            return Asked(form=FactForm.of(table, {}, named), number=number, problem=str(about.missing))
        facts = facts_of_row(about, table, row, now)
        form = FactForm.of(table, rounded(table, facts), named)
        return Asked(form=form, case=Scenario("", facts, None, "", now=now), number=about.number(row))
    examples = {str(place): each for place, each in enumerate(scenarios_from_data(draft.scenarios), start=1)}
    chosen = examples.get(request.GET.get("example", ""))
    shown = chosen or examples.get("1")
    form = FactForm.of(table, shown.facts if shown else {}, named)
    return Asked(form=form, case=replace(chosen, now=now) if chosen else None, example=shown.name if shown else "")


def facts_of_row[S: Model](about: SubjectKind[S], table: Table, row: S, now: datetime) -> dict[str, object]:
    """The facts of a case as data, as its customer would ask now: lengths of time where a clock runs."""
    asking = Asking(now=now, who=ActorKind.CUSTOMER, reason=None, zone=ZoneInfo(settings.BUSINESS_TIME_ZONE))
    known = [column for column in table.inputs if column.name in about.facts.facts]
    gathered = about.facts.gather((column.name for column in known), row, asking)
    kept = facts_to_data(table, gathered)
    return {column.name: _length(column, gathered[column.name], kept[column.name], now) for column in known}


def _length(column: Column, fact: object, kept: object, now: datetime) -> object:
    if column.clock is None or not isinstance(fact, datetime):
        return kept
    length = seen_value(column, fact, now)
    return value_to_data(length) if isinstance(length, timedelta) else kept


def facts_to_keep(draft: Draft, asked: Asked) -> Mapping[str, object]:
    """The facts of what was tried; those of an order in whole seconds, unless another answer hangs on the rest."""
    if asked.case is None or not asked.number:
        return asked.case.facts if asked.case else {}
    table = compiled(draft)
    whole = replace(asked.case, facts=rounded(table.table, asked.case.facts, minutes_from=None))
    answers = [table.decide(each.facts_for(table.table), each.now) for each in (asked.case, whole)]
    return whole.facts if answers[0] == answers[1] else asked.case.facts


def rounded(
    table: Table, facts: Mapping[str, object], *, minutes_from: timedelta | None = timedelta(hours=1)
) -> dict[str, object]:
    """The facts with lengths of time in whole seconds, from an hour on in whole minutes: to try further with."""
    clocks = {column.name for column in table.inputs if column.type is ValueType.DURATION}
    return {name: _rounded(fact, minutes_from) if name in clocks else fact for name, fact in facts.items()}


def _rounded(fact: object, minutes_from: timedelta | None) -> object:
    try:
        length = value_from_data(fact, ValueType.DURATION)
    except NotAValueError:
        return fact
    if not isinstance(length, timedelta):
        return fact
    is_long = minutes_from is not None and abs(length) >= minutes_from
    step = timedelta(minutes=1) if is_long else timedelta(seconds=1)
    return value_to_data(length - length % step)


def answer_of(draft: Draft, scenario: Scenario) -> Answer:
    table, action = compiled(draft), draft.policy.action
    facts = scenario.facts_for(table.table)
    told = explained(table, facts, scenario.now)
    rules = {rule.number: rule for rule in rules_of(table.table, action)}
    end = horizon(table, facts, scenario.now)
    return Answer(
        rule=rules[told.number] if told.number else fallback_of(table.table, action),
        is_fallback=not told.number,
        explained=told,
        end=end,
        then=_then(end.decision) if end else "",
        is_turning=bool(TURNING & {name for row in table.table.rows for name in row.cells}),
    )


def tried_rules(draft: Draft, scenario: Scenario) -> list[TriedRule]:
    """Each rule, from top to bottom: what kept it from deciding, or that it decided."""
    table = compiled(draft)
    told = explained(table, scenario.facts_for(table.table), scenario.now)
    passed = {each.number: each for each in told.passed}
    return [
        TriedRule(rule, passed.get(rule.number), decides=rule.number == told.number)
        for rule in rules_of(table.table, draft.policy.action)
    ]


def _then(decision: Decision) -> str:
    outcome = str(decision.outputs.get("outcome", ""))
    label = str(Outcome(outcome).label) if outcome in Outcome.values else outcome
    return f"{label} ({name_in_words(decision.row)})" if decision.row else label
