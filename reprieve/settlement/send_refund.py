"""Send a refund that is approved and whose time has come; look one up whose answer is still owed."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.billing import sending
from reprieve.billing.gateways import Answer, gateway
from reprieve.billing.history import record_of
from reprieve.billing.models import Refund, RefundAttempt, RefundState
from reprieve.history.models import EventType
from reprieve.notifications.notify import notify_practice


def queue(refunds: Iterable[Refund]) -> None:
    """Queue the sending of those that are approved, in the caller's transaction, for when their time has come."""
    for refund in refunds:
        if refund.state == RefundState.APPROVED:
            send_when_due.using(run_after=refund.send_from).enqueue(refund.pk)


@task()
def send_when_due(refund_id: int) -> None:
    """Background work. What it raises, or dies of, makes the worker begin again: see `billing.sending`."""
    send_refund(refund_id=refund_id, now=timezone.now())


def send_refund(*, refund_id: int, now: datetime) -> None:
    """Go on with one refund: three steps, of which only the middle one is outside, and none undoes another."""
    with transaction.atomic():
        found = sending.claim(refund_id, now=now)
        if isinstance(found, sending.HeldBack):
            record_of(found.refund, EventType.REFUND_HELD_BACK, actor=SYSTEM, now=now, for_staff_only=True)
    if isinstance(found, sending.Try):
        answer = sending.ask(found)
        refund = book_refund(attempt_id=found.attempt.pk, answer=answer, actor=SYSTEM, now=now)
        _look_again(refund, found.attempt.pk, now=now)


@transaction.atomic
def book_refund(*, attempt_id: int, answer: Answer, actor: Actor, now: datetime) -> Refund:
    """Book what is known of a try: the worker's answer, a webhook, or what staff say. The same twice does nothing."""
    refund, is_news = sending.book(attempt_id, answer, now=now)
    if is_news:
        _notify(refund, actor=actor, now=now)
    return refund


def _look_again(refund: Refund, attempt_id: int, *, now: datetime) -> None:
    """Queue the next look at what is not done. Dying before this makes the worker repeat the task it is in."""
    attempt = RefundAttempt.objects.get(pk=attempt_id)
    is_owed = refund.state in sending.OWED and not gateway(attempt.gateway).by_hand
    if is_owed or (refund.state == RefundState.FAILED and not attempt.permanent):
        send_when_due.using(run_after=sending.next_look(attempt, now=now)).enqueue(refund.pk)


def _notify(refund: Refund, *, actor: Actor, now: datetime) -> None:
    if refund.state == RefundState.COMPLETED:
        notify_practice(refund.payable, record_of(refund, EventType.REFUND_COMPLETED, actor=actor, now=now))
    elif refund.state == RefundState.FAILED:
        last = refund.attempts.order_by("number").last()
        why = last.problem if last else ""
        record_of(refund, EventType.REFUND_FAILED, actor=actor, now=now, for_staff_only=True, why=why)
