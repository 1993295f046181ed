"""The practice's cards in the portal: one is added at the provider's own page, used before others, or removed."""

from collections.abc import Collection, Mapping
from typing import Final, cast
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.csp import csp_override

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.actions.add_card import NoCardsTaken, open_card_page, save_card
from reprieve.actions.remove_card import remove_card, use_card
from reprieve.billing.gateways.stripe import CARD_PAGES
from reprieve.billing.models import Card, CardSetup
from reprieve.web.forms import done

# A form whose answer leads on to the provider needs leave for that, and only the page that holds it has it.
USUAL: Final = cast("Mapping[str, Collection[str]]", settings.SECURE_CSP)
LEADS_TO_THE_PROVIDER: Final = {**USUAL, "form-action": [CSP.SELF, CARD_PAGES]}


class VisitForm(forms.Form):
    """`key` makes sending it twice one visit; `next` is the page that the card was wanted for."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    next = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)


@access.customer
@csp_override(LEADS_TO_THE_PROVIDER)
def add(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Say what follows, then go to the provider's page, which comes back to the visit's own."""
    if not settings.CARD_GATEWAY:
        raise NoCardsTaken(gettext("Cards are not taken here."))
    form = VisitForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        practice, key = access.find(actor, Practice, pk=actor.practice_id), form.cleaned_data["key"]
        wanted_for = _page_of_ours(form.cleaned_data["next"])
        back = settings.BASE_URL + reverse(
            "portal:card_visit", args=[key], query={"next": wanted_for} if wanted_for else None
        )
        cancel = settings.BASE_URL + (wanted_for or _cards_of_billing())
        url = open_card_page(
            practice_id=practice.pk, actor=actor, key=key, back=back, cancel=cancel, now=timezone.now()
        )
        return redirect(url)
    wanted_for = _page_of_ours(request.GET.get("next", ""))
    fresh = VisitForm(initial={"key": uuid4(), "next": wanted_for})
    context = {"form": fresh, "wanted_for": wanted_for}
    return render(request, "portal/billing/add_card.html", context, status=422 if form.is_bound else 200)


@access.customer
def visit(request: HttpRequest, actor: Actor, visit: UUID) -> HttpResponse:
    """Where the provider's page comes back to. Looking changes nothing; a button asks the provider once more."""
    found = access.find(actor, CardSetup, key=visit)
    card, wanted_for = found.card, _page_of_ours(request.GET.get("next", ""))
    if request.method == "POST":
        card = save_card(setup_id=found.pk, actor=actor, now=timezone.now())
        if card is not None:
            return done(request, gettext("%s is saved.") % card, wanted_for or _cards_of_billing())
        messages.info(request, gettext("The card is not there yet. It is usually a matter of seconds."))
        return redirect(request.get_full_path())
    return render(request, "portal/billing/card_visit.html", {"card": card, "wanted_for": wanted_for})


@access.customer
def use(request: HttpRequest, actor: Actor, card_id: int) -> HttpResponse:
    """Make it the card that is used; the button stands with the cards."""
    if request.method != "POST":
        access.find(actor, Card, pk=card_id)
        return redirect(_cards_of_billing())
    card = use_card(card_id=card_id, actor=actor)
    return done(request, gettext("%s is used from now on.") % card, _cards_of_billing())


@access.customer
def remove(request: HttpRequest, actor: Actor, card_id: int) -> HttpResponse:
    """Ask once more, then remove it."""
    if request.method == "POST":
        card = remove_card(card_id=card_id, actor=actor, now=timezone.now())
        return done(request, gettext("%s is removed.") % card, _cards_of_billing())
    card = access.find(actor, Card, pk=card_id, removed_at=None)
    return render(request, "portal/billing/remove_card.html", {"card": card})


def _page_of_ours(path: str) -> str:
    """The path, if it is one of ours; nothing else is ever gone on to."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else ""


def _cards_of_billing() -> str:
    return reverse("portal:billing") + "#cards"
