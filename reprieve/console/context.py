"""What the frame of the console knows: how much waits for staff, asked for in one query, where a page shows it."""

from django.db.models import Count, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from reprieve.billing.models import Refund, RefundState
from reprieve.cancellations.models import Cancellation, CancellationState

REQUESTS, REFUNDS = "requests", "refunds"


def waiting(_request: HttpRequest) -> dict[str, object]:
    """`pending_requests` and `pending_refunds` in every template; counted only where one reads them."""
    found = SimpleLazyObject(count_waiting)
    return {
        "pending_requests": SimpleLazyObject(lambda: found[REQUESTS]),
        "pending_refunds": SimpleLazyObject(lambda: found[REFUNDS]),
    }


def count_waiting() -> dict[str, int]:
    """How many cancellation requests are open, and how many refunds are to be approved or have failed."""
    requests = Cancellation.objects.filter(state=CancellationState.REQUESTED).order_by()
    refunds = Refund.objects.filter(state__in=[RefundState.PENDING, RefundState.FAILED]).order_by()
    counts = (
        rows.values(what=Value(name)).annotate(number=Count("pk")).values_list("what", "number")
        for name, rows in ((REQUESTS, requests), (REFUNDS, refunds))
    )
    first, second = counts
    return {REQUESTS: 0, REFUNDS: 0} | dict(first.union(second, all=True).order_by())
