"""Cancelling an order in the portal: at once, or by asking support; and taking the question back."""

from collections.abc import Mapping, MutableMapping

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.request_cancellation import request_cancellation as file_request
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.billing.quotes import RefundChanged
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.cancellations.models import EFFECTIVE, Cancellation
from reprieve.cancellations.queries import open_request
from reprieve.cancellations.requests import (
    CancellationNeedsNoRequest,
    CancellationNeedsRequest,
    CancellationRefused,
    RequestClosed,
)
from reprieve.catalog.models import ReasonFor
from reprieve.lib.errors import Invalid, Refused
from reprieve.lib.money import LARGEST_MINOR
from reprieve.options.answers import Option
from reprieve.options.options import Options, options
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.policies.authorising import refusal as refused
from reprieve.policies.models import Outcome
from reprieve.policies.words.values import exact_duration_in_words
from reprieve.portal.confirmations import with_mail
from reprieve.portal.guidance import PREVENTS_CANCELLING
from reprieve.web.forms import done, redirect_page, show_refusal
from reprieve.web.offers import cost_of, validity
from reprieve.web.order_search import as_printed, key_of, order_by_number
from reprieve.web.reason_form import ReasonForm, note_help

# Each way to cancel is the name of a route and of a template.
WAYS = {Outcome.ALLOW: "cancel", Outcome.REQUEST: "request"}


class WithdrawalForm(forms.Form):
    request = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class ShownRefundForm(forms.Form):
    """The refund that was on the screen, in minor units: nobody gets another without knowing."""

    refund = forms.IntegerField(min_value=0, max_value=LARGEST_MINOR, required=False, widget=forms.HiddenInput)


