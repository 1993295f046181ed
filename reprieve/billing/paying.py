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
from uuid import UUID, uuid4, uuid5

from django.conf import settings

from reprieve.accounts.actors import SYSTEM
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
from reprieve.billing.models import Card, Charge, Invoice, Method, Payment, PaymentState
from reprieve.billing.payments import ON_ITS_WAY, lock_invoice, open_minor, open_of_invoice_minor
from reprieve.billing.refunds import lock_payment
from reprieve.cancellations.queries import effective_cancellation
from reprieve.orders.locking import lock_order
from reprieve.orders.models import STANDING_STILL, DesignStage, Order, Status
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


def start(charge: Charge, card: Card, *, now: datetime) -> Payment | None:
    """Write down that the card pays what is open of a locked order's charge. None where nothing is."""
    open_now = open_minor(charge)
    if open_now <= 0:
        return None
    return Payment.objects.create(
        practice_id=charge.practice_id,
        order=charge.order,
        method=Method.CARD,
        card=card,
        gateway=card.gateway,
        authorise_first=not capture_due(charge.order),
        currency=charge.currency,
        amount_minor=open_now,
        state=PaymentState.PENDING,
        created_at=now,
    )


def of_invoice(invoice: Invoice, card: Card, amount_minor: int, *, now: datetime, key: UUID | None = None) -> Payment:
    """The card's payment of so much for an invoice, to be saved. Without a `key` to know it again by, it gets one."""
    return Payment(
        practice_id=invoice.practice_id,
        invoice=invoice,
        method=Method.CARD,
        card=card,
        key=key or uuid4(),
        gateway=card.gateway,
        currency=invoice.currency,
        amount_minor=amount_minor,
        state=PaymentState.PENDING,
        created_at=now,
    )


def under_way(invoice: Invoice) -> Payment | None:
    """The card's payment of the invoice that is on its way, or of which nobody knows: there is one at most."""
    return (
        Payment.objects.select_related("card").filter(invoice=invoice, card__isnull=False, state__in=ON_ITS_WAY).first()
    )


def capture_due(order: Order) -> bool:
    """Whether the order has come to where the business takes the money (REPRIEVE_CAPTURE_AT).

    What is never shipped, because it ends with files, counts as shipped once the files are delivered.
    """
    match settings.CAPTURE_AT:
        case "placing":
            return True
        case "design_started":
            return order.design_stage != DesignStage.NOT_STARTED
    return (
        order.shipped_at is not None
        or order.files_delivered_at is not None
        or order.status in (Status.COMPLETED, Status.INVOICED)
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


def released_from(order: Order, *, now: datetime) -> datetime:
    """From when on a payment of the locked order is let go of: when its cancellation cannot be undone any more."""
    cancellation = effective_cancellation(order)
    if cancellation is None or cancellation.closed_at is None:
        return now
    return cancellation.closed_at + MoneyTerms.of(cancellation.decision.outputs).undo_window


def lock(payment_id: int) -> Payment:
    """The payment, and before it the order or the invoice that it is for, locked until the transaction ends."""
    found = Payment.objects.only("order", "invoice").get(pk=payment_id)
    order = lock_order(SYSTEM, found.order_id) if found.order_id is not None else None
    invoice = lock_invoice(found.invoice_id) if found.invoice_id is not None else None
    payment = lock_payment(payment_id)
    payment.order, payment.invoice = order, invoice
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
    order = payment.order
    if order is None:
        return _next_step_for_invoice(payment)
    if order.status == Status.CANCELLED:
        return Step.RELEASE if now >= released_from(order, now=now) else Step.LOOK
    if order.status in STANDING_STILL:
        return Step.LOOK  # nothing is charged while it is paused (D8)
    if payment.state == PaymentState.AUTHORISED:
        return Step.CAPTURE if capture_due(order) else Step.LOOK
    return Step.PAY


def _next_step_for_invoice(payment: Payment) -> Step:
    """To pay, as long as there is room for all of it: what was credited or paid otherwise meanwhile is not charged."""
    has_room = payment.invoice is not None and open_of_invoice_minor(payment.invoice) >= 0
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
