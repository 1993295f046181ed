"""Moving a case along, with the version that staff saw."""

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
from reprieve.actions.move_order import EVENTS, move_order
from reprieve.billing.charges import waits_for_run
from reprieve.console.seen import SeenForm
from reprieve.orders import lifecycle
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from reprieve.web.forms import RefusalsAt, done
from reprieve.web.order_search import order_by_number

LABELS = {
    Verb.START_DESIGN: _("Start design"),
    Verb.COMPLETE_DESIGN: _("Complete design"),
    Verb.START_FABRICATION: _("Start fabrication"),
    Verb.FINISH_FABRICATION: _("Finish fabrication"),
    Verb.SHIP: _("Ship"),
    Verb.COMPLETE: _("Complete case"),
    Verb.INVOICE: _("Invoice"),
    Verb.HOLD: _("Put on hold"),
    Verb.RELEASE: _("Take off hold"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """A button: `asks` where words are needed first, `advances` where an open cancellation request holds it back."""

    verb: str
    label: str
    asks: bool
    advances: bool


def moves(order: Order) -> list[Move]:
    return [
        Move(verb.value, str(LABELS[verb]), asks=verb is Verb.HOLD, advances=verb in lifecycle.ADVANCING)
        for verb in lifecycle.possible(order)
        if verb in EVENTS and not (verb is Verb.INVOICE and waits_for_run(order.charge))
    ]


class MoveForm(SeenForm):
    verb = forms.ChoiceField(choices=[(verb.value, label) for verb, label in LABELS.items()], widget=forms.HiddenInput)
    why = forms.CharField(
        label=_("What the practice has to do"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The practice reads this, for example “Upper scan is incomplete, please send it again.”"),
    )
    override = forms.BooleanField(
        label=_("Move it although a cancellation request is open"),
        required=False,
        help_text=_("Recorded as an override."),
    )


@access.staff(*access.MOVES_CASES)
def move(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Make the move; asked by GET, a page for the words that it needs."""
    order = order_by_number(actor, number)
    if request.method != "POST":
        verb = request.GET.get("verb", Verb.HOLD.value)
        return _page(request, order, MoveForm(initial={"verb": verb, "version": order.version}))
    form = MoveForm(request.POST)
    if form.is_valid():
        verb = Verb(form.cleaned_data["verb"])
        with RefusalsAt(form):
            move_order(
                order_id=order.pk,
                verb=verb,
                actor=actor,
                expected_version=form.cleaned_data["version"],
                now=timezone.now(),
                why=form.cleaned_data["why"],
                override=form.cleaned_data["override"],
            )
            words = gettext("%(number)s: %(move)s, done.") % {"number": order.number, "move": LABELS[verb]}
            return done(request, words, reverse("console:order", args=[order.number]))
    return _page(request, order, form)


def _page(request: HttpRequest, order: Order, form: MoveForm) -> HttpResponse:
    verb = form["verb"].value()
    context = {
        "order": order,
        "form": form,
        "label": LABELS.get(verb, gettext("Move the case")),
        "asks": verb == Verb.HOLD,
    }
    return render(request, "console/orders/move.html", context, status=422 if form.errors else 200)
