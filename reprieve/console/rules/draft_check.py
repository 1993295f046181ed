"""What the analysis finds in a draft, each with its place, an example, and for a gap the row that closes it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.console.rules.draft_page import find_draft, may_edit
from reprieve.console.rules.draft_tables import findings_of, table_of
from reprieve.dmn.table import HitPolicy, Table
from reprieve.policies.models import Draft
from reprieve.policies.words.findings import Finding, Kind, Severity
from reprieve.policies.words.values import ReadFact, name_in_words, with_row_names

TONES = {Severity.ERROR: "rose", Severity.WARNING: "amber", Severity.HINT: "plain"}
ICONS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "tip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """A finding. `number` is its place among all, which closes its gap; `rows` are links into the page of the rules.

    `takes_the_rest`: a last rule for everything else settles it.
    """

    number: int
    tone: str
    icon: str
    sentence: str
    remedy: str
    rows: list[tuple[str, str]]
    example: list[ReadFact]
    closes: bool
    takes_the_rest: bool


@access.staff()
def draft_check(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    draft = find_draft(actor, draft_id)
    context = {"draft": draft, "at": "check", "found": shown_findings(draft), "may_edit": may_edit(draft, actor)}
    is_part = bool(request.headers.get("HX-Request")) and request.headers.get("HX-Target") == "findings"
    template = "console/rules/draft_findings.html" if is_part else "console/rules/draft_check.html"
    return render(request, template, context | {"is_part": is_part})


def shown_findings(draft: Draft) -> list[ShownFinding]:
    table = table_of(draft)
    return [_shown(table, number, found) for number, found in enumerate(findings_of(draft))]


def _words(table: Table, found: Finding) -> tuple[str, str]:
    """What is the matter and what to do, as managers say it: rules by their names, and no dashes."""
    remedy = with_row_names(found.remedy, found.place.rows)
    if not _takes_the_rest(table, found):
        return with_row_names(found.sentence, found.place.rows), remedy
    remedy = gettext("Add a last rule for everything else, so that the rules say themselves what then holds.")
    if found.kind is Kind.NO_CATCH_ALL:
        return gettext("No rule is for everything that the others leave."), remedy
    return found.sentence, remedy


def _takes_the_rest(table: Table, found: Finding) -> bool:
    """Whether a rule without conditions settles it, which only a last one of several that may fit does."""
    several_may_fit = table.hit_policy in {HitPolicy.FIRST, HitPolicy.PRIORITY}
    return several_may_fit and found.kind in {Kind.NO_CATCH_ALL, Kind.MORE_GAPS}


def _shown(table: Table, number: int, found: Finding) -> ShownFinding:
    places = {row.id: place for place, row in enumerate(table.rows, start=1)}
    rows = dict.fromkeys(row for row in found.place.rows if row in places)
    asked = [fact for fact in found.example if fact.asked] or list(found.example)
    sentence, remedy = _words(table, found)
    return ShownFinding(
        number=number,
        tone=TONES[found.severity],
        icon=ICONS[found.severity],
        sentence=sentence,
        remedy=remedy,
        rows=[(f"rule-{places[row]}", f"{places[row]}. {name_in_words(row).capitalize()}") for row in rows],
        example=asked,
        closes=found.suggestion is not None,
        takes_the_rest=_takes_the_rest(table, found),
    )
