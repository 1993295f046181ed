"""Take a cancellation request back before support has answered it."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import open_request
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.errors import Refused
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order


class RequestClosed(Refused):
    """The request has been answered, or taken back, in the meantime."""

    code = "request_closed"


@transaction.atomic
def withdraw_cancellation(*, cancellation_id: int, actor: Actor, now: datetime) -> Cancellation:
    """Take the request back; anybody of the practice may. Taken back already: the same answer again.

    Raises NotFound, RequestClosed.
    """
    found = access.find(actor, Cancellation, pk=cancellation_id)
    order = lock_order(actor, found.order_id)
    request = Cancellation.objects.get(pk=found.pk)
    if request.state == CancellationState.WITHDRAWN:
        return request
    if request.state != CancellationState.REQUESTED:
        raise RequestClosed(f"Support has answered this request already: {request.get_state_display().lower()}.")
    _withdraw(request, order, actor=actor, now=now)
    return request


def withdraw_open_request(order: Order, *, actor: Actor, now: datetime) -> None:
    """Close the request of a locked order that is about to be cancelled without it."""
    request = open_request(order)
    if request is not None:
        _withdraw(request, order, actor=actor, now=now)


def _withdraw(request: Cancellation, order: Order, *, actor: Actor, now: datetime) -> None:
    request.state = CancellationState.WITHDRAWN
    request.closed_by_id, request.closed_by_name, request.closed_at = actor.person_id, actor.name, now
    request.save()
    record(EventType.CANCELLATION_WITHDRAWN, subject=Order.SUBJECT, subject_id=order.pk, actor=actor, now=now)
