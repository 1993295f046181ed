"""Go on with a payment by card: charge it, authorise it, capture or release it, or ask how it stands."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.actions.receive_invoice_payment import receive_invoice_payment
from reprieve.actions.receive_payment import PAID_TWICE, receive_payment
from reprieve.billing import paying, refunds
from reprieve.billing.credit import lock_practice
from reprieve.billing.gateways import PaymentAnswer
from reprieve.billing.models import Card, Charge, Invoice, Payment, PaymentState, Refund, RefundState
from reprieve.billing.payments import ON_ITS_WAY, open_of_invoice_minor, paid_minor
from reprieve.history.models import Event, EventType
from reprieve.history.record import amount, record
from reprieve.notifications.notify import notify_practice
from reprieve.orders.history import record_on
from reprieve.orders.models import STANDING_STILL, Order, Status


def pay_with_card(order: Order, card: Card, *, now: datetime) -> Payment | None:
    """Have the card pay what is open of the locked order, after the commit. None where nothing is open."""
    charge = Charge.objects.filter(order=order).first()
    if charge is None:
        return None
    charge.order = order
    payment = paying.start(charge, card, now=now)
    if payment is not None:
        send_payment_when_due.enqueue(payment.pk)
    return payment


def pay_invoice_with_card(
    invoice: Invoice, card: Card, amount_minor: int, *, now: datetime, key: UUID | None = None
) -> Payment:
    """Have the card pay so much of the locked invoice, after the commit."""
    payment = paying.of_invoice(invoice, card, amount_minor, now=now, key=key)
    payment.save(force_insert=True)
    send_payment_when_due.enqueue(payment.pk)
    return payment


def resume_payments(order: Order, *, run_after: datetime | None = None) -> None:
    """The locked order has moved: queue what of its card payments is not settled, in the caller's transaction."""
    send = send_payment_when_due.using(run_after=run_after)
    for payment in Payment.objects.filter(order=order, state__in=ON_ITS_WAY, card__isnull=False):
        send.enqueue(payment.pk)


def take_payment_if_due(order: Order, *, now: datetime) -> None:
    """The locked order has been moved along: where the business takes the money now, have it captured.

    Where the hold has run out meanwhile, the same card is charged instead.
    """
    if order.status == Status.CANCELLED or order.status in STANDING_STILL or not paying.capture_due(order):
        return
    resume_payments(order)
    last = Payment.objects.filter(order=order, card__isnull=False).order_by("pk").last()
    if last is None or not last.authorise_first or last.state != PaymentState.RELEASED:
        return
    lock_practice(order.practice_id)  # a card that is about to pay is not removed
    card = Card.objects.filter(payments=last, removed_at=None).first()
    if card is not None:
        pay_with_card(order, card, now=now)


@task()
def send_payment_when_due(payment_id: int) -> None:
    """Background work. What it raises, or dies of, makes the worker begin again: see `billing.paying`."""
    send_payment(payment_id=payment_id, now=timezone.now())


def send_payment(*, payment_id: int, now: datetime) -> None:
    """Go on with one payment: three steps, of which only the middle one is outside, and none undoes another."""
    with transaction.atomic():
        found = paying.claim(payment_id, now=now)
        if isinstance(found, paying.Dropped):
            _notify(found.payment, PaymentState.RELEASED, actor=SYSTEM, now=now)
    if isinstance(found, paying.Try):
        answer = paying.ask(found)
        payment = book_payment(payment_id=payment_id, answer=answer, actor=SYSTEM, now=now)
        _look_again(payment, now=now)


@transaction.atomic
def book_payment(*, payment_id: int, answer: PaymentAnswer, actor: Actor, now: datetime) -> Payment:
    """Book what is known of a payment: the worker's answer, or a webhook. The same twice does nothing."""
    payment, state = paying.book(payment_id, answer)
    if state is PaymentState.PAID and payment.order is not None:
        receive_payment(payment.order, payment, actor=actor, now=now)
        _give_back_excess(payment.order, payment, actor=actor, now=now)
    elif state is PaymentState.PAID and payment.invoice is not None:
        receive_invoice_payment(payment.invoice, payment, actor=actor, now=now)
    elif state is not None:
        _notify(payment, state, actor=actor, now=now)
    return payment


def _look_again(payment: Payment, *, now: datetime) -> None:
    """Queue the next look at what is not settled. Dying before this makes the worker repeat the task it is in."""
    order = payment.order
    is_held_too_long = payment.state == PaymentState.AUTHORISED and (
        order is not None and (order.status == Status.CANCELLED or paying.capture_due(order))
    )
    if payment.state in paying.UNANSWERED or is_held_too_long:
        send_payment_when_due.using(run_after=paying.next_look(payment, now=now)).enqueue(payment.pk)


def _notify(payment: Payment, state: PaymentState, *, actor: Actor, now: datetime) -> None:
    order, data = payment.order, _words(payment)
    if state is PaymentState.FAILED:
        data["why"] = payment.problem
    if payment.invoice is not None:
        _notify_practice(payment.invoice, payment, state, data, actor=actor, now=now)
    if order is None:
        return
    match state:
        case PaymentState.AUTHORISED:
            record_on(order, EventType.PAYMENT_AUTHORISED, actor=actor, now=now, data=data)
        case PaymentState.RELEASED:
            record_on(order, EventType.PAYMENT_RELEASED, actor=actor, now=now, data=data)
            take_payment_if_due(order, now=now)
        case PaymentState.FAILED:
            notify_practice(order, record_on(order, EventType.PAYMENT_FAILED, actor=actor, now=now, data=data))


def _notify_practice(  # noqa: PLR0913 - an event is these facts
    invoice: Invoice, payment: Payment, state: PaymentState, data: dict[str, object], *, actor: Actor, now: datetime
) -> None:
    if state is PaymentState.FAILED:
        notify_practice(invoice, _record_on(invoice, EventType.PAYMENT_FAILED, data, actor=actor, now=now))
    elif state is PaymentState.RELEASED:
        _record_on(invoice, EventType.PAYMENT_RELEASED, data, actor=actor, now=now)
        _pay_what_is_left(invoice, payment, now=now)


def _pay_what_is_left(invoice: Invoice, dropped: Payment, *, now: datetime) -> None:
    """A payment was let go of because less is open by now: the same card pays that, which is no more than was agreed.

    One that would still fit was called off at the provider, and stays so.
    """
    left, card = open_of_invoice_minor(invoice), dropped.card
    if card is not None and card.removed_at is None and 0 < left < dropped.amount_minor:
        pay_invoice_with_card(invoice, card, left, now=now)


def _record_on(invoice: Invoice, type: EventType, data: dict[str, object], *, actor: Actor, now: datetime) -> Event:  # noqa: A002 - the domain's word
    return record(type, subject=Invoice.SUBJECT, subject_id=invoice.pk, actor=actor, now=now, data=data)


def _words(payment: Payment) -> dict[str, object]:
    return {"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk}


def _give_back_excess(order: Order, payment: Payment, *, actor: Actor, now: datetime) -> None:
    """What is paid beyond the charge waits for support to send it back: it was paid another way meanwhile."""
    charge = Charge.objects.filter(order=order).first()
    if charge is None or order.status == Status.CANCELLED:
        return  # what comes after a cancellation waits for support already
    excess = min(paid_minor(order) - charge.total_minor, payment.left_minor)
    if excess > 0:
        refund = Refund(state=RefundState.PENDING, reason=PAID_TWICE, send_from=now)
        refunds.reserve(refund, payment, excess, actor=actor, now=now)
