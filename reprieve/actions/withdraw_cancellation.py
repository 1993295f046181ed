"""Take a cancellation request back before support has answered it."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import open_request
from reprieve.cancellations.requests import close, lock_request, require_open
from reprieve.history.models import EventType
from reprieve.orders.history import record_on
from reprieve.orders.models import Order


@transaction.atomic
def withdraw_cancellation(*, cancellation_id: int, actor: Actor, now: datetime) -> Cancellation:
    """Take the request back; anybody of the practice may. Taken back already: the same answer again.

    Raises NotFound, NotAllowed, RequestClosed.
    """
    access.require_may_act(actor)
    order, request = lock_request(actor, cancellation_id)
    if request.state != CancellationState.WITHDRAWN:
        require_open(request)
        _withdraw(request, order, actor=actor, now=now)
    return request


def withdraw_open_request(order: Order, *, actor: Actor, now: datetime) -> None:
    """Close the request of a locked order that is about to be cancelled without it."""
    request = open_request(order)
    if request is not None:
        _withdraw(request, order, actor=actor, now=now)


def _withdraw(request: Cancellation, order: Order, *, actor: Actor, now: datetime) -> None:
    close(request, CancellationState.WITHDRAWN, actor=actor, now=now)
    record_on(order, EventType.CANCELLATION_WITHDRAWN, actor=actor, now=now)
