"""Paying by card: a try is written down and committed before the gateway is asked, and its answer booked after.

A payment is one try with one card under one key. Whatever dies in between, the payment says that an answer is owed: it
is looked up, and asked for again with the same key only where the gateway has never heard of it. So nobody is charged
twice, and nothing that was charged is lost. What is to be done follows from the order or the invoice as it stands when
its turn comes: a payment of a cancelled order, or of more than an invoice is open for, is let go of instead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from uuid import UUID, uuid5

from reprieve.billing import payables
from reprieve.billing.gateways import (
    Absent,
    Amount,
    Authorised,
    Declined,
    Done,
    PaymentAnswer,
    PaymentFound,
    Pending,
    Released,
    Unknown,
    gateway,
)
from reprieve.billing.models import ON_ITS_WAY, Card, Charge, Invoice, Method, Payable, Payment, PaymentState
from reprieve.billing.payables import payment_for, room_minor
from reprieve.billing.refunds import lock_payment
from reprieve.cancellations.queries import effective_cancellation
from reprieve.cancellations.subjects import capture_due, is_cancelled, stands_still
from reprieve.policies.money_terms import MoneyTerms

SOONEST: Final = timedelta(minutes=1)
LATEST: Final = timedelta(hours=1)
LONGEST_PROBLEM: Final = 200
UNANSWERED: Final = (PaymentState.PENDING, PaymentState.UNKNOWN)


class Step(Enum):
    """What is wanted of the gateway."""

    PAY = auto()  # charge it, or authorise it first
    CAPTURE = auto()
    RELEASE = auto()
    LOOK = auto()  # nothing, but to know how it stands


@dataclass(frozen=True, slots=True)
class Try:
    """What to ask the gateway. `is_new`: it cannot have heard of the payment."""

    payment: Payment
    step: Step
    is_new: bool


@dataclass(frozen=True, slots=True)
class Dropped:
    """A payment of which the gateway never heard, and never will: what it was for is gone."""

    payment: Payment


def start(payable: Payable, card: Card, amount_minor: int, *, now: datetime, key: UUID | None = None) -> Payment:
    """The card's payment of so much for what is locked, to be saved."""
    payment = payment_for(payable, Method.CARD, amount_minor, gateway=card.gateway, now=now, key=key)
    payment.card = card
    payment.authorise_first = payment.charge is not None and not capture_due(payment.charge.subject)
    return payment


def under_way(invoice: Invoice) -> Payment | None:
    """The card's payment of the invoice that is on its way, or of which nobody knows: there is one at most."""
    return (
        Payment.objects.select_related("card").filter(invoice=invoice, card__isnull=False, state__in=ON_ITS_WAY).first()
    )


def claim(payment_id: int, *, now: datetime) -> Try | Dropped | None:
    """Write down that the gateway is asked, in the caller's transaction; or find what it is to be asked again.

    None where there is nothing to do: it is settled, or its time has not come.
    """
    payment = lock(payment_id)
    if payment.state not in ON_ITS_WAY or payment.card is None:
        return None
    step = _next_step(payment, now)
    is_new = payment.asked_at is None
    if is_new and step is Step.RELEASE:
        payment.state = PaymentState.RELEASED
        payment.save(update_fields=["state"])
        return Dropped(payment)
    if step is Step.LOOK and (is_new or payment.state == PaymentState.AUTHORISED):
        return None
    if is_new:
        payment.asked_at = now
        payment.save(update_fields=["asked_at"])
    return Try(payment, step, is_new)


def ask(found: Try) -> PaymentAnswer:
    """Ask the gateway; no transaction is open meanwhile. What it raises leaves the try open, to be looked up."""
    payment = found.payment
    asked, name = gateway(payment.gateway), payment.provider_id or ""
    answer: PaymentFound = Absent()
    if not found.is_new:
        answer = asked.look_up_payment(name, key=payment.key, since=payment.asked_at or payment.created_at)
    if isinstance(answer, Absent):
        return _ask_for_the_first_time(payment, found.step)
    if isinstance(answer, Authorised) and found.step is Step.CAPTURE:
        return asked.capture(answer.provider_id, _amount(payment), key=_key(payment, "capture"))
    if isinstance(answer, Authorised) and found.step is Step.RELEASE:
        return asked.release(answer.provider_id, key=_key(payment, "release"))
    return answer


