"""Revisions of a case: opened with what is to change, closed when done."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions import close_revision as closing
from reprieve.actions import open_revision as opening
from reprieve.console.seen import SeenForm, seen_version
from reprieve.orders.models import Revision
from reprieve.web.forms import RefusalsAt, done
from reprieve.web.order_search import order_by_number


class RevisionForm(SeenForm):
    note = forms.CharField(
        label=_("What is to change"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The practice reads this too. Please leave out the patient’s name and health details."),
    )


@access.staff(*access.MOVES_CASES)
def open_revision(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    form = RevisionForm(request.POST if request.method == "POST" else None, initial={"version": order.version})
    if request.method != "POST":
        opening.require_revisable(order)
    elif form.is_valid():
        with RefusalsAt(form):
            opening.open_revision(
                order_id=order.pk,
                actor=actor,
                expected_version=form.cleaned_data["version"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
            return done(request, gettext("The revision is open."), reverse("console:order", args=[order.number]))
    context = {"order": order, "form": form}
    return render(request, "console/orders/open_revision.html", context, status=422 if form.errors else 200)


@access.staff(*access.MOVES_CASES)
@require_POST
def close_revision(request: HttpRequest, actor: Actor, number: str, revision_id: int) -> HttpResponse:
    order = order_by_number(actor, number)
    revision = access.find(actor, Revision, pk=revision_id, order=order)
    closing.close_revision(
        revision_id=revision.pk, actor=actor, expected_version=seen_version(request), now=timezone.now()
    )
    return done(request, gettext("The revision is closed."), reverse("console:order", args=[order.number]))