@access.customer
def cancel(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Ask for the reason and cancel. Where the rules have come to want a request, what was typed goes on to it."""
    if request.method != "POST":
        return _ask(request, order_by_number(actor, number), actor, Outcome.ALLOW)
    form = _reason_form(request.POST)
    if form.is_valid():
        try:
            cancelled = cancel_order(
                order_id=key_of(number),
                actor=actor,
                **form.cleaned_data,
                expected_refund_minor=_shown_refund(request),
                now=timezone.now(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        except CancellationNeedsRequest as refusal:
            return _go_another_way(request, order_by_number(actor, number), actor, Outcome.REQUEST, refusal)
        except RefundChanged as refusal:
            return _go_another_way(request, order_by_number(actor, number), actor, Outcome.ALLOW, refusal)
        else:
            return done(request, with_mail(request, _answer(number, cancelled)), _url("order", number))
    return _wrong(request, order_by_number(actor, number), actor, Outcome.ALLOW, form)


@access.customer
def request_cancellation(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    if request.method != "POST":
        return _ask(request, order_by_number(actor, number), actor, Outcome.REQUEST)
    form = _reason_form(request.POST)
    if form.is_valid():
        try:
            asked = file_request(order_id=key_of(number), actor=actor, **form.cleaned_data, now=timezone.now())
        except Invalid as refusal:
            show_refusal(form, refusal)
        except CancellationNeedsNoRequest as refusal:
            return _go_another_way(request, order_by_number(actor, number), actor, Outcome.ALLOW, refusal)
        else:
            return done(request, with_mail(request, _answer(number, asked)), _url("order", number))
    return _wrong(request, order_by_number(actor, number), actor, Outcome.REQUEST, form)


@access.customer
def withdraw(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Ask once more, then take the request back. The form names the request that was seen."""
    order = order_by_number(actor, number)
    if request.method == "POST":
        seen = access.find(actor, Cancellation, order=order, pk=_seen_request(request))
        withdraw_cancellation(cancellation_id=seen.pk, actor=actor, now=timezone.now())
        return done(
            request, gettext("Your request is withdrawn. %s goes on.") % order.number, _url("order", order.number)
        )
    waiting = open_request(order)
    if waiting is None:
        raise RequestClosed(gettext("There is no open request to cancel %s.") % order.number)
    context = {"order": order, "waiting": waiting, "form": WithdrawalForm(initial={"request": waiting.pk})}
    return render(request, "portal/orders/withdraw.html", context)


def _ask(request: HttpRequest, order: Order, actor: Actor, wanted: Outcome) -> HttpResponse:
    """The empty form, if it is the right one now; else the way to what is."""
    found = _options(order, actor)
    if found.cancellation is not None or found.request is not None:
        return redirect_page(request, _url("order", order.number))
    option = _cancelling(found)
    if option.outcome is not wanted:
        return redirect(_url(WAYS[option.outcome], order.number))
    return _page(request, WAYS[wanted], option, _reason_form())


def _wrong(request: HttpRequest, order: Order, actor: Actor, wanted: Outcome, form: ReasonForm) -> HttpResponse:
    return _page(request, WAYS[wanted], _cancelling(_options(order, actor)), form, status=422)


def _go_another_way(
    request: HttpRequest, order: Order, actor: Actor, instead: Outcome, refusal: Refused
) -> HttpResponse:
    """What is possible instead, with the reason and the note as they were given."""
    given = {name: request.POST.get(name, "") for name in ("reason", "note")}
    option = _cancelling(_options(order, actor, reason=given["reason"]))
    return _page(request, WAYS[instead], option, _reason_form(initial=given), status=409, changed=refusal)


def _options(order: Order, actor: Actor, reason: str | None = None) -> Options:
    return options(order, actor, now=timezone.now(), reason=reason, actions=(Action.CANCEL,))


def _cancelling(found: Options) -> Option:
    """What the rules say now. Raises CancellationRefused, with what would have to differ."""
    option = found.require(Action.CANCEL)
    if option.outcome is Outcome.REFUSE:
        raise refused(option.ruling, CancellationRefused)
    return option


def _page(  # noqa: PLR0913 - what the page shows
    request: HttpRequest,
    way: str,
    option: Option,
    form: ReasonForm,
    *,
    status: int = 200,
    changed: Refused | None = None,
) -> HttpResponse:
    order, quoted, window = option.order, option.quote, option.undo_window
    refund = quoted_in_words(order.charge, quoted)
    context = {
        "order": order,
        "form": form,
        "action_url": _url(way, order.number),
        "option": option,
        "cost": refund if quoted.plan.paid_minor else cost_of(option),
        "refund": refund,
        "shown_refund": quoted.promised_minor,
        "validity": validity(option),
        "undo_for": exact_duration_in_words(window) if window else "",
        "changed": changed,
        "prevents": PREVENTS_CANCELLING,
    }
    return render(request, f"portal/orders/{way}.html", context, status=status)


def _reason_form(
    data: Mapping[str, object] | None = None, *, initial: MutableMapping[str, str] | None = None
) -> ReasonForm:
    return ReasonForm(
        data,
        kind=ReasonFor.CANCEL,
        help_text=note_help(gettext("“Patient rescheduled, will resubmit later.”")),
        initial=initial,
    )


def _answer(number: str, cancellation: Cancellation) -> str:
    """What is said on screen; a repeat of the same command says the same."""
    number = as_printed(number)
    if cancellation.state in EFFECTIVE:
        return gettext("%s is cancelled.") % number
    return gettext("Your request to cancel %s is with support. The case is held until they answer.") % number


def _seen_request(request: HttpRequest) -> int:
    """The request that the form named. Raises Invalid where it named none."""
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        raise Invalid(gettext("This form is incomplete. Please open the case again."), field="request")
    pk: int = form.cleaned_data["request"]
    return pk


def _shown_refund(request: HttpRequest) -> int | None:
    """The refund that was on the screen. Raises Invalid for what no page of ours shows."""
    form = ShownRefundForm(request.POST)
    if not form.is_valid():
        raise Invalid(gettext("This form is incomplete. Please open the case again."), field="refund")
    shown: int | None = form.cleaned_data["refund"]
    return shown


def _url(name: str, number: str) -> str:
    return reverse(f"portal:{name}", args=[as_printed(number)])
