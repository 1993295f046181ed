"""Support confirms a refund that was made by hand, or says that it did not arrive after all."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import refunds
from reprieve.billing.checks import require_reference, require_why
from reprieve.billing.gateways import MANUAL, Answer, Declined, Done
from reprieve.billing.models import Refund, RefundAttempt, RefundState
from reprieve.settlement.send_refund import book_refund


@transaction.atomic
def confirm_refund(*, refund_id: int, actor: Actor, expected_version: int, reference: str, now: datetime) -> Refund:
    """It was made; `reference` is what stands on the bank statement.

    Raises NotFound, NotAllowed, ReferenceMissing, RefundMoved (also for one that is not made by hand).
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    require_reference(reference)
    attempt = _by_hand(actor, refund_id, expected_version, RefundState.SENT)
    RefundAttempt.objects.filter(pk=attempt.pk).update(reference=reference.strip())
    return book_refund(attempt_id=attempt.pk, answer=Done(""), actor=actor, now=now)


@transaction.atomic
def report_failed_refund(*, refund_id: int, actor: Actor, expected_version: int, why: str, now: datetime) -> Refund:
    """It came back, or could not be made: it has failed, and can be tried again.

    Raises NotFound, NotAllowed, WhyMissing, RefundMoved (also for one that is not made by hand).
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    require_why(why)
    attempt = _by_hand(actor, refund_id, expected_version, RefundState.SENT, RefundState.COMPLETED)
    answer: Answer = Declined(why.strip(), permanent=True)
    return book_refund(attempt_id=attempt.pk, answer=answer, actor=actor, now=now)


def _by_hand(actor: Actor, refund_id: int, seen: int, *states: RefundState) -> RefundAttempt:
    refund = refunds.lock_refund(actor, refund_id)
    refunds.require_refund(refund, seen, *states)
    last = refund.attempts.order_by("number").last()
    if last is None or last.gateway != MANUAL or refund.to_credit:
        raise refunds.RefundMoved(gettext("This refund is not made by hand, so nobody confirms it."))
    return last
