"""What cancelling an order does to what it is billed, however it came about; in the cancellation's own transaction."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.billing import charges, credit_notes
from reprieve.billing.models import Invoice
from reprieve.cancellations.models import Cancellation
from reprieve.orders.models import Order


def settle(order: Order, cancellation: Cancellation, *, actor: Actor, now: datetime) -> Invoice | None:
    """The locked order was cancelled: what is on no invoice never will be, a credit note takes back what is.

    Answers the credit note, for the action to send. What was paid is given back by `billing.refunds`.
    """
    charges.void(order)
    return credit_notes.credit(order, cancellation, actor=actor, now=now)
