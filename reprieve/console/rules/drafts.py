"""Rules that are being written: the drafts there are, and the page on which a manager changes one."""

from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.edit_draft import edit_draft
from reprieve.console.rules import draft_page as page
from reprieve.console.rules.answer_form import tidy_text
from reprieve.console.rules.draft_opened import FACTS, NOTHING, ROW, Opened
from reprieve.console.rules.draft_removed import keep, removed_from
from reprieve.console.rules.draft_tables import findings_of, results_of, table_of
from reprieve.console.rules.fact_values import values_of
from reprieve.console.rules.row_names import renamed_ids
from reprieve.console.rules.table_form import Step, TableForm, pressed
from reprieve.dmn.table import HitPolicy, Table
from reprieve.lib.errors import Invalid, Refused
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.lifecycle.drafts import DraftChanged, DraftClosed, DraftInReview, DraftInvalid
from reprieve.policies.models import Basis, Draft

LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page shows beside the draft: what was typed, and what became of it.

    `conflict` is why nothing can be saved as the draft is now: what is the matter, and what to do.
    """

    form: TableForm
    why: str
    basis: str
    asks: str = ""
    problem: str = ""
    why_error: str = ""
    conflict: tuple[str, str] = ("", "")

    @property
    def is_wrong(self) -> bool:
        """Whether something typed cannot be used."""
        return bool(self.form.errors or self.problem or self.why_error)

    @property
    def is_stale(self) -> bool:
        """Whether the draft is no longer what was on the screen."""
        return bool(self.conflict[0])


@access.staff()
def drafts(request: HttpRequest, actor: Actor) -> HttpResponse:
    found = access.rows(actor, Draft).select_related("policy", "based_on", "author")
    context = {"drafts": found.defer("definition", "scenarios", "based_on__definition")[:100]}
    return render(request, "console/rules/drafts.html", context)


@access.staff()
def draft(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    """One draft: read by all staff, changed by managers. `?row=` opens a rule as a form."""
    found = page.find_draft(actor, draft_id)
    if request.method == "POST":
        access.require_role(actor, *access.EDITS_POLICIES)
        return _change(request, actor, found)
    opened = _opened(request, actor, found)
    shown = Shown(form=_form(found, actor, opened), why=found.why, basis=found.basis)
    return _page(request, actor, found, shown)


@access.staff(*access.EDITS_POLICIES)
def draft_row(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    """The rule that is being typed, read back as a sentence. Nothing is saved by it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = page.find_draft(actor, draft_id)
    form = _form(found, actor, Opened.carried(request.POST.get("open", "")))
    rule, row = form.rule.typed(request.POST).read() if form.rule else (None, None)
    context = {
        "rule": page.rule_of(form.table, row, found.policy.action) if row else None,
        "errors": rule.errors if rule else [],
    }
    return render(request, "console/rules/draft_said.html", context)


def _opened(request: HttpRequest, actor: Actor, found: Draft) -> Opened:
    """What the address opens; nothing for readers, and of a rule that is not there."""
    asked = Opened.asked(request.GET)
    is_lost = asked.part == ROW and asked.key not in {row.id for row in table_of(found).rows}
    return asked if page.may_edit(found, actor) and not is_lost else NOTHING


def _form(found: Draft, actor: Actor, opened: Opened) -> TableForm:
    table = table_of(found)
    needs_values = opened.part not in {"", FACTS}
    names = [column.name for column in table.inputs] if needs_values else []
    return TableForm.of(table, opened, values_of(names, actor, found.policy.action))


def _change(request: HttpRequest, actor: Actor, found: Draft) -> HttpResponse:
    """Save what was typed and do what the button says: all of it or nothing."""
    fresh = _form(found, actor, Opened.carried(request.POST.get("open", "")))
    do, typed = request.POST.get("do", ""), fresh.typed(request.POST)
    is_untouched = fresh.is_new and typed == fresh and do not in {"", "save"}
    form, step = (typed, Step(typed.table, typed.opened)) if is_untouched else typed.read()
    shown = _shown(request, found, form)
    if step is None or shown.why_error:
        return _page(request, actor, found, shown)
    step = pressed(
        step,
        do,
        found.policy.subject,
        found=lambda: findings_of(found),
        removed=removed_from(request.session, found),
    )
    if step.asks:
        return _page(request, actor, found, replace(shown, asks=step.asks, form=_form(found, actor, Opened(FACTS))))
    try:
        saved = _save(actor, found, shown, step, _seen(request))
    except (DraftChanged, DraftInReview, DraftClosed) as refusal:
        now = page.find_draft(actor, found.pk)
        return _page(request, actor, now, replace(shown, conflict=_conflict(refusal)))
    except DraftInvalid as refusal:
        return _page(request, actor, found, replace(shown, problem=f"{refusal.why} {refusal.remedy}".strip()))
    except Invalid as refusal:
        return _page(request, actor, found, replace(shown, why_error=refusal.why))
    if saved and step.removed:
        keep(request.session, saved, step.removed)
    if step.said or saved:
        messages.success(request, step.said or gettext("Saved."))
    return redirect(reverse("console:draft", args=[found.pk]) + step.opened.query)


