"""Undo a cancellation within the time that its rule grants: the order goes on where it stood, and so does its money."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import Actor
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order
from reprieve.settlement import cancelling


@transaction.atomic
def undo_cancellation(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Undo it. Undone already: the same answer again, and nothing happens.

    Refunds that were not sent are taken back; store credit that was restored is spent again. Raises NotFound,
    NotAllowed, WrongState (never cancelled), TooLateToUndo, CreditTooSmall (the credit has been spent otherwise).
    """
    order = lock_order(actor, order_id)
    cancelling.undo(order, actor=actor, now=now)
    return order
