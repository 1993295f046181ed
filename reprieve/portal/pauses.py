"""Pausing an order in the portal, and resuming it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.pause_order import PauseRefused, pause_order
from reprieve.actions.resume_order import ResumeRefused, resume_order
from reprieve.catalog.models import ReasonFor
from reprieve.lib.errors import Refused
from reprieve.options.answers import Option
from reprieve.options.options import Options, options
from reprieve.orders.actions import Action
from reprieve.orders.pauses import open_pause
from reprieve.policies.authorising import refusal as refused
from reprieve.policies.models import Outcome
from reprieve.portal.confirmations import with_mail
from reprieve.web.forms import RefusalsAt, done, redirect_page
from reprieve.web.order_search import as_printed, key_of, order_by_number
from reprieve.web.pause_banner import after_the_pause
from reprieve.web.reason_form import ReasonForm, note_help
from reprieve.web.tracker import CURRENT, NEXT, Step


@access.customer
def pause(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        kind=ReasonFor.PAUSE,
        help_text=note_help(gettext("“Patient is travelling until mid-December.”")),
    )
    if form.is_valid():
        with RefusalsAt(form):
            paused = pause_order(order_id=key_of(number), actor=actor, **form.cleaned_data, now=timezone.now())
            said = gettext("%(number)s is paused until %(until)s.") % {
                "number": as_printed(number),
                "until": date_format(timezone.localtime(paused.until), "DATE_FORMAT"),
            }
            return done(request, with_mail(request, said), _order_url(number))
    order = order_by_number(actor, number)
    found = options(order, actor, now=timezone.now(), actions=(Action.PAUSE,))
    if open_pause(order) is not None:
        return redirect_page(request, _order_url(number))
    option = _allowed(found, Action.PAUSE, PauseRefused)
    context = {"order": order, "form": form, "option": option, "steps": _what_will_be(option)}
    return render(request, "portal/orders/pause.html", context, status=422 if form.is_bound else 200)


@access.customer
def resume(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    if request.method == "POST":
        resume_order(order_id=order.pk, actor=actor, now=timezone.now())
        said = gettext("%s is resumed and goes on where it stopped.") % order.number
        return done(request, with_mail(request, said), _order_url(number))
    found = options(order, actor, now=timezone.now(), actions=(Action.RESUME,))
    option = _allowed(found, Action.RESUME, ResumeRefused)
    context = {"order": order, "pause": open_pause(order), "option": option}
    return render(request, "portal/orders/resume.html", context)


def _allowed(found: Options, action: Action, refusal: type[Refused]) -> Option:
    """What the rules say now. Raises the refusal, with what would have to differ."""
    option = found.require(action)
    if option.outcome is not Outcome.ALLOW:
        raise refused(option.ruling, refusal)
    return option


def _what_will_be(option: Option) -> list[Step]:
    """The line of time from here, if the order is paused now."""
    now = Step(
        gettext("Paused from now"), CURRENT, None, gettext("Nothing is charged. Resume whenever you like."), "paused"
    )
    longest = option.longest_pause
    if longest is None:
        return [now]
    label = gettext("Until then (%d days)") % longest.days
    return [now, Step(label, NEXT, option.ruling.now + longest, after_the_pause(option.grace))]


def _order_url(number: str) -> str:
    return reverse("portal:order", args=[as_printed(number)])
