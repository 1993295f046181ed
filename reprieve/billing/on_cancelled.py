"""What cancelling an order does to its money, however it came about; in the cancellation's own transaction."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing import charges
from reprieve.cancellations.models import Cancellation
from reprieve.orders.models import Order


def settle(order: Order, cancellation: Cancellation, *, actor: Actor, now: datetime) -> None:
    """The locked order was cancelled: what was not charged never is."""
    charges.void(order)
