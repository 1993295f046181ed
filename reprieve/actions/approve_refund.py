"""Support approves a refund that waits, as it is or a smaller amount of it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import refunds
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.history import record_of
from reprieve.billing.models import Refund, RefundState
from reprieve.history.models import EventType
from reprieve.history.record import record_all
from reprieve.lib import money
from reprieve.notifications.notify import notify_practice
from reprieve.settlement.send_refund import queue

ANSWERED = ("answered_by_id", "answered_by_name", "answered_at", "amount_minor", "send_from")


@transaction.atomic
def approve_refund(
    *, refund_id: int, actor: Actor, expected_version: int, amount_minor: int | None = None, now: datetime
) -> Refund:
    """Approve it: store credit is restored at once, money is sent by the worker. What is not approved stays refundable.

    What of it the business kept on an invoice is taken off there by a credit note.

    Raises NotFound, NotAllowed, RefundMoved, PaymentDisputed, AmountInvalid (not above zero, or above what was asked).
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    refund = refunds.lock_refund(actor, refund_id)
    refunds.require_refund(refund, expected_version, RefundState.PENDING)
    refunds.require_undisputed([refund.payment])
    _shrink(refund, refund.amount_minor if amount_minor is None else amount_minor)
    refund.answered_by_id, refund.answered_by_name, refund.answered_at = actor.person_id, actor.name, now
    refund.send_from = max(refund.send_from, now)
    of_note = refunds.waive(refund, refund.charge, actor=actor, now=now) if refund.charge is not None else []
    record_all(of_note)
    refunds.move(refund, RefundState.APPROVED, *ANSWERED)
    approved = record_of(refund, EventType.REFUND_APPROVED, actor=actor, now=now)
    notify_practice(refund.payable, *of_note[:1], approved)
    if refund.to_credit:
        refunds.complete_as_credit(refund, actor=actor, now=now)
        record_of(refund, EventType.CREDIT_RESTORED, actor=actor, now=now)
    queue([refund])
    return refund


def _shrink(refund: Refund, amount_minor: int) -> None:
    if amount_minor <= 0:
        raise AmountInvalid(gettext("The amount has to be above zero. To refund nothing, reject it."), field="amount")
    if amount_minor > refund.amount_minor:
        words = money.display(refund.amount)
        raise AmountInvalid(
            gettext("That is more than the refund is about: %(words)s.") % {"words": words}, field="amount"
        )
    refunds.release(refund, refund.amount_minor - amount_minor)
    refund.amount_minor = amount_minor
