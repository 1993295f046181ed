"""Orders in the portal: the list, and everything about one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.orders.lifecycle import TAKES_FILES
from reprieve.orders.models import FileKind, Order, Status
from reprieve.portal.files import FilesForm
from reprieve.portal.guidance import PREVENTS_CANCELLING, WHILE_UNDER_WAY
from reprieve.web import keyset
from reprieve.web.files import file_rows
from reprieve.web.order_page import OrderPage, load_order_page
from reprieve.web.order_search import (
    CANCELLABLE_NOW,
    CANCELLATION_REQUESTED,
    named_by,
    narrowed,
    searchable,
    with_what_a_row_shows,
)
from reprieve.web.pause_banner import pause_banner
from reprieve.web.timeline import timeline

PAGE_SIZE = 50
FILTERS = (
    ("", _("All")),
    *Status.choices,
    (CANCELLATION_REQUESTED, _("Cancellation requested")),
    (CANCELLABLE_NOW, _("Can be cancelled now")),
)


@access.customer
def order_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    wanted, status = searchable(request.GET.get("q", "")), searchable(request.GET.get("status", ""))
    orders = narrowed(access.rows(actor, Order), status, actor, now=timezone.now())
    if wanted:
        orders = orders.filter(named_by(wanted))
    page = keyset.page(with_what_a_row_shows(orders), "submitted_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    context = {"page": page, "q": wanted, "status": status, "filters": FILTERS, "is_narrowed": bool(wanted or status)}
    return render(request, "portal/orders/list.html", context)


@access.customer
def order_detail(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    now = timezone.now()
    page = load_order_page(actor, number, door="portal", now=now)
    return render(
        request,
        "portal/orders/order.html",
        {
            "page": page,
            "order": page.order,
            "pause": pause_banner(page.pause, now=now) if page.pause else None,
            "offered": {offer.key: offer for offer in page.offers if not offer.refused},
            "on_hold_because": _hold_words(page),
            "submitted_files": file_rows(page.order, FileKind.SUBMITTED, door="portal"),
            "final_files": file_rows(page.order, FileKind.FINAL, door="portal"),
            "files_form": FilesForm(),
            "takes_files": page.order.status in TAKES_FILES,
            "entries": timeline(page.order, page.events),
            "tips": WHILE_UNDER_WAY,
            "prevents": PREVENTS_CANCELLING,
        },
    )


def _hold_words(page: OrderPage) -> str:
    """Why the order is on hold, in the words of the lab, if it is."""
    if page.order.status != Status.ON_HOLD:
        return ""
    holds = (event for event in reversed(page.events) if event.type == EventType.PUT_ON_HOLD)
    return next((str(hold.data["why"]) for hold in holds), "")
