"""What is in force when: a version put in force again or made live, what is scheduled called off, a shadow ended."""

from datetime import UTC, date, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.activate_version import activate_version
from reprieve.actions.call_off_activation import call_off_activation
from reprieve.actions.end_shadow import end_shadow
from reprieve.console.rules import policy_page as page
from reprieve.lib.errors import NotFound
from reprieve.policies.in_force import compiled_version
from reprieve.policies.lifecycle.differences import Difference, differences
from reprieve.policies.lifecycle.reviews import needs_other, was_live
from reprieve.policies.models import Activation, Mode, PolicyVersion
from reprieve.web.forms import RefusalsAt, done
from reprieve.web.templatetags.when import moment

MOST_SEEN = 2**63 - 1


def _start_help() -> str:
    return gettext("Your time zone: %s. Leave it empty to begin now.") % timezone.get_current_timezone()


START_HELP = lazy(_start_help, str)()


class StartField(forms.DateTimeField):
    """When rules begin, to the minute of the reader's clock; empty is now."""

    def __init__(self) -> None:
        super().__init__(
            label=_("From"),
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            help_text=START_HELP,
            error_messages={"invalid": _("Please choose a date and a time.")},
        )

    def to_python(self, value: str | datetime | date | None) -> datetime | None:
        """The instant. Raises ValidationError also for one that the reader's clock shows twice, or never."""
        try:
            found = super().to_python(value)
            return found and found.astimezone(UTC)
        except OverflowError as error:  # an evening of the year 9999 is in the next one by the clock of the database
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            words = gettext("The clocks change then: this time is there twice, or not at all. Please choose another.")
            raise forms.ValidationError(words, code="ambiguous_timezone") from error


class ActivationForm(forms.Form):
    """From when on. `seen` is what was live on the screen: if that has changed, nothing is done."""

    seen = forms.IntegerField(min_value=0, max_value=MOST_SEEN, widget=forms.HiddenInput)
    starts_at = StartField()


@access.staff(*access.EDITS_POLICIES)
def activate(request: HttpRequest, actor: Actor, key: str, version: int) -> HttpResponse:
    state = page.state_of(actor, key, timezone.now())
    chosen = next((each for each in state.policy.versions.all() if each.number == version), None)
    if chosen is None:
        raise NotFound(gettext("There is no such version of this policy."))
    form = ActivationForm(request.POST if request.method == "POST" else None, initial={"seen": state.open_live})
    if request.method == "POST" and form.is_valid():
        with RefusalsAt(form):
            activation = activate_version(
                policy_key=key,
                number=version,
                actor=actor,
                now=timezone.now(),
                starts_at=form.cleaned_data["starts_at"],
                seen_activation_id=form.cleaned_data["seen"] or None,
            )
            return done(request, started(activation), reverse("console:policy", args=[key]))
    context = {
        "policy": state.policy,
        "state": state,
        "version": chosen,
        "form": form,
        "was_live": was_live(chosen.activations.all(), state.now),
        "needs_other": needs_other(chosen, actor, state.now),
        "is_shadow": state.shadow is not None and state.shadow.version_id == chosen.pk,
        "differences": _differences(state, chosen),
    }
    return render(request, "console/rules/activate.html", context, status=422 if form.errors else 200)


def _differences(state: page.State, chosen: PolicyVersion) -> list[Difference]:
    if state.live is None:
        return []
    live = state.live.version
    old = compiled_version(live.pk, live.content_hash).table
    return page.in_names(differences(old, compiled_version(chosen.pk, chosen.content_hash).table))


def started(activation: Activation) -> str:
    words = {"number": activation.version.number, "at": moment(activation.starts_at)}
    if activation.mode == Mode.SHADOW:
        return gettext("Version %(number)s listens as a shadow from %(at)s.") % words
    return gettext("Version %(number)s is in force from %(at)s.") % words


@access.staff(*access.EDITS_POLICIES)
def call_off(request: HttpRequest, actor: Actor, key: str, activation_id: int) -> HttpResponse:
    activation = _find(actor, key, activation_id)
    if request.method == "POST":
        call_off_activation(activation_id=activation.pk, actor=actor, now=timezone.now())
        words = gettext("Version %s is called off.") % activation.version.number
        return done(request, words, reverse("console:policy", args=[key]))
    state = page.state_of(actor, key, timezone.now())
    context = {"policy": state.policy, "state": state, "activation": activation}
    return render(request, "console/rules/call_off.html", context)


@access.staff(*access.EDITS_POLICIES)
def end_listening(request: HttpRequest, actor: Actor, key: str, activation_id: int) -> HttpResponse:
    activation = _find(actor, key, activation_id)
    if request.method == "POST":
        end_shadow(activation_id=activation.pk, actor=actor, now=timezone.now())
        words = gettext("The shadow is ended; what it answered is kept.")
        return done(request, words, reverse("console:policy", args=[key]))
    context = {"policy": activation.policy, "activation": activation}
    return render(request, "console/rules/end_shadow.html", context)


def _find(actor: Actor, key: str, activation_id: int) -> Activation:
    rows = access.rows(actor, Activation).select_related("policy", "version")
    found = rows.filter(pk=activation_id, policy__key=key).first()
    if found is None:
        raise NotFound(gettext("There is no such activation."))
    return found
