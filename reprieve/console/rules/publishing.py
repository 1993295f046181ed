"""From a draft to rules in force: what it still needs, what it changes, and the answer of a second manager."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.approve_draft import approve_draft
from reprieve.actions.ask_for_approval import ask_for_approval
from reprieve.actions.discard_draft import discard_draft
from reprieve.actions.send_back_draft import send_back_draft
from reprieve.actions.take_back_draft import take_back_draft
from reprieve.console.rules.activations import StartField, started
from reprieve.console.rules.draft_check import shown_findings
from reprieve.console.rules.draft_page import find_draft
from reprieve.console.rules.draft_warnings import warnings
from reprieve.console.rules.policy_page import OPEN, example_differences, in_names
from reprieve.console.rules.simulation_page import shown_result
from reprieve.console.seen import SeenForm, seen_version
from reprieve.lib.errors import Invalid
from reprieve.policies.evidence.simulation import Simulated
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.differences import differences
from reprieve.policies.lifecycle.drafts import table_of
from reprieve.policies.lifecycle.publishing import AlreadyScheduled, ShadowIsRunning
from reprieve.policies.lifecycle.reviews import Review, current_simulation, review, wrote
from reprieve.policies.models import Draft, DraftState, Mode, PolicyVersion, Simulation
from reprieve.web.forms import RefusalsAt, done, show_refusal

LARGEST_ID = 2**63 - 1


class SimulationSeenForm(SeenForm):
    """What goes with asking and approving: the simulation that was on the screen, 0 if there was none."""

    simulation = forms.IntegerField(min_value=0, max_value=LARGEST_ID, widget=forms.HiddenInput, required=False)


class ApprovalForm(SimulationSeenForm):
    mode = forms.ChoiceField(
        label=_("How"),
        widget=forms.RadioSelect,
        choices=[
            (Mode.LIVE.value, _("Live: cases are decided by it.")),
            (
                Mode.SHADOW.value,
                _("As a shadow: it is only asked beside the rules in force, to see what it would say."),
            ),
        ],
        initial=Mode.LIVE.value,
    )
    starts_at = StartField()


class SendBackForm(SeenForm):
    why = forms.CharField(
        label=_("What has to change"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please say what has to change.")},
    )


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a draft needs before it is published: whether it has it, and where that is seen to."""

    met: bool
    words: str
    url: str


