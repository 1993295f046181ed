"""Ask support to cancel an order, where the rules neither allow nor refuse."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation
from reprieve.orders.locking import lock_order
from reprieve.settlement.cancelling import request


@transaction.atomic
def request_cancellation(*, order_id: int, actor: Actor, reason: str, note: str = "", now: datetime) -> Cancellation:
    """File the request, with the decision as it is now: support's answer will use it.

    If a request is open, or the order is cancelled already: the same answer again, and nothing happens.
    Raises NotFound, NotAllowed, ReasonMissing, NoteMissing, NoteTooLong, CancellationRefused,
    CancellationNeedsNoRequest, NoRulesInForce.
    """
    access.require_may_act(actor)
    return request(lock_order(actor, order_id), actor=actor, reason=reason, note=note, now=now)
