"""Staff restore an order that was slated for deletion: it goes on where it stood before its pause (D5)."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.notifications.tell import tell_practice
from reprieve.orders import lifecycle
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import Order, PauseEnd, Status
from reprieve.orders.pauses import end_pause, open_pause


@transaction.atomic
def restore_order(*, order_id: int, actor: Actor, expected_version: int, now: datetime) -> Order:
    """Restore it. Raises NotFound, NotAllowed, OrderChanged, WrongState."""
    access.require_role(actor, *access.DECIDES_REQUESTS)
    order = lock_order(actor, order_id)
    require_version(order, expected_version)
    pause = open_pause(order)
    if pause is None:
        raise lifecycle.WrongState("This case is not slated for deletion.")
    lifecycle.apply(order, lifecycle.Verb.RESTORE, now=now, to=Status(pause.status_before))
    end_pause(pause, PauseEnd.RESTORED, now=now)
    event = record(EventType.ORDER_RESTORED, subject=Order.SUBJECT, subject_id=order.pk, actor=actor, now=now)
    tell_practice(order, event)
    return order
