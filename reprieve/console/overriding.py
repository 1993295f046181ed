"""Cancelling, pausing and resuming in a customer's place: what the rules say, and the tick that overrides them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.actions.pause_order import PauseRefused
from reprieve.actions.resume_order import ResumeRefused
from reprieve.billing.quotes import RefundChanged
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.cancellations.requests import CancellationNeedsRequest, CancellationRefused
from reprieve.catalog.models import ReasonFor
from reprieve.console.seen import SeenForm
from reprieve.lib.errors import Invalid, Refused
from reprieve.lib.money import LARGEST_MINOR
from reprieve.options.options import options
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.policies.words.values import exact_duration_in_words
from reprieve.web.forms import done, show_refusal
from reprieve.web.offers import staff_offer
from reprieve.web.reason_form import ReasonForm

AGAINST_THE_RULES = (CancellationRefused, CancellationNeedsRequest, PauseRefused, ResumeRefused)


class OverrideForm(SeenForm):
    override = forms.BooleanField(
        label=_("Override the rules"),
        required=False,
        help_text=_("Recorded as an override, with your name."),
    )


class OverridingReasonForm(ReasonForm, OverrideForm):
    field_order = ["version", "reason", "note", "override"]

    def __init__(self, data: Mapping[str, object] | None, *, kind: ReasonFor) -> None:
        help_text = gettext("The practice reads this too. Please do not write names or health details of patients.")
        super().__init__(data, kind=kind, help_text=help_text)


class CancellationForm(OverridingReasonForm):
    """Also the refund that was on the screen, in minor units: nobody gives another without knowing."""

    expected_refund_minor = forms.IntegerField(
        min_value=0, max_value=LARGEST_MINOR, required=False, widget=forms.HiddenInput
    )


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that staff do under the rules or over them. `act` is the command, told whatever the form holds.

    `done` is said afterwards; `otherwise` is what the way back is called.
    """

    action: Action
    done: str
    otherwise: str
    act: Callable[..., object]


def perform(request: HttpRequest, actor: Actor, order: Order, task: Task, form: OverrideForm) -> HttpResponse:
    """Show the task, or carry it out. Where the rules say no, nothing typed is lost and the tick is offered."""
    refused: Refused | None = None
    has_changed = False
    form.initial["version"] = order.version
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            seen = given.pop("version")
            task.act(order_id=order.pk, actor=actor, now=timezone.now(), expected_version=seen, **given)
        except Invalid as refusal:
            show_refusal(form, refusal)
        except AGAINST_THE_RULES as refusal:
            refused = refusal
            form.add_error("override", gettext("The rules say no. Tick this to do it all the same."))
        except RefundChanged as refusal:
            form.add_error(None, f"{refusal.why} {refusal.remedy}")
            has_changed = True
        else:
            words = task.done % {"number": order.number}
            return done(request, words, reverse("console:order", args=[order.number]))
    status = 409 if refused or has_changed else 422 if form.errors else 200
    return _page(request, actor, order, task=task, form=form, refused=refused, status=status)


def _page(  # noqa: PLR0913 - what one page is made of
    request: HttpRequest,
    actor: Actor,
    order: Order,
    *,
    task: Task,
    form: OverrideForm,
    refused: Refused | None,
    status: int,
) -> HttpResponse:
    lifecycle.require(order, task.action.verb)
    reason = form["reason"].value() if "reason" in form.fields else None
    found = options(order, actor, now=timezone.now(), reason=reason or None, actions=(task.action,))
    option = found.require(task.action)
    offer = staff_offer(option)
    asks_for_override = offer.override or refused is not None
    context = {
        "order": order,
        "form": form,
        "offer": offer,
        "otherwise": task.otherwise,
        "asks_for_override": asks_for_override,
    }
    if task.action is Action.CANCEL:
        quoted = option.quote_against_the_rules if asks_for_override else option.quote
        context |= {
            "refund": quoted_in_words(order.charge, quoted),
            "shown_refund": quoted.promised_minor,
            "undo_for": exact_duration_in_words(option.undo_window) if option.undo_window else "",
        }
    return render(request, "console/orders/act.html", context, status=status)