@access.staff()
def draft_review(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    return _page(request, actor, find_draft(actor, draft_id))


@access.staff(*access.EDITS_POLICIES)
def ask(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    if request.method != "POST":
        return _to_review(draft_id)
    form = SimulationSeenForm(request.POST)
    ask_for_approval(
        draft_id=draft_id,
        actor=actor,
        now=timezone.now(),
        expected_version=seen_version(request),
        seen_simulation_id=form.cleaned_data["simulation"] if form.is_valid() else None,
    )
    return done(request, gettext("The draft waits for another manager’s approval."), _review_url(draft_id))


@access.staff(*access.EDITS_POLICIES)
def approve(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    if request.method != "POST":
        return _to_review(draft_id)
    draft = find_draft(actor, draft_id)
    form = ApprovalForm(request.POST, auto_id="approve_%s")
    if form.is_valid():
        try:
            activation = approve_draft(
                draft_id=draft.pk,
                actor=actor,
                now=timezone.now(),
                expected_version=form.cleaned_data["version"],
                seen_simulation_id=form.cleaned_data["simulation"],
                mode=Mode(form.cleaned_data["mode"]),
                starts_at=form.cleaned_data["starts_at"],
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        except (AlreadyScheduled, ShadowIsRunning) as refusal:
            form.add_error(None, f"{refusal.why} {refusal.remedy}")
        else:
            return done(request, started(activation), reverse("console:policy", args=[draft.policy.key]))
    return _page(request, actor, draft, approval=form)


@access.staff(*access.EDITS_POLICIES)
def send_back(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    if request.method != "POST":
        return _to_review(draft_id)
    draft = find_draft(actor, draft_id)
    form = SendBackForm(request.POST, auto_id="send_back_%s")
    if form.is_valid():
        with RefusalsAt(form):
            send_back_draft(
                draft_id=draft.pk,
                actor=actor,
                now=timezone.now(),
                expected_version=form.cleaned_data["version"],
                why=form.cleaned_data["why"],
            )
            return done(request, gettext("The draft is sent back, with your reason."), _review_url(draft_id))
    return _page(request, actor, draft, sending_back=form)


@access.staff(*access.EDITS_POLICIES)
def take_back(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    words = gettext("The draft is taken back, and can be written on again.")
    return _pressed(request, actor, draft_id, take_back_draft, words)


@access.staff(*access.EDITS_POLICIES)
def discard(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    return _pressed(request, actor, draft_id, discard_draft, gettext("The draft is discarded."))


def _pressed(
    request: HttpRequest, actor: Actor, draft_id: int, command: Callable[..., Draft], words: str
) -> HttpResponse:
    """A button that asks for nothing but the version that was seen."""
    if request.method != "POST":
        return _to_review(draft_id)
    draft = command(draft_id=draft_id, actor=actor, now=timezone.now(), expected_version=seen_version(request))
    return done(request, words, _review_url(draft.pk))


def _to_review(draft_id: int) -> HttpResponse:
    return redirect(_review_url(draft_id))


def _review_url(draft_id: int) -> str:
    return reverse("console:draft-review", args=[draft_id])


def _page(
    request: HttpRequest,
    actor: Actor,
    draft: Draft,
    *,
    approval: ApprovalForm | None = None,
    sending_back: SendBackForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    live = _compared_with(draft, now)
    found = review(draft)
    simulation = current_simulation(draft, live)
    is_manager = actor.role in access.EDITS_POLICIES
    seen = {"version": draft.version, "simulation": simulation.pk if simulation else 0}
    needs = _needs(draft, live, found, simulation)
    context = {
        "draft": draft,
        "at": "review",
        "live": live,
        "differences": in_names(differences(table_of(live), table_of(draft))) if live else None,
        "example_differences": example_differences(live, draft) if live else [],
        "has_other_basis": live is not None and live.basis != draft.basis,
        "seen": seen,
        "needs": needs,
        "missing": [need for need in needs if not need.met],
        "warnings": warnings(draft, now) if draft.state in OPEN else [],
        "found": shown_findings(draft),
        "results": found.results,
        "held": [result for result in found.results if result.passed],
        "failing": found.failing,
        "simulation": simulation,
        "simulated": shown_result(Simulated.from_data(simulation.result)) if simulation and simulation.result else None,
        "writers": draft.editors.order_by("name"),
        "may_write": is_manager and draft.state == DraftState.EDITING,
        "may_answer": is_manager and draft.state == DraftState.IN_REVIEW,
        "wrote_it": wrote(draft, actor),
        "approval": approval or ApprovalForm(auto_id="approve_%s", initial=seen),
        "sending_back": sending_back or SendBackForm(auto_id="send_back_%s", initial=seen),
    }
    is_wrong = any(form.errors for form in (approval, sending_back) if form is not None)
    return render(request, "console/rules/review.html", context, status=422 if is_wrong else 200)


def _compared_with(draft: Draft, now: datetime) -> PolicyVersion | None:
    """What an open draft would replace; of one that is published or discarded, what it was written from."""
    return version_in_force(draft.policy, now) if draft.state in OPEN else draft.based_on


def _needs(draft: Draft, live: PolicyVersion | None, found: Review, simulation: Simulation | None) -> list[Need]:
    errors, failing, held = len(found.errors), len(found.failing), len(found.results)
    is_new = live is None or (live.content_hash, live.basis) != (draft.content_hash, draft.basis)
    return [
        Need(
            is_new,
            gettext("It says something else than what is in force.")
            if is_new
            else gettext("It says nothing else than what is in force."),
            reverse("console:draft", args=[draft.pk]),
        ),
        Need(
            not errors,
            ngettext("The check finds %d error.", "The check finds %d errors.", errors) % errors
            if errors
            else gettext("The check finds no errors."),
            reverse("console:draft-check", args=[draft.pk]),
        ),
        Need(
            bool(held) and not failing,
            _examples(held, failing),
            reverse("console:draft-scenarios", args=[draft.pk]),
        ),
        Need(
            simulation is not None,
            gettext("It was simulated against what is in force.")
            if simulation
            else gettext("It has not been simulated as it is now, against what is in force now."),
            _simulation_url(draft),
        ),
    ]


def _examples(held: int, failing: int) -> str:
    if not held:
        return gettext("There are no examples that have to hold.")
    if failing:
        return ngettext("%d example does not hold.", "%d examples do not hold.", failing) % failing
    return ngettext("Its example holds.", "All %d examples hold.", held) % ({} if held == 1 else held)


def _simulation_url(draft: Draft) -> str:
    try:
        return reverse("console:draft-simulate", args=[draft.pk])
    except NoReverseMatch:
        return ""
