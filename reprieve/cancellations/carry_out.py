"""What cancelling does to an order, however it came about."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import EventType
from reprieve.orders import lifecycle
from reprieve.orders.history import record_on
from reprieve.orders.models import Order, PauseEnd
from reprieve.orders.pauses import end_pause, open_pause


def carry_out(order: Order, cancellation: Cancellation, *, actor: Actor, now: datetime) -> None:
    """Cancel the locked order, ending its pause if it is in one. Raises WrongState if it cannot be cancelled."""
    pause = open_pause(order)
    cancellation.status_before = order.paused_from or order.status
    cancellation.save(update_fields=["status_before"])
    lifecycle.apply(order, lifecycle.Verb.CANCEL, now=now)
    if pause is not None:
        end_pause(pause, PauseEnd.CANCELLED, now=now)
        record_on(order, EventType.PAUSE_ENDED_BY_CANCELLATION, actor=actor, now=now)
