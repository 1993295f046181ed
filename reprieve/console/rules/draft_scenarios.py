"""The examples of a draft: a case, the rule that has to decide it, and the answer that it has to get."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.edit_draft import edit_draft
from reprieve.console.rules.draft_page import failing, find_draft, may_edit
from reprieve.console.rules.draft_tables import results_of, table_of
from reprieve.console.rules.fact_values import values_of
from reprieve.console.rules.scenario_form import ScenarioForm
from reprieve.console.seen import seen_version
from reprieve.dmn.facts import seen_value
from reprieve.dmn.table import Table
from reprieve.lib.errors import NotFound
from reprieve.policies.evidence.scenarios import Result, Scenario, scenarios_from_data
from reprieve.policies.lifecycle.drafts import DraftChanged, DraftInvalid
from reprieve.policies.models import Draft, Outcome
from reprieve.policies.words.values import name_in_words, title_in_words, value_in_words
from reprieve.web.forms import done


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownScenario:
    """An example and whether it holds. `number` counts from 1."""

    number: int
    name: str
    clause: str
    expected: str
    row: str
    passed: bool
    why: str
    facts: list[tuple[str, str]]


@access.staff()
def draft_scenarios(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    draft = find_draft(actor, draft_id)
    if request.method == "POST":
        access.require_role(actor, *access.EDITS_POLICIES)
        return _remove(request, actor, draft)
    results, table = results_of(draft), table_of(draft)
    context = {
        "draft": draft,
        "at": "scenarios",
        "scenarios": [_shown(table, number, result) for number, result in enumerate(results, start=1)],
        "failing": failing(results),
        "may_edit": may_edit(draft, actor),
    }
    return render(request, "console/rules/draft_scenarios.html", context)


@access.staff(*access.EDITS_POLICIES)
def new_scenario(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    return _edit(request, actor, find_draft(actor, draft_id), None)


@access.staff(*access.EDITS_POLICIES)
def scenario(request: HttpRequest, actor: Actor, draft_id: int, place: int) -> HttpResponse:
    draft = find_draft(actor, draft_id)
    if not 1 <= place <= len(draft.scenarios):
        raise NotFound(gettext("There is no such example."))
    return _edit(request, actor, draft, place - 1)


def _edit(request: HttpRequest, actor: Actor, draft: Draft, index: int | None) -> HttpResponse:
    table, kept = table_of(draft), scenarios_from_data(draft.scenarios)
    named = values_of([column.name for column in table.inputs], actor, draft.policy.action)
    stored = None if index is None else kept[index]
    form, is_stale, version = ScenarioForm.of(table, stored, named), False, draft.version
    if request.method == "POST":
        form, written = form.typed(request.POST).read([each.name for each in kept if each != stored])
        if written is not None:
            try:
                _save(request, actor, draft, _with(kept, index, written))
                return done(request, gettext("“%s” is saved.") % written.name, _list(draft))
            except DraftInvalid as refusal:
                form = form.blamed(refusal.problems, len(kept) if index is None else index)
            except DraftChanged:
                is_stale, version = True, find_draft(actor, draft.pk).version
    context = {
        "draft": draft,
        "at": "scenarios",
        "form": form,
        "is_new": index is None,
        "is_stale": is_stale,
        "version": version,
        "address": request.path,
    }
    status = 409 if is_stale else 422 if form.errors else 200
    return render(request, "console/rules/draft_scenario.html", context, status=status)


def _remove(request: HttpRequest, actor: Actor, draft: Draft) -> HttpResponse:
    text, kept = request.POST.get("remove", ""), scenarios_from_data(draft.scenarios)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < len("99999") else 0
    if not 1 <= number <= len(kept):
        raise NotFound(gettext("There is no such example."))
    _save(request, actor, draft, [each for each in kept if each is not kept[number - 1]])
    return done(request, gettext("“%s” is removed.") % kept[number - 1].name, _list(draft))


def _save(request: HttpRequest, actor: Actor, draft: Draft, scenarios: list[Scenario]) -> None:
    edit_draft(
        draft_id=draft.pk,
        actor=actor,
        now=timezone.now(),
        expected_version=seen_version(request),
        scenarios=scenarios,
    )


def _with(kept: tuple[Scenario, ...], index: int | None, written: Scenario) -> list[Scenario]:
    if index is None:
        return [*kept, written]
    return [written if place == index else each for place, each in enumerate(kept)]


def _list(draft: Draft) -> str:
    return reverse("console:draft-scenarios", args=[draft.pk])


def _shown(table: Table, number: int, result: Result) -> ShownScenario:
    scenario = result.scenario
    expected = str(Outcome(scenario.outcome).label) if scenario.outcome in Outcome.values else scenario.outcome
    return ShownScenario(
        number=number,
        name=scenario.name,
        clause=scenario.clause,
        expected=expected,
        row=_row_in_words(scenario.row),
        passed=result.passed,
        why=result.why_in_names,
        facts=_facts(table, scenario),
    )


def _row_in_words(row: str | None) -> str:
    if row is None:
        return gettext("whichever rule decides")
    return gettext("by the rule “%s”") % name_in_words(row) if row else gettext("by the fallback")


def _facts(table: Table, scenario: Scenario) -> list[tuple[str, str]]:
    read = scenario.facts_for(table)
    shown = []
    for column in table.inputs:
        if column.name not in scenario.facts:
            continue
        fact = read[column.name]
        values = fact if isinstance(fact, tuple) else [seen_value(column, fact, scenario.now)]  # type: ignore[arg-type]
        shown.append((title_in_words(column), ", ".join(map(value_in_words, values)) or gettext("none")))
    return shown
