"""Support has a failed refund tried again, or asks once more about one of which nothing clear is known."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import refunds
from reprieve.billing.models import Refund, RefundState
from reprieve.settlement.send_refund import send_when_due


@transaction.atomic
def retry_refund(*, refund_id: int, actor: Actor, expected_version: int, now: datetime) -> Refund:
    """Queue it at once. A failed one becomes a new try; an unclear one is looked up, never sent blindly.

    Raises NotFound, NotAllowed, RefundMoved, PaymentDisputed.
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    refund = refunds.lock_refund(actor, refund_id)
    refunds.require_refund(refund, expected_version, RefundState.FAILED, RefundState.UNKNOWN)
    if refund.state == RefundState.FAILED:
        refunds.require_undisputed([refund.payment])
        refund.send_from = max(refund.send_from, now)
        refunds.move(refund, RefundState.APPROVED, "send_from")
    send_when_due.enqueue(refund.pk)
    return refund
