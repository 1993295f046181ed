"""Simulations of a draft: asking for one, watching it come, and reading what it found."""

from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor, ActorKind
from reprieve.actions.simulate_draft import PeriodInvalid, simulate_draft
from reprieve.console.rules.draft_page import find_draft
from reprieve.console.rules.simulation_page import ShownPart, headline, period_in_words, shown_result, shown_today
from reprieve.lib.errors import NotFound
from reprieve.policies.evidence.simulation import Simulated
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import table_of
from reprieve.policies.lifecycle.reviews import is_current
from reprieve.policies.lifecycle.simulations import STALE
from reprieve.policies.models import Draft, DraftState, Simulation, SimulationState
from reprieve.policies.sql.outcomes import counted_beside
from reprieve.policies.subjects import known_subjects
from reprieve.web.forms import redirect_page, show_refusal

DATES: Final = "dates"
MOST_SHOWN: Final = 20
UNDER_WAY: Final = (SimulationState.WAITING, SimulationState.RUNNING)
IN_REACH: Final = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(MAXYEAR - 1, 12, 31)))


def _day(label: object) -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]  # a lazy text
        required=False,
        validators=IN_REACH,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Please write a date such as 2026-04-30.")},
    )


class PeriodForm(forms.Form):
    """Over which part of the past. Days are whole ones of the business; today's is as long as it has lasted."""

    period = forms.ChoiceField(
        label=_("Period"),
        widget=forms.RadioSelect,
        choices=[
            ("30", _("The last 30 days")),
            ("90", _("The last 90 days")),
            ("365", _("The last 365 days")),
            (DATES, _("From one day to another:")),
        ],
        initial="90",
    )
    period_from = _day(_("First day"))
    period_to = _day(_("Last day"))

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("period") == DATES:
            for name in ("period_from", "period_to"):
                if name not in self.errors and not self.cleaned_data.get(name):
                    self.add_error(name, _("Please choose a day."))
        return self.cleaned_data

    def instants(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when: the same within a minute, so that pressing twice asks for one simulation."""
        zone = ZoneInfo(settings.BUSINESS_TIME_ZONE)
        today, chosen = now.astimezone(zone).date(), self.cleaned_data
        if chosen["period"] == DATES:
            first, last = chosen["period_from"], chosen["period_to"]
        else:
            first, last = today - timedelta(days=int(chosen["period"])), today
        until = now.replace(second=0, microsecond=0) if last == today else _midnight(last + timedelta(days=1), zone)
        return _midnight(first, zone), until


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


@dataclass(frozen=True, slots=True)
class ShownSimulation:
    """A simulation in the list of a draft's: `is_current` says that it counts for approval."""

    simulation: Simulation
    period: str
    is_current: bool
    words: str


@access.staff()
def simulate(request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    """Ask for a simulation, and find earlier ones. All staff may read them; managers ask."""
    draft = find_draft(actor, draft_id)
    now = timezone.now()
    form = PeriodForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        access.require_role(actor, *access.EDITS_POLICIES)
        if form.is_valid() and (begun := _begin(form, draft, actor, now)) is not None:
            return redirect_page(request, reverse("console:simulation", args=[begun.pk]))
    context = {
        "draft": draft,
        "at": "simulate",
        "form": form,
        "may_ask": actor.role in access.EDITS_POLICIES and draft.state in {DraftState.EDITING, DraftState.IN_REVIEW},
        "simulations": _listed(actor, draft, now),
        "today": _today(draft, now),
    }
    return render(request, "console/rules/simulate.html", context, status=422 if form.errors else 200)


@access.staff()
def simulation(request: HttpRequest, actor: Actor, simulation_id: int) -> HttpResponse:
    found = access.rows(actor, Simulation).select_related("against").filter(pk=simulation_id).first()
    if found is None:
        raise NotFound(gettext("There is no such simulation."))
    draft, now = find_draft(actor, found.draft_id), timezone.now()
    if found.state in UNDER_WAY and "HX-Request" in request.headers and request.headers.get("HX-Boosted") is None:
        return render(request, "console/rules/simulation_under_way.html", _progress(found, now))
    context = {
        "draft": draft,
        "at": "simulate",
        "simulation": found,
        "is_current": is_current(found, draft, version_in_force(draft.policy, now)),
        "result": shown_result(Simulated.from_data(found.result)) if found.result else None,
        **_progress(found, now),
    }
    return render(request, "console/rules/simulation.html", context)


def _today(draft: Draft, now: datetime) -> ShownPart | None:
    """What the draft would say about all that is under way, as its customers would ask; None where there is no such."""
    about = known_subjects().get(draft.policy.subject)
    if about is None:
        return None
    customer = Actor(ActorKind.CUSTOMER, "")
    return shown_today(counted_beside(about, table_of(draft), draft.policy.action, customer, now=now))


def _begin(form: PeriodForm, draft: Draft, actor: Actor, now: datetime) -> Simulation | None:
    """The simulation that was asked for; None where its period cannot be, which then stands at its field."""
    period_from, period_to = form.instants(now)
    try:
        return simulate_draft(draft_id=draft.pk, actor=actor, now=now, period_from=period_from, period_to=period_to)
    except PeriodInvalid as refusal:
        show_refusal(form, refusal)
        return None


def _listed(actor: Actor, draft: Draft, now: datetime) -> list[ShownSimulation]:
    against = version_in_force(draft.policy, now)
    rows = access.rows(actor, Simulation).filter(draft=draft).select_related("asked_by")[:MOST_SHOWN]
    return [ShownSimulation(row, period_in_words(row), is_current(row, draft, against), _words(row)) for row in rows]


def _words(row: Simulation) -> str:
    return headline(Simulated.from_data(row.result)) if row.result else row.problem


def _progress(found: Simulation, now: datetime) -> dict[str, object]:
    last = found.sign_at or found.asked_at
    return {"simulation": found, "under_way": found.state in UNDER_WAY, "is_silent": now - last > STALE}
