"""The money of a cancellation, in its transaction: nothing more is billed, and what was paid goes back.

Store credit goes back at once, money by the worker afterwards. A credit note takes the case off its invoice. What is on
its way from a card is let go of, or, where that is too late, received and left to support.
"""

from datetime import datetime
from typing import Final

from reprieve.accounts.actors import Actor
from reprieve.billing import charges, credit_notes, refunds
from reprieve.billing.history import record_of
from reprieve.billing.models import Invoice, RefundState
from reprieve.billing.quotes import Quote
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import EventType
from reprieve.notifications.notify import notify_of_invoices
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import resume_payments
from reprieve.settlement.send_refund import queue
from reprieve.settlement.settle_invoice import settle_invoice

EVENT_OF: Final = {RefundState.COMPLETED: EventType.CREDIT_RESTORED, RefundState.APPROVED: EventType.REFUND_DUE}


def settle_cancellation(
    order: Order, cancellation: Cancellation, quoted: Quote, *, actor: Actor, now: datetime
) -> None:
    """Carry out what was quoted for the locked order (`quotes.quote_to_act`), in the caller's transaction.

    What support has yet to decide on waits in their queue.
    """
    charge = order.charge
    charges.void(charge)
    if quoted.credited is not None:
        note = credit_notes.write(charge, quoted.credited, actor=actor, now=now)
        notify_of_invoices(Invoice.objects.filter(pk=note.pk))
        settle_invoice.enqueue(quoted.credited.line.invoice_id)
    found = refunds.give_back(cancellation, quoted, actor=actor, now=now)
    for refund in found:
        if refund.state in EVENT_OF:
            record_of(refund, EVENT_OF[RefundState(refund.state)], actor=actor, now=now)
    queue(found)
    resume_payments(charge, run_after=now + quoted.terms.undo_window)