def book(payment_id: int, answer: PaymentAnswer) -> tuple[Payment, PaymentState | None]:
    """Book what the gateway says, now or later, in the caller's transaction. The payment, and what it has come to.

    None where nothing has changed: the same answer twice does nothing, and what comes late overrules nothing. But money
    that was taken was taken, whatever was thought before; for PAID it is left to the caller to receive it.
    """
    payment = lock(payment_id)
    match answer:
        case Done():
            return payment, _book_done(payment, answer)
        case Authorised() if payment.state in UNANSWERED:
            return payment, _move(payment, PaymentState.AUTHORISED, provider_id=answer.provider_id)
        case Released() if payment.state in ON_ITS_WAY:
            return payment, _move(payment, PaymentState.RELEASED)
        case Declined(why, True) if payment.state in UNANSWERED:
            return payment, _move(payment, PaymentState.FAILED, problem=why)
        case Pending() if payment.state in UNANSWERED:
            _move(payment, PaymentState.PENDING, provider_id=answer.provider_id)
        case Unknown(why) if payment.state in UNANSWERED:
            _move(payment, PaymentState.UNKNOWN, problem=why)
        case Declined(why) | Unknown(why) if payment.state in ON_ITS_WAY:
            _move(payment, PaymentState(payment.state), problem=why)
    return payment, None


def next_look(payment: Payment, *, now: datetime) -> datetime:
    """When to ask again: after half as long as it has lasted, from a minute up to an hour."""
    return now + min(max((now - (payment.asked_at or now)) / 2, SOONEST), LATEST)


def released_from(charge: Charge, *, now: datetime) -> datetime:
    """From when on a payment of the charge is let go of: when the cancellation cannot be undone any more."""
    cancellation = effective_cancellation(charge.subject)
    if cancellation is None or cancellation.closed_at is None:
        return now
    return cancellation.closed_at + MoneyTerms.of(cancellation.decision.outputs).undo_window


def lock(payment_id: int) -> Payment:
    """The payment, and before it the charge or the invoice that it is for, locked until the transaction ends."""
    found = Payment.objects.select_related("charge", "invoice").get(pk=payment_id)
    locked = payables.lock(found.payable)
    payment = lock_payment(payment_id)
    payables.is_for(payment, locked)
    return payment


def _ask_for_the_first_time(payment: Payment, step: Step) -> PaymentAnswer:
    """The gateway has never heard of the payment, so that nobody is charged twice by what is asked now."""
    if step is Step.RELEASE:
        return Released()
    if step is not Step.PAY or payment.card is None:
        return Unknown("The provider does not know of it.")
    asked = gateway(payment.gateway)
    pay = asked.authorise if payment.authorise_first else asked.charge
    return pay(_amount(payment), source=payment.card.source, key=payment.key)


def _next_step(payment: Payment, now: datetime) -> Step:
    charge = payment.charge
    if charge is None:
        return _next_step_for_invoice(payment)
    if is_cancelled(charge.subject):
        return Step.RELEASE if now >= released_from(charge, now=now) else Step.LOOK
    if stands_still(charge.subject):
        return Step.LOOK  # nothing is charged while it is paused (D8)
    if payment.state == PaymentState.AUTHORISED:
        return Step.CAPTURE if capture_due(charge.subject) else Step.LOOK
    return Step.PAY


def _next_step_for_invoice(payment: Payment) -> Step:
    """To pay, as long as there is room for all of it: what was credited or paid otherwise meanwhile is not charged."""
    has_room = room_minor(payment.payable) >= 0
    return Step.PAY if has_room else Step.RELEASE


def _book_done(payment: Payment, done: Done) -> PaymentState | None:
    if payment.state == PaymentState.PAID:
        if payment.fee_minor != done.fee_minor and not payment.refunded_minor:
            payment.fee_minor = done.fee_minor
            payment.save(update_fields=["fee_minor"])
        return None
    payment.provider_id, payment.fee_minor = done.provider_id, done.fee_minor
    payment.save(update_fields=["provider_id", "fee_minor"])
    return PaymentState.PAID


def _move(payment: Payment, state: PaymentState, *, provider_id: str = "", problem: str = "") -> PaymentState:
    payment.state, payment.problem = state, problem[:LONGEST_PROBLEM]
    payment.provider_id = provider_id or payment.provider_id
    payment.save(update_fields=["state", "problem", "provider_id"])
    return state


def _amount(payment: Payment) -> Amount:
    return Amount(payment.amount_minor, payment.currency)


def _key(payment: Payment, step: str) -> UUID:
    """The idempotency key of a later step: always the same for the payment, and another than the payment's own."""
    return uuid5(payment.key, step)
