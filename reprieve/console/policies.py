"""The rules, to read: each policy, what is in force since when, and its table in words."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.dmn.table import Row, Table
from reprieve.lib.errors import NotFound
from reprieve.policies.in_force import compiled_version, is_live
from reprieve.policies.in_words import cell_in_words, name_in_words, value_in_words
from reprieve.policies.models import Activation, Outcome, Policy, PolicyVersion

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
    """Every policy with the version that answers now."""
    now = timezone.now()
    shown = [(policy, _live(policy, now)) for policy in _policies(actor)]
    return render(request, "console/policies/list.html", {"policies": shown})


@access.staff()
def policy(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """One policy's table: the version in force, or an older one by its number."""
    found = next((each for each in _policies(actor) if each.key == key), None)
    if found is None:
        raise NotFound("There is no such policy.")
    live = _live(found, timezone.now())
    version = _chosen(found, request.GET.get("version", ""), live)
    table = compiled_version(version.pk, version.content_hash).table if version else None
    context = {
        "policy": found,
        "live": live,
        "version": version,
        "columns": [column.title for column in table.inputs] if table else [],
        "rules": [_rule(table, row) for row in table.rows] if table else [],
        "fallback": _rule(table, Row("", {}, table.fallback)) if table else None,
        "activations": sorted(found.activations.all(), key=lambda each: each.starts_at, reverse=True),
        "versions": sorted(found.versions.all(), key=lambda each: each.number, reverse=True),
    }
    return render(request, "console/policies/policy.html", context)


def _policies(actor: Actor) -> list[Policy]:
    """The definitions stay behind: they are large, and a compiled table is kept."""
    versions = PolicyVersion.objects.defer("definition").filter(published_at__isnull=False)
    activations = Activation.objects.select_related("version").defer("version__definition")
    return list(
        access.rows(actor, Policy).prefetch_related(
            Prefetch("versions", versions), Prefetch("activations", activations)
        )
    )


def _live(policy: Policy, now: datetime) -> Activation | None:
    return next((each for each in policy.activations.all() if is_live(each, now)), None)


def _chosen(policy: Policy, number: str, live: Activation | None) -> PolicyVersion | None:
    """The version of that number; without one the version in force, else the newest. Raises NotFound."""
    if number:
        for version in policy.versions.all():
            if str(version.number) == number:
                return version
        raise NotFound("There is no such version of this policy.")
    newest = max(policy.versions.all(), key=lambda each: each.number, default=None)
    return live.version if live else newest


def _rule(table: Table, row: Row) -> RuleShown:
    outcome = Outcome(str(row.outputs["outcome"]))
    titles = {output.name: output.label for output in table.outputs}
    others = [name for name in titles if name in row.outputs and name not in SHOWN_APART]
    return RuleShown(
        name=name_in_words(row.id),
        cells=[
            (column.title, cell_in_words(row.cells[column.name]) if column.name in row.cells else "")
            for column in table.inputs
        ],
        outcome=outcome.value,
        label=str(outcome.label),
        message=str(row.outputs.get("message", "")),
        terms=[(titles[name], value_in_words(row.outputs[name])) for name in others],
        note=row.note,
    )
