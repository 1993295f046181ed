"""Staff restore an order that was slated for deletion: it goes on where it stood before its pause (D5)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import charges
from reprieve.history.models import EventType
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import Order, PauseEnd, Status
from reprieve.orders.pauses import end_pause, last_pause, open_pause
from reprieve.settlement.send_payment import resume_payments


@transaction.atomic
def restore_order(*, order_id: int, actor: Actor, expected_version: int, now: datetime) -> Order:
    """Restore it. Restored already: the same answer again. Raises NotFound, NotAllowed, OrderChanged, WrongState."""
    access.require_role(actor, *access.ACTS_FOR_CUSTOMERS)
    order = lock_order(actor, order_id)
    pause, latest = open_pause(order), last_pause(order)
    restored = pause is None and latest is not None and latest.ended_how == PauseEnd.RESTORED
    if restored and order.status != Status.CANCELLED:
        return order
    require_version(order, expected_version)
    if pause is None:
        raise lifecycle.WrongState(gettext("This case is not slated for deletion."))
    lifecycle.apply(order, lifecycle.Verb.RESTORE, now=now, to=Status(pause.status_before))
    end_pause(pause, PauseEnd.RESTORED, now=now)
    charges.release(order.charge, now=now)
    resume_payments(order.charge)
    event = record_on(order, EventType.ORDER_RESTORED, actor=actor, now=now)
    notify_practice(order, event)
    return order
