"""The files of an order in the portal: adding some, saving one."""

from uuid import UUID

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.add_files import add_files
from reprieve.orders.uploads import ACCEPTED
from reprieve.web.files import send_file
from reprieve.web.forms import FilesField, RefusalsAt, done, inspected
from reprieve.web.order_search import order_by_number
from reprieve.web.request_size import takes_files


class FilesForm(forms.Form):
    files = FilesField(  # type: ignore[assignment]  # no field is an attribute once the class is made
        label=_("Scans and photos"),
        help_text=ACCEPTED,
        error_messages={"required": _("Please choose a file.")},
    )


@takes_files
@access.customer
def add(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    form = FilesForm(None, request.FILES) if request.method == "POST" else FilesForm()
    if form.is_valid():
        with RefusalsAt(form):
            uploads = inspected(form.cleaned_data["files"])
            added = add_files(order_id=order.pk, actor=actor, uploads=uploads, now=timezone.now())
            return done(request, _thanks(len(added)), reverse("portal:order", args=[order.number]))
    context = {"order": order, "form": form}
    return render(request, "portal/orders/add_files.html", context, status=422 if form.is_bound else 200)


@access.customer
def download(_request: HttpRequest, actor: Actor, number: str, file_id: UUID) -> FileResponse:
    return send_file(actor, number, file_id)


def _thanks(added: int) -> str:
    if not added:
        return gettext("These files were here already.")
    return ngettext("%d file added.", "%d files added.", added) % added
