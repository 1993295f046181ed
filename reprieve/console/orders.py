"""Orders in the console: the list across all practices, and the case page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.open_revision import is_revisable
from reprieve.actions.record_payment import receivable_minor
from reprieve.cancellations.models import Cancellation
from reprieve.console.bulk import MOST
from reprieve.console.decisions import ShownDecision, shown_decision
from reprieve.console.moves import moves
from reprieve.console.order_filter import OrderFilter
from reprieve.orders import lifecycle
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import FileKind, Order, Pause
from reprieve.web import keyset
from reprieve.web.files import file_rows
from reprieve.web.order_page import OrderPage, load_order_page
from reprieve.web.order_search import with_what_a_row_shows
from reprieve.web.timeline import timeline

PAGE_SIZE = 50


@access.staff()
def order_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = OrderFilter(request.GET)
    found = form.apply(access.rows(actor, Order), actor, now=timezone.now())
    orders = with_what_a_row_shows(found.select_related("practice"))
    page = keyset.page(orders, "submitted_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    may_act = actor.role in access.ACTS_FOR_CUSTOMERS
    is_one_of_several = bool(page.newer or page.older)
    context = {
        "form": form,
        "page": page,
        "may_act": may_act,
        "found": found[: MOST + 1].count() if may_act and is_one_of_several else 0,
        "most": MOST,
    }
    return render(request, "console/orders/list.html", context)


@access.staff()
def order_detail(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    page = load_order_page(actor, number, door="console", now=timezone.now())
    order, decides = page.order, actor.role in access.DECIDES_REQUESTS
    possible = lifecycle.possible(order)
    context = {
        "page": page,
        "order": order,
        "entries": timeline(order, page.events, for_staff=True),
        "submitted_files": file_rows(order, FileKind.SUBMITTED, door="console"),
        "final_files": file_rows(order, FileKind.FINAL, door="console"),
        "moves": moves(order) if actor.role in access.MOVES_CASES else [],
        "may_deliver": Verb.DELIVER_FILES in possible and actor.role in access.MOVES_CASES,
        "may_revise": is_revisable(order) and actor.role in access.MOVES_CASES,
        "may_restore": Verb.RESTORE in possible and decides,
        "may_decide": decides,
        "pay_url": _pay_url(order, actor),
        "refund_url": reverse("console:request_refund", args=[order.number]) if decides else "",
        "decisions": _decisions(page),
        "request_decision": shown_decision(page.request.decision) if page.request else None,
    }
    return render(request, "console/orders/order.html", context)


def _pay_url(order: Order, actor: Actor) -> str:
    """Where a payment of the order is recorded, if one may be and by this member of staff."""
    may_record = actor.role in access.RECORDS_PAYMENTS and receivable_minor(order.charge) > 0
    return reverse("console:record_payment", args=[order.number]) if may_record else ""


def _decisions(page: OrderPage) -> list[tuple[str, Cancellation | Pause, ShownDecision]]:
    """Every cancellation and pause with the decision behind it, newest first."""
    decided: list[tuple[str, Cancellation | Pause]] = [
        *(("cancellation", row) for row in page.order.cancellations.all()),
        *(("pause", row) for row in page.order.pauses.all()),
    ]
    found = [(kind, row, shown_decision(row.decision)) for kind, row in decided]
    return sorted(found, key=lambda entry: entry[2].at, reverse=True)
