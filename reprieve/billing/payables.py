"""What can be paid, a charge by itself or an invoice: the one file that tells the two apart (decision 0015).

Locks are taken in the order that `billing.payments` tells.
"""

from datetime import datetime
from typing import Unpack
from uuid import UUID, uuid4

from django.db.models import QuerySet

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.billing import charges
from reprieve.billing.documents import as_it_stands
from reprieve.billing.models import (
    ON_ITS_WAY,
    Charge,
    Invoice,
    Method,
    Payable,
    Payment,
    PaymentState,
    Refund,
)
from reprieve.billing.payments import (
    PAYABLE,
    excess_minor,
    lock_invoice,
    lock_invoice_of,
    mark_invoice_paid,
    mark_paid,
    paid_minor,
    refundable_minor,
)
from reprieve.cancellations import subjects
from reprieve.cancellations.models import Cancellation
from reprieve.cancellations.queries import effective_cancellation
from reprieve.history.models import Event, EventType
from reprieve.history.own_words import PAID_TOO_MUCH, PAID_TWICE
from reprieve.history.record import Details, draft, record_all


def lock(found: Payable) -> Payable:
    """It as it is under its lock, which is held until the transaction ends."""
    match found:
        case Charge():
            return charges.lock(SYSTEM, found)
        case Invoice():
            return lock_invoice(found.pk)


def is_for(row: Payment | Refund, payable: Payable) -> None:
    """Say of a payment or a refund what it is for."""
    match payable:
        case Charge():
            row.charge = payable
        case Invoice():
            row.invoice = payable


def payment_for(  # noqa: PLR0913 - one row in one line
    payable: Payable, method: Method, amount_minor: int, *, now: datetime, gateway: str = "", key: UUID | None = None
) -> Payment:
    """A payment of so much that is begun, to be saved. Without a `key` to know it again by, it gets one."""
    payment = Payment(
        practice_id=payable.practice_id,
        method=method,
        gateway=gateway,
        key=key or uuid4(),
        currency=payable.currency,
        amount_minor=amount_minor,
        state=PaymentState.PENDING,
        created_at=now,
    )
    is_for(payment, payable)
    return payment


def room_minor(payable: Payable) -> int:
    """What may still be paid for it, with what is on its way counted as paid; below zero: more than fits.

    Nothing of a charge that is on an invoice, billed outside, or never charged.
    """
    match payable:
        case Charge():
            paid = paid_minor(payable, (PaymentState.PAID, *ON_ITS_WAY))
            return payable.total_minor - paid if payable.state in PAYABLE else 0
        case Invoice():
            coming = payable.payments.filter(state__in=ON_ITS_WAY)
            return as_it_stands(payable).open_minor - sum(coming.values_list("amount_minor", flat=True))


def open_minor(payable: Payable) -> int:
    """The same, never below nothing."""
    return max(room_minor(payable), 0)


def refundable(payable: Payable) -> tuple[int, list[Payment]]:
    """How much of its payments may be asked back, in minor units, and the payments that hold it.

    Nothing of what is on its way back already, nor of a disputed payment; of an invoice, and of what is not cancelled,
    what was paid too much. Of what is cancelled, disputed payments where there are no others: asking says why not.
    """
    left = [each for each in payable.payments.filter(state=PaymentState.PAID) if each.left_minor > 0]
    undisputed = [each for each in left if not each.disputed]
    held = sum(each.left_minor for each in undisputed)
    match payable:
        case Charge():
            if undisputed or not subjects.is_cancelled(payable.subject):
                return refundable_minor(payable), undisputed
            return sum(each.left_minor for each in left), left
        case Invoice():
            return min(as_it_stands(payable).overpaid_minor, held), undisputed


def too_much(payable: Payable) -> tuple[int, str]:
    """What was paid too much for it, in minor units, and why that goes back."""
    match payable:
        case Charge():
            return excess_minor(payable), PAID_TWICE
        case Invoice():
            return as_it_stands(payable).overpaid_minor, PAID_TOO_MUCH


def is_over(payable: Payable) -> bool:
    """Whether what it is of is cancelled, so that what comes now comes too late."""
    match payable:
        case Charge():
            return subjects.is_cancelled(payable.subject)
        case Invoice():
            return False


def cancellation_of(payable: Payable) -> Cancellation | None:
    """What cancelled what a charge is of; None where nothing did, and of an invoice."""
    match payable:
        case Charge():
            return effective_cancellation(payable.subject)
        case Invoice():
            return None


def covered_minor(payable: Payable) -> int | None:
    """What the invoice that a locked charge is on, which is locked as well, is overpaid; None where it is on none."""
    match payable:
        case Charge():
            invoice = lock_invoice_of(payable)
            return as_it_stands(invoice).overpaid_minor if invoice is not None else None
        case Invoice():
            return None


def settle(payable: Payable, *, actor: Actor, now: datetime) -> None:
    """If all of it is paid by now, so are its charges; what is paid by itself is called charged."""
    match payable:
        case Charge():
            if mark_paid(payable):
                subjects.charge(payable.subject, actor=actor, now=now)
        case Invoice():
            mark_invoice_paid(payable)


def draft_for(
    payable: Payable,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """An event that is not yet written, for where people look for it: an invoice's history, or a charge's subject's."""
    match payable:
        case Charge():
            return subjects.draft_on(payable.subject, type, actor=actor, now=now, **details)
        case Invoice():
            return draft(type, subject=Invoice.SUBJECT, subject_id=payable.pk, actor=actor, now=now, **details)


def record_for(
    payable: Payable,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """Append one event to that history."""
    (event,) = record_all([draft_for(payable, type, actor=actor, now=now, **details)])
    return event


def events_for(payable: Payable) -> QuerySet[Event]:
    """The same history, to be read."""
    match payable:
        case Charge():
            return subjects.events_of(payable.subject)
        case Invoice():
            return Event.objects.filter(subject=Invoice.SUBJECT, subject_id=payable.pk)