def _shown(request: HttpRequest, found: Draft, form: TableForm) -> Shown:
    why = tidy_text(request.POST.get("why", found.why))
    return Shown(
        form=form,
        why=why,
        basis=request.POST.get("basis", found.basis),
        why_error=gettext("Write plain text.") if "\0" in why else "",
    )


def _conflict(refusal: Refused) -> tuple[str, str]:
    if not isinstance(refusal, DraftChanged):
        return refusal.why, f"{refusal.remedy} {gettext('What you typed is still here.')}"
    return (
        gettext("Somebody else has changed this draft meanwhile"),
        gettext(
            "Nothing was saved. What you typed is still here; the other rules are shown as they are now. "
            "Compare, then save again."
        ),
    )


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return (
        min(int(text), LARGEST_VERSION) if text.isascii() and text.isdecimal() and len(text) <= len("2147483647") else 0
    )


def _save(actor: Actor, found: Draft, shown: Shown, step: Step, seen: int) -> Draft | None:
    """The draft as it is now; None where nothing was changed at all. Raises what `edit_draft` raises."""
    table = None if step.table == table_of(found) else step.table
    why = None if shown.why == tidy_text(found.why) else shown.why
    basis = None if shown.basis == found.basis else shown.basis
    if (table, why, basis) == (None, None, None):
        return None
    scenarios = dmn_ids = None
    if step.renamed:
        scenarios = _expecting(found, *step.renamed)
        dmn_ids = renamed_ids(found.dmn_ids, *step.renamed)
    return edit_draft(
        draft_id=found.pk,
        actor=actor,
        now=timezone.now(),
        expected_version=seen,
        table=table,
        scenarios=scenarios,
        basis=basis,
        dmn_ids=dmn_ids,
        why=why,
    )


def _expecting(found: Draft, old: str, new: str) -> list[Scenario]:
    """The draft's examples, with a renamed row under its new name."""
    kept = scenarios_from_data(found.scenarios)
    return [replace(scenario, row=new) if scenario.row == old else scenario for scenario in kept]


def _page(request: HttpRequest, actor: Actor, found: Draft, shown: Shown) -> HttpResponse:
    table, action = table_of(found), found.policy.action
    results = results_of(found)
    context = {
        "draft": found,
        "at": "rules",
        "shown": shown,
        "form": shown.form,
        "opened": shown.form.opened,
        "may_edit": page.may_edit(found, actor),
        "removed": removed_from(request.session, found),
        "is_grid": request.GET.get("view") == "grid",
        "rules": page.rules_of(table, action),
        "columns": page.used_columns(table),
        "unused": len(table.inputs) - len(page.used_columns(table)),
        "fallback": page.fallback_of(table, action),
        "how": HOW_READ[table.hit_policy],
        "bases": BASES,
        "scenarios": len(results),
        "failing": page.failing(results),
        **_open_facts(table, found.policy.subject, shown),
    }
    status = 409 if shown.is_stale else 422 if shown.is_wrong or shown.asks else 200
    return render(request, "console/rules/draft.html", context, status=status)


def _open_facts(table: Table, subject: str, shown: Shown) -> dict[str, object]:
    if shown.form.opened.part != FACTS:
        return {}
    return {
        "facts": page.facts_of(table),
        "further_facts": page.further_facts(table, subject),
        "terms": page.terms_of(table),
        "further_terms": page.further_terms(table),
        "asked_rows": list(page.asked_rows(table, shown.asks)) if shown.asks else [],
    }


HOW_READ = {
    HitPolicy.FIRST: _("Read from top to bottom: the first rule that fits decides."),
    HitPolicy.UNIQUE: _("In any order: no two rules may fit the same case."),
    HitPolicy.ANY: _("In any order: rules that fit the same case have to say the same."),
    HitPolicy.PRIORITY: _("Of the rules that fit, the one with the best answer decides."),
}
BASES = (
    (
        Basis.SUBMISSION.value,
        _("When the case was submitted"),
        _("A case keeps the rules that were in force when it was submitted, whatever is published later."),
    ),
    (
        Basis.DECISION.value,
        _("When somebody asks"),
        _("Every case follows the rules that are in force at the moment of asking, also older cases."),
    ),
)
