"""The rules: each policy, what is in force since when and what is to come, its table in words, its history."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.console.rules import policy_page as page
from reprieve.dmn.table import Row, Table
from reprieve.lib.errors import NotFound
from reprieve.policies.in_force import compiled_version
from reprieve.policies.models import Outcome, PolicyVersion
from reprieve.policies.words.values import answer_in_words, cell_in_words, name_in_words, title_in_words

SHOWN_APART = ("outcome", "message")


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A row: `cells` in the order of the columns, empty where anything fits; `terms` are its other answers."""

    name: str
    cells: list[tuple[str, str]]
    outcome: str
    label: str
    message: str
    terms: list[tuple[str, str]]
    note: str


@access.staff()
def policies(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {"states": page.states(actor, timezone.now())}
    return render(request, "console/rules/list.html", context)


@access.staff()
def policy(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """One policy: the table of the version in force, or of another by its number, and the policy's whole life."""
    state = page.state_of(actor, key, timezone.now())
    may_edit = actor.role in access.EDITS_POLICIES
    version = _chosen(state, request.GET.get("version", ""))
    table = compiled_version(version.pk, version.content_hash).table if version else None
    context = {
        "policy": state.policy,
        "state": state,
        "version": version,
        "columns": [title_in_words(column) for column in table.inputs] if table else [],
        "rules": [_rule(table, row) for row in table.rows] if table else [],
        "fallback": _rule(table, Row("", {}, table.fallback)) if table else None,
        "versions": page.listed_versions(state, may_edit=may_edit),
        "listening": page.listening(actor, state.shadow.version) if state.shadow else None,
        "entries": page.entries(state.policy),
        "may_edit": may_edit,
    }
    return render(request, "console/rules/policy.html", context)


def _chosen(state: page.State, number: str) -> PolicyVersion | None:
    """The version of that number; without one the version in force, else the newest. Raises NotFound."""
    versions = list(state.policy.versions.all())
    if number:
        for version in versions:
            if str(version.number) == number:
                return version
        raise NotFound(gettext("There is no such version of this policy."))
    if state.live is not None:
        return next(version for version in versions if version.pk == state.live.version_id)
    return max(versions, key=lambda each: each.number, default=None)


def _rule(table: Table, row: Row) -> RuleShown:
    outcome = Outcome(str(row.outputs["outcome"]))
    titles = {output.name: title_in_words(output) for output in table.outputs}
    others = [name for name in titles if name in row.outputs and name not in SHOWN_APART]
    return RuleShown(
        name=name_in_words(row.id),
        cells=[
            (title_in_words(column), cell_in_words(row.cells[column.name]) if column.name in row.cells else "")
            for column in table.inputs
        ],
        outcome=outcome.value,
        label=str(outcome.label),
        message=str(row.outputs.get("message", "")),
        terms=[(titles[name], answer_in_words(name, row.outputs[name])) for name in others],
        note=row.note,
    )
