"""The catalog: what is offered and which reasons there are to choose from. A manager edits it, others look."""

from collections.abc import Callable

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.catalog.models import Product, ProductFamily, Reason, ReasonFor
from reprieve.console.catalog_forms import FamilyForm, ProductForm, ReasonForm
from reprieve.web.forms import done


@access.staff()
def catalog(request: HttpRequest, actor: Actor) -> HttpResponse:
    reasons = list(access.rows(actor, Reason))
    context = {
        "families": access.rows(actor, ProductFamily).prefetch_related("products"),
        "reasons": [(what.label, [row for row in reasons if row.reason_for == what]) for what in ReasonFor],
        "may_edit": actor.role in access.EDITS_CATALOG,
    }
    return render(request, "console/catalog/catalog.html", context)


@access.staff(*access.EDITS_CATALOG)
def product(request: HttpRequest, actor: Actor, pk: int | None = None) -> HttpResponse:
    return _edit(request, actor, ProductForm, Product, pk, gettext("New product"))


@access.staff(*access.EDITS_CATALOG)
def family(request: HttpRequest, actor: Actor, pk: int | None = None) -> HttpResponse:
    return _edit(request, actor, FamilyForm, ProductFamily, pk, gettext("New product family"))


@access.staff(*access.EDITS_CATALOG)
def reason(request: HttpRequest, actor: Actor, pk: int | None = None) -> HttpResponse:
    return _edit(request, actor, ReasonForm, Reason, pk, gettext("New reason"))


def _edit[M: Model](  # noqa: PLR0913, PLR0917 - one page for three kinds of rows
    request: HttpRequest,
    actor: Actor,
    make: Callable[..., "forms.ModelForm[M]"],
    model: type[M],
    pk: int | None,
    title: str,
) -> HttpResponse:
    """The row, or without one a new row, of which `title` speaks."""
    found = None if pk is None else access.find(actor, model, pk=pk)
    title = title if found is None else str(found)  # before the form has changed what it is called
    form = make(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        return done(request, gettext("“%s” is saved.") % form.save(), reverse("console:catalog"))
    context = {"form": form, "title": title}
    return render(request, "console/catalog/edit.html", context, status=422 if form.errors else 200)
