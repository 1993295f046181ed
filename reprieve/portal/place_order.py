"""Placing an order in the portal."""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions.place_order import place_order
from reprieve.billing.models import Card
from reprieve.lib.errors import Invalid
from reprieve.orders.building import Details, LineInvalid
from reprieve.orders.models import Order
from reprieve.portal.guidance import BEFORE_ORDERING
from reprieve.portal.order_form import DetailsForm, LineFormSet, line_formset, show_line_refusal
from reprieve.web.forms import done, inspected, redirect_page, show_refusal
from reprieve.web.request_size import takes_files


@takes_files
@access.customer
def place(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The empty form, one with a line more or less, the placed order, or what is wrong with it."""
    if request.method != "POST":
        return _page(request, actor, DetailsForm(initial={"command_key": uuid4()}, cards=_cards(actor)), line_formset())
    if "add" in request.POST or "remove" in request.POST:
        return _rearranged(request, actor)
    form, lines = DetailsForm(request.POST, request.FILES, cards=_cards(actor)), line_formset(request.POST)
    if all([form.is_valid(), lines.is_valid()]):
        now = timezone.now()
        order = _placed(actor, form, lines, now=now)
        if order is not None:
            return _thanks(request, order, is_new=order.submitted_at == now)
    return _page(request, actor, form, lines, status=422)


def _placed(actor: Actor, form: DetailsForm, lines: LineFormSet, *, now: datetime) -> Order | None:
    """The order; None if something is wrong, which then stands at its field."""
    given = form.cleaned_data
    wanted, forms_of_wanted = lines.wanted()
    practice = access.find(actor, Practice, pk=actor.practice_id)
    try:
        details = Details(
            patient_reference=given["patient_reference"],
            customer_reference=given["customer_reference"],
            note=given["note"],
            requested_delivery=given["requested_delivery"],
            command_key=given["command_key"],
            card_id=given.get("card"),
            files=inspected(given["files"]),
        )
        return place_order(practice_id=practice.pk, actor=actor, wanted=wanted, details=details, now=now)
    except LineInvalid as refusal:
        show_line_refusal(forms_of_wanted, lines, refusal)
    except Invalid as refusal:
        show_refusal(form, refusal)
    return None


def _cards(actor: Actor) -> list[Card]:
    """The cards that may pay for what is placed: of practices that pay per case, where the business takes cards."""
    practice = access.find(actor, Practice, pk=actor.practice_id)
    if not settings.CARD_GATEWAY or practice.payment_terms != PaymentTerms.PER_CASE:
        return []
    return list(access.rows(actor, Card).filter(removed_at=None))


def _thanks(request: HttpRequest, order: Order, *, is_new: bool) -> HttpResponse:
    url = reverse("portal:order", args=[order.number])
    if is_new:
        return done(request, gettext("%s is placed. Thank you.") % order.number, url)
    words = gettext("This form was sent before: here is the order that it placed, and nothing was ordered twice.")
    messages.info(request, words)
    return redirect_page(request, url)


def _rearranged(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everything as it was typed, with one line more or less. Nothing is checked yet."""
    given = line_formset(request.POST)
    typed = [_typed(form.prefix or "", request.POST) for form in given.forms]
    if "add" in request.POST:
        typed.append({})
    elif request.POST["remove"].isdecimal() and int(request.POST["remove"][:3]) < len(typed):
        del typed[int(request.POST["remove"][:3])]
    lines = line_formset(initial=typed, lines=0 if typed else 1)
    return _page(request, actor, DetailsForm(initial=request.POST.dict(), cards=_cards(actor)), lines)


def _typed(prefix: str, data: Mapping[str, str]) -> dict[str, str]:
    return {name: data.get(f"{prefix}-{name}", "") for name in ("product", "teeth", "quantity")}


def _page(
    request: HttpRequest, actor: Actor, form: DetailsForm, lines: LineFormSet, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "lines": lines,
        "files_lost": [file.name for file in request.FILES.getlist("files")],
        "practice": access.find(actor, Practice, pk=actor.practice_id),
        "tips": BEFORE_ORDERING,
        "takes_cards": bool(settings.CARD_GATEWAY),
    }
    return render(request, "portal/orders/place.html", context, status=status)
