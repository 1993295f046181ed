"""Slate an order for deletion whose pause has run out (D5)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order
from reprieve.orders.pauses import open_pause


class PauseStillRuns(Refused):
    """The order is not paused, or its pause has not run out."""


@transaction.atomic
def slate_order(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Slate it; the pause stays open, so that staff see why it stands still. Slated already: the same answer again.

    Raises NotFound, PauseStillRuns.
    """
    order = lock_order(actor, order_id)
    pause = open_pause(order)
    if pause is not None and pause.slated_at is not None:
        return order
    if pause is None or now < pause.until:
        raise PauseStillRuns(gettext("This case is not paused, or its pause has not run out yet."))
    lifecycle.apply(order, lifecycle.Verb.SLATE, now=now)
    pause.slated_at = now
    pause.save(update_fields=["slated_at"])
    event = record_on(
        order,
        EventType.SLATED_FOR_DELETION,
        actor=actor,
        now=now,
        data={"until": pause.until.isoformat()},
    )
    notify_practice(order, event)
    return order
