"""Files of a case: delivered to the practice, and downloaded."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.deliver_files import deliver_files as deliver
from reprieve.cancellations.queries import open_request
from reprieve.console.seen import SeenForm
from reprieve.orders import lifecycle
from reprieve.orders.models import Order
from reprieve.orders.uploads import ACCEPTED
from reprieve.web.files import send_file
from reprieve.web.forms import FilesField, RefusalsAt, done, inspected
from reprieve.web.order_search import order_by_number
from reprieve.web.request_size import takes_files


class DeliveryForm(SeenForm):
    # Django takes fields off the class: this does not hide the form's own `files`.
    files = FilesField(label=_("Final files"), required=False, help_text=ACCEPTED)  # type: ignore[assignment]
    override = forms.BooleanField(
        label=_("Deliver them although a cancellation request is open"),
        required=False,
        help_text=_("Recorded as an override."),
    )


@access.staff()
def download(_request: HttpRequest, actor: Actor, number: str, file_id: UUID) -> HttpResponse:
    return send_file(actor, number, file_id)  # type: ignore[return-value]  # FileResponse streams


@takes_files
@access.staff(*access.MOVES_CASES)
def deliver_files(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    if request.method != "POST":
        lifecycle.require(order, lifecycle.Verb.DELIVER_FILES)
        return _page(request, order, DeliveryForm(initial={"version": order.version}))
    form = DeliveryForm(request.POST, request.FILES)
    if form.is_valid():
        with RefusalsAt(form):
            stored = deliver(
                order_id=order.pk,
                actor=actor,
                uploads=inspected(form.cleaned_data["files"]),
                expected_version=form.cleaned_data["version"],
                now=timezone.now(),
                override=form.cleaned_data["override"],
            )
            words = ngettext("%d file is delivered.", "%d files are delivered.", len(stored)) % len(stored)
            return done(request, words, reverse("console:order", args=[order.number]))
    return _page(request, order, form)


def _page(request: HttpRequest, order: Order, form: DeliveryForm) -> HttpResponse:
    context = {"order": order, "form": form, "is_held": open_request(order) is not None}
    return render(request, "console/orders/deliver_files.html", context, status=422 if form.errors else 200)
