"""Take a cancellation request back before support has answered it."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.requests import lock_request, require_open, withdraw
from reprieve.history.record import record_all


@transaction.atomic
def withdraw_cancellation(*, cancellation_id: int, actor: Actor, now: datetime) -> Cancellation:
    """Take the request back; anybody of the practice may. Taken back already: the same answer again.

    Raises NotFound, NotAllowed, RequestClosed.
    """
    access.require_may_act(actor)
    _subject, request = lock_request(actor, cancellation_id)
    if request.state != CancellationState.WITHDRAWN:
        require_open(request)
        record_all([withdraw(request, actor=actor, now=now)])
    return request
