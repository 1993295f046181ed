"""Paying an order by card in the portal: after a card was declined, or when the order was placed without one."""

from collections.abc import Iterable

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.pay_order import NothingToPay, pay_order, payable_minor
from reprieve.billing.models import Card, Charge
from reprieve.lib.errors import Invalid
from reprieve.lib.money import from_minor
from reprieve.portal.order_form import CardField
from reprieve.web.forms import done, show_refusal
from reprieve.web.order_search import order_by_number


class PayForm(forms.Form):
    """Which card."""

    card = CardField(label=_("Card"))

    def __init__(self, *args: object, cards: Iterable[Card]) -> None:
        """`cards` are those of the practice."""
        super().__init__(*args)  # type: ignore[arg-type]
        self.fields["card"].offer(cards)  # type: ignore[attr-defined]


@access.customer
def pay(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Choose a card and pay what is open. It is charged in the background, and the order's page says how it stands."""
    order = order_by_number(actor, number)
    cards = access.rows(actor, Card).filter(removed_at=None)
    form = PayForm(request.POST if request.method == "POST" else None, cards=cards)
    if form.is_valid():
        try:
            pay_order(order_id=order.pk, actor=actor, card_id=form.cleaned_data["card"], now=timezone.now())
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            words = gettext("Your card is being charged for %s.") % order.number
            return done(request, words, reverse("portal:order", args=[order.number]))
    charge = Charge.objects.filter(order=order).first()
    open_now = payable_minor(charge, order.payments.all()) if charge is not None else 0
    if not open_now:
        raise NothingToPay(gettext("There is nothing to pay for %s now.") % order.number)
    context = {"order": order, "form": form, "cards": cards, "amount": from_minor(open_now, order.currency)}
    return render(request, "portal/orders/pay.html", context, status=422 if form.errors else 200)
