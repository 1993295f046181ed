"""What was paid goes back with a cancellation, in its transaction: credit at once, money by the worker afterwards.

What is on its way from a card is let go of, or, where that is too late, received and left to support.
"""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.actions.send_payment import go_on_with_payments
from reprieve.actions.send_refund import queue
from reprieve.billing import refunds
from reprieve.billing.models import Refund, RefundState
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import EventType
from reprieve.history.record import amount
from reprieve.orders.history import record_on
from reprieve.orders.models import Order

EVENT_OF = {RefundState.COMPLETED: EventType.CREDIT_RESTORED, RefundState.APPROVED: EventType.REFUND_DUE}


def refund_cancellation(  # noqa: PLR0913 - the whole of it in one line
    order: Order, cancellation: Cancellation, quoted: refunds.Quote, *, granted: bool, actor: Actor, now: datetime
) -> list[Refund]:
    """Give back what was quoted for the locked order. What support has yet to decide on waits in their queue."""
    found = refunds.give_back(order, cancellation, quoted, granted=granted, actor=actor, now=now)
    for refund in found:
        if refund.state in EVENT_OF:
            data: dict[str, object] = {"amount": amount(refund.amount_minor, refund.currency), "refund": refund.pk}
            record_on(order, EVENT_OF[RefundState(refund.state)], actor=actor, now=now, data=data)
    queue(found)
    go_on_with_payments(order, run_after=now + quoted.terms.undo_window)
    return found
