"""After a cancellation: asking for a refund of what is left, and undoing it while there is time."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.request_refund import NothingToRefund
from reprieve.actions.request_refund import request_refund as ask_for
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.payables import refundable
from reprieve.lib.money import from_minor
from reprieve.portal.confirmations import with_mail
from reprieve.web.forms import RefusalsAt, done
from reprieve.web.order_search import order_by_number
from reprieve.web.refund_form import RefundForm


@access.customer
def request_refund(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    form = RefundForm(request.POST if request.method == "POST" else None, currency=order.currency)
    if form.is_valid():
        given = form.cleaned_data
        with RefusalsAt(form):
            ask_for(
                order_id=order.pk,
                actor=actor,
                reason=given["reason"],
                amount_minor=given["amount"],
                now=timezone.now(),
            )
            words = gettext("Your request for a refund of %s is with support.") % order.number
            return done(request, words, reverse("portal:order", args=[order.number]))
    left, _payments = refundable(order.charge)
    if not left:
        raise NothingToRefund(gettext("Nothing of %s is left to refund.") % order.number)
    context = {"order": order, "form": form, "left": from_minor(left, order.currency)}
    return render(request, "portal/orders/request_refund.html", context, status=422 if form.errors else 200)


@access.customer
def undo(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Undo the cancellation; the button, with the time that is left, stands on the case."""
    order = order_by_number(actor, number)
    if request.method != "POST":
        return redirect("portal:order", order.number)
    undo_cancellation(order_id=order.pk, actor=actor, now=timezone.now())
    words = gettext("The cancellation is undone: %s goes on.") % order.number
    return done(request, with_mail(request, words), reverse("portal:order", args=[order.number]))
