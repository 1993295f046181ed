"""The holder of a card disputes a payment, or the bank has decided: a disputed payment is never refunded besides."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import SYSTEM
from reprieve.billing import paying
from reprieve.billing.models import Payment
from reprieve.billing.payables import record_for
from reprieve.history.models import Event, EventType
from reprieve.history.own_words import DISPUTE_LOST, DISPUTE_WON
from reprieve.history.record import amount

ENDINGS = {"won": DISPUTE_WON, "lost": DISPUTE_LOST}


@transaction.atomic
def mark_disputed(*, payment_id: int, closed: str, now: datetime) -> Payment:
    """Mark it. `closed` is empty while the dispute is open, then `won` or `lost`; a lost one stays marked.

    Staff are told of each change, once.
    """
    payment = paying.lock(payment_id)
    was, payment.disputed = payment.disputed, closed != "won"
    payment.save(update_fields=["disputed"])
    if payment.disputed and not was:
        _notify(payment, EventType.PAYMENT_DISPUTED, now)
    if (was and not payment.disputed) or (closed == "lost" and not _told_of_end(payment)):
        _notify(payment, EventType.DISPUTE_CLOSED, now, how=ENDINGS[closed])
    return payment


def _told_of_end(payment: Payment) -> bool:
    return Event.objects.filter(type=EventType.DISPUTE_CLOSED, data__payment=payment.pk).exists()


def _notify(payment: Payment, type: EventType, now: datetime, **words: str) -> None:  # noqa: A002 - the domain's word
    record_for(
        payment.payable,
        type,
        actor=SYSTEM,
        now=now,
        for_staff_only=True,
        data={"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk, **words},
    )
