"""Support rejects a refund that waits, with a reason that the customer reads."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import refunds
from reprieve.billing.history import record_of
from reprieve.billing.models import Refund, RefundState
from reprieve.history.models import EventType
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import shorten
from reprieve.notifications.notify import notify_practice

LONGEST_ANSWER = 500


class RefundAnswerMissing(Invalid):
    """The customer is owed a reason."""


@transaction.atomic
def reject_refund(*, refund_id: int, actor: Actor, expected_version: int, answer: str, now: datetime) -> Refund:
    """Reject it: what it was about stays refundable, and can be asked for again.

    Raises NotFound, NotAllowed, RefundAnswerMissing, RefundMoved.
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    if not answer.strip():
        raise RefundAnswerMissing(gettext("Please tell the customer why."), field="answer")
    if len(answer.strip()) > LONGEST_ANSWER:
        raise RefundAnswerMissing(shorten(LONGEST_ANSWER), field="answer")
    refund = refunds.lock_refund(actor, refund_id)
    refunds.require_refund(refund, expected_version, RefundState.PENDING)
    refunds.release(refund, refund.amount_minor)
    refund.answered_by_id, refund.answered_by_name, refund.answered_at = actor.person_id, actor.name, now
    refund.answer = answer.strip()
    refunds.move(refund, RefundState.REJECTED, "answered_by_id", "answered_by_name", "answered_at", "answer")
    event = record_of(refund, EventType.REFUND_REJECTED, actor=actor, now=now, why=refund.answer)
    notify_practice(refund.payable, event)
    return refund
