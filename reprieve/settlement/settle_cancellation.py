"""The money of a cancellation, in its transaction: nothing more is billed, and what was paid goes back.

Store credit goes back at once, money by the worker afterwards. A credit note takes the case off its invoice. What is on
its way from a card is let go of, or, where that is too late, received and left to support.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reprieve.accounts.actors import Actor
from reprieve.billing import charges, credit_notes, refunds
from reprieve.billing.documents import as_loaded
from reprieve.billing.history import drafts_of
from reprieve.billing.models import RefundState
from reprieve.billing.quotes import Quote
from reprieve.cancellations.models import Cancellation
from reprieve.cancellations.subjects import Subject
from reprieve.history.models import Event, EventType
from reprieve.settlement.send_payment import resume_payments
from reprieve.settlement.send_refund import queue
from reprieve.settlement.settle_invoice import settle_invoice

EVENT_OF: Final = {RefundState.COMPLETED: EventType.CREDIT_RESTORED, RefundState.APPROVED: EventType.REFUND_DUE}


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be recorded of it, in this order, and what of that the practice is told."""

    events: Sequence[Event]
    told: Sequence[Event]


def settle_cancellation(
    subject: Subject, cancellation: Cancellation, quoted: Quote, *, actor: Actor, now: datetime
) -> Settled:
    """Carry out what was quoted for what is locked (`quotes.quote_to_act`), in the caller's transaction.

    What support has yet to decide on waits in their queue.
    """
    charge = subject.charge
    events: list[Event] = []
    told: list[Event] = []
    charges.void(charge)
    if quoted.credited is not None:
        events = credit_notes.write(charge, quoted.credited, actor=actor, now=now)
        told = events[:1]
        if as_loaded(quoted.credited.line).open_minor > 0:  # else what is on it is paid already
            settle_invoice.enqueue(quoted.credited.line.invoice_id)
    found = refunds.give_back(cancellation, quoted, actor=actor, now=now)
    for refund in found:
        if refund.state in EVENT_OF:
            events += drafts_of(refund, EVENT_OF[RefundState(refund.state)], actor=actor, now=now)
    queue(found)
    resume_payments(charge, run_after=now + quoted.terms.undo_window)
    return Settled(events, told)
