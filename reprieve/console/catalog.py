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
def new_product(request: HttpRequest, _actor: Actor) -> HttpResponse:
    return _edit(request, ProductForm, None, gettext("New product"))


@access.staff(*access.EDITS_CATALOG)
def product(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = access.find(actor, Product, pk=pk)
    return _edit(request, ProductForm, found, found.name)


@access.staff(*access.EDITS_CATALOG)
def new_family(request: HttpRequest, _actor: Actor) -> HttpResponse:
    return _edit(request, FamilyForm, None, gettext("New product family"))


@access.staff(*access.EDITS_CATALOG)
def family(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = access.find(actor, ProductFamily, pk=pk)
    return _edit(request, FamilyForm, found, found.name)


@access.staff(*access.EDITS_CATALOG)
def new_reason(request: HttpRequest, _actor: Actor) -> HttpResponse:
    return _edit(request, ReasonForm, None, gettext("New reason"))


@access.staff(*access.EDITS_CATALOG)
def reason(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = access.find(actor, Reason, pk=pk)
    return _edit(request, ReasonForm, found, found.label)


def _edit[M: Model](
    request: HttpRequest, make: Callable[..., "forms.ModelForm[M]"], instance: M | None, title: str
) -> HttpResponse:
    form = make(request.POST if request.method == "POST" else None, instance=instance)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        return done(request, gettext("“%s” is saved.") % saved, reverse("console:catalog"))
    context = {"form": form, "title": title}
    return render(request, "console/catalog/edit.html", context, status=422 if form.errors else 200)
