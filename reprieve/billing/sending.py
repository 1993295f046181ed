"""Sending a refund: a try is written down and committed before the gateway is asked, and its answer booked after.

Whatever dies in between, the open try says that an answer is owed: it is looked up, and asked for again with the same
key only where the gateway has never heard of it. So a refund is neither lost nor made twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reprieve.accounts.actors import SYSTEM
from reprieve.billing.gateways import MANUAL, Absent, Amount, Answer, Declined, Done, Pending, Unknown, gateway
from reprieve.billing.models import Refund, RefundAttempt, RefundState
from reprieve.billing.refunds import lock_refund, move

SOONEST, LATEST = timedelta(minutes=1), timedelta(hours=6)
LONGEST_PROBLEM = 200
OWED = (RefundState.SENT, RefundState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Try:
    """A try to be made, or an older one whose answer is still owed."""

    attempt: RefundAttempt
    is_new: bool


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A refund that went back to support instead, because its payment has come to be disputed."""

    refund: Refund


def claim(refund_id: int, *, now: datetime) -> Try | HeldBack | None:
    """Write down the next try at the refund, in the caller's transaction, or find the one whose answer is owed.

    None where there is nothing to do: it is done, waits for people, or its time has not come.
    """
    refund = lock_refund(SYSTEM, refund_id)
    last = refund.attempts.order_by("number").last()
    if refund.state in OWED and last is not None:
        return None if gateway(last.gateway).by_hand else Try(last, is_new=False)
    is_again = refund.state == RefundState.FAILED and last is not None and not last.permanent
    if not is_again and (refund.state != RefundState.APPROVED or now < refund.send_from):
        return None
    if refund.payment.disputed:
        move(refund, RefundState.PENDING)
        return HeldBack(refund)
    attempt = RefundAttempt.objects.create(
        refund=refund,
        number=last.number + 1 if last else 1,
        gateway=MANUAL if refund.by_hand else refund.payment.gateway or MANUAL,
        started_at=now,
    )
    move(refund, RefundState.SENT)
    return Try(attempt, is_new=True)


def ask(found: Try) -> Answer:
    """Ask the gateway; no transaction is open meanwhile. What a gateway raises leaves the try open, to be looked up.

    Earlier tries that were refused for now are looked up, too: another who asked may have been heard since.
    """
    attempt, refund = found.attempt, found.attempt.refund
    asked, payment = gateway(attempt.gateway), refund.payment.provider_id or ""
    if not asked.by_hand:
        earlier_tries = refund.attempts.filter(gateway=attempt.gateway, number__lt=attempt.number, permanent=False)
        for earlier in earlier_tries:
            answer = asked.look_up_refund(payment, key=earlier.key)
            if not isinstance(answer, Absent | Declined):
                return answer
    if not found.is_new:
        answer = asked.look_up_refund(payment, key=attempt.key)
        if not isinstance(answer, Absent):
            return answer
    return asked.refund(payment, Amount(refund.amount_minor, refund.currency), key=attempt.key)


def book(attempt_id: int, answer: Answer, *, now: datetime) -> tuple[Refund, bool]:
    """Book what the gateway says of a try, now or later, in the caller's transaction. The refund, and whether it moved.

    The same answer twice does nothing. A refund that was made and that the provider takes back has failed, and can be
    tried again. What comes late, of an older try or from before a failure, overrules nothing.
    """
    attempt = RefundAttempt.objects.get(pk=attempt_id)
    refund = lock_refund(SYSTEM, attempt.refund_id)
    attempt = RefundAttempt.objects.select_for_update().get(pk=attempt_id)
    state = _state_after(answer)
    is_last = not refund.attempts.filter(number__gt=attempt.number).exists()
    is_news = is_last and refund.state != state and _may_follow(refund, answer)
    if is_news or (is_last and attempt.ended_at is None):
        _note(attempt, answer, now)
    if is_news:
        refund.completed_at = now if state is RefundState.COMPLETED else None
        move(refund, state, "completed_at")
    return refund, is_news


def next_look(attempt: RefundAttempt, *, now: datetime) -> datetime:
    """When to ask again: after half as long as it has lasted, from a minute up to six hours."""
    return now + min(max((now - attempt.started_at) / 2, SOONEST), LATEST)


def _state_after(answer: Answer) -> RefundState:
    match answer:
        case Done():
            return RefundState.COMPLETED
        case Pending():
            return RefundState.SENT
        case Declined():
            return RefundState.FAILED
        case Unknown():
            return RefundState.UNKNOWN


def _may_follow(refund: Refund, answer: Answer) -> bool:
    """Whether an answer moves the refund on. What was done may still fail; what has failed is only tried again.

    But a refusal for now is about the question alone: it says nothing of what was done since.
    Nothing moves one that went onto the store credit, whatever is still heard of what was tried before.
    """
    if refund.to_credit:
        return False
    is_failure = isinstance(answer, Declined) and answer.permanent
    return refund.state in OWED or (refund.state == RefundState.COMPLETED and is_failure)


def _note(attempt: RefundAttempt, answer: Answer, now: datetime) -> None:
    match answer:
        case Done():
            attempt.provider_id, attempt.problem = answer.provider_id or None, ""
        case Pending():
            attempt.provider_id = answer.provider_id or attempt.provider_id
        case Declined():
            attempt.problem, attempt.permanent = answer.why[:LONGEST_PROBLEM], answer.permanent
        case Unknown():
            attempt.problem = answer.why[:LONGEST_PROBLEM]
    if isinstance(answer, Done | Declined):
        attempt.ended_at = now
    attempt.save()
