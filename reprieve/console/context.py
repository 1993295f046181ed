"""What the frame of the console knows: how many cancellation requests wait for an answer."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from reprieve.billing.models import Refund, RefundState
from reprieve.cancellations.models import Cancellation, CancellationState


def pending_requests(_request: HttpRequest) -> dict[str, object]:
    """`pending_requests` in every template; counted only where one reads it, which is in the console alone."""
    return {
        "pending_requests": SimpleLazyObject(count_pending),
        "pending_refunds": SimpleLazyObject(count_pending_refunds),
    }


def count_pending_refunds() -> int:
    """How many refunds wait for people: to be approved, or because they failed."""
    return Refund.objects.filter(state__in=[RefundState.PENDING, RefundState.FAILED]).count()


def count_pending() -> int:
    """How many requests are open."""
    return Cancellation.objects.filter(state=CancellationState.REQUESTED).count()
