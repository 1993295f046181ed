"""One refund in the console: what was tried, and another way for what failed."""

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.reroute_refund import Way, reroute_refund, ways
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Refund, RefundAttempt, RefundState
from reprieve.billing.payables import events_for
from reprieve.console.seen import SeenForm
from reprieve.history.models import Event
from reprieve.web.forms import RefusalsAt, done
from reprieve.web.money import shown_refund
from reprieve.web.timeline import plain_timeline


@dataclass(frozen=True, slots=True)
class ShownTry:
    attempt: RefundAttempt
    way: str
    outcome: str


class RerouteForm(SeenForm):
    way = forms.ChoiceField(
        label=_("How it goes back instead"),
        choices=Way.choices,
        widget=forms.RadioSelect,
        help_text=_("The practice reads in its history who chose this, and is told by mail."),
        error_messages={"required": _("Please choose a way.")},
    )

    def __init__(self, data: object = None, *, refund: Refund) -> None:
        super().__init__(data, initial={"version": refund.version})  # type: ignore[arg-type]
        # Offered is what fits now; the command knows a repeat of what is done already.
        self.fields["way"].widget.choices = [(way.value, way.label) for way in ways(refund)]


@access.staff()
def refund(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    found = access.find(actor, Refund, pk=refund_id)
    context = {
        "refund": found,
        "shown": shown_refund(found),
        "tries": [_shown_try(each) for each in found.attempts.order_by("number")],
        "entries": plain_timeline(_history(found)),
        "may_decide": actor.role in access.DECIDES_REFUNDS,
    }
    return render(request, "console/refunds/refund.html", context)


@access.staff(*access.DECIDES_REFUNDS)
def reroute(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    found = access.find(actor, Refund, pk=refund_id)
    form = RerouteForm(request.POST if request.method == "POST" else None, refund=found)
    if request.method == "POST" and form.is_valid():
        way = Way(form.cleaned_data["way"])
        version = form.cleaned_data["version"]
        with RefusalsAt(form):
            moved = reroute_refund(
                refund_id=refund_id, actor=actor, expected_version=version, way=way, now=timezone.now()
            )
            return done(request, DONE[way] % moved.about, reverse("console:refund", args=[refund_id]))
    context = {"refund": found, "shown": shown_refund(found), "form": form}
    return render(request, "console/refunds/reroute.html", context, status=422 if form.errors else 200)


DONE = {
    Way.BY_HAND: _("The refund of %s is to be made by hand; confirm it when that is done."),
    Way.STORE_CREDIT: _("The refund of %s is given as store credit, and the practice is told."),
    Way.AS_PAID: _("The refund of %s is queued, and goes back the way it was paid."),
}


def _shown_try(attempt: RefundAttempt) -> ShownTry:
    by_hand = attempt.gateway == MANUAL
    way = gettext("By hand") if by_hand else gettext("The card's provider")
    if attempt.problem:
        return ShownTry(attempt, way, attempt.problem)
    if attempt.ended_at is not None:
        return ShownTry(attempt, way, str(RefundState.COMPLETED.label))
    return ShownTry(attempt, way, gettext("To be confirmed") if by_hand else gettext("No last word yet"))


def _history(found: Refund) -> list[Event]:
    return list(events_for(found.payable).filter(data__refund=found.pk).order_by("at", "pk"))
