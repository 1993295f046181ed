"""Paying by card in the portal: an order that was placed without one, an invoice, either after a card was declined."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.pay_by_card import NothingToPay, pay_order, payable_minor, require_payable
from reprieve.actions.pay_by_card import pay_invoice as pay_by_card
from reprieve.billing.models import Card, Payment, PaymentState
from reprieve.billing.receivables import OpenAmountChanged
from reprieve.lib.errors import Invalid, Refused
from reprieve.lib.money import LARGEST_MINOR, from_minor
from reprieve.portal.order_form import CardField
from reprieve.web.documents import document_by_name
from reprieve.web.forms import OnceForm, RefusalsAt, done, redirect_page, show_refusal
from reprieve.web.invoice_money import today_here
from reprieve.web.order_search import order_by_number


class PayForm(forms.Form):
    card = CardField(label=_("Card"))

    def __init__(self, *args: object, cards: Iterable[Card]) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.fields["card"].offer(cards)  # type: ignore[attr-defined]


class ShownForm(OnceForm):
    """The amount that was on the screen, in minor units. Sending it twice is one payment."""

    shown = forms.IntegerField(min_value=0, max_value=LARGEST_MINOR, widget=forms.HiddenInput)


@access.customer
def pay(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Choose a card and pay what is open. It is charged in the background, and the order's page says how it stands."""
    order = order_by_number(actor, number)
    cards = _cards(actor)
    form = PayForm(request.POST if request.method == "POST" else None, cards=cards)
    if form.is_valid():
        with RefusalsAt(form):
            pay_order(order_id=order.pk, actor=actor, card_id=form.cleaned_data["card"], now=timezone.now())
            words = gettext("Your card is being charged for %s.") % order.number
            return done(request, words, reverse("portal:order", args=[order.number]))
    open_now = payable_minor(order.charge)
    if not open_now:
        raise NothingToPay(gettext("There is nothing to pay for %s now.") % order.number)
    context = {"order": order, "form": form, "cards": cards, "amount": from_minor(open_now, order.currency)}
    return render(request, "portal/orders/pay.html", context, status=422 if form.errors else 200)


@access.customer
def pay_invoice(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """The same for all that is open of an invoice. Another amount than the one on the screen is shown first."""
    invoice, cards = document_by_name(actor, name).invoice, _cards(actor)
    form = PayForm(request.POST if request.method == "POST" else None, cards=cards)
    changed: Refused | None = None
    if form.is_valid():
        shown = _shown(request)
        try:
            payment = pay_by_card(
                invoice_id=invoice.pk,
                actor=actor,
                card_id=form.cleaned_data["card"],
                expected_minor=shown["shown"],
                key=shown["key"] or uuid4(),
                now=timezone.now(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        except OpenAmountChanged as refusal:
            changed = refusal
        else:
            return _answer(request, payment, invoice.name)
    open_now = require_payable(invoice)
    context = {
        "invoice": invoice,
        "is_overdue": invoice.due_on < today_here(),
        "amount": from_minor(open_now, invoice.currency),
        "shown": ShownForm(initial={"shown": open_now}),
        "form": form,
        "cards": cards,
        "changed": changed,
    }
    return render(request, "portal/billing/pay.html", context, status=409 if changed else 422 if form.errors else 200)


def _answer(request: HttpRequest, payment: Payment, name: str) -> HttpResponse:
    """How the payment stands: on its way, or, where the same form was sent again, perhaps further."""
    words = {"name": name, "card": payment.card, "why": payment.problem}
    match payment.state:
        case PaymentState.FAILED:
            messages.error(request, gettext("%(card)s was declined: %(why)s") % words)
        case PaymentState.RELEASED:
            messages.warning(request, gettext("%(card)s was not charged for %(name)s.") % words)
        case PaymentState.PAID:
            messages.success(request, gettext("%(card)s has paid %(name)s.") % words)
        case _:
            messages.success(request, gettext("%(card)s is being charged for %(name)s.") % words)
    return redirect_page(request, reverse("portal:document", args=[name]))


def _shown(request: HttpRequest) -> dict[str, Any]:
    """What was on the screen. Raises Invalid for what no page of ours shows."""
    form = ShownForm(request.POST)
    if not form.is_valid():
        raise Invalid(gettext("This form is incomplete. Please open the invoice again."))
    return form.cleaned_data


def _cards(actor: Actor) -> QuerySet[Card]:
    return access.rows(actor, Card).filter(removed_at=None, gateway=settings.CARD_GATEWAY)
