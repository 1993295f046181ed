"""Go on with a payment by card: charge it, authorise it, capture or release it, or ask how it stands."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.billing import paying
from reprieve.billing.credit import lock_practice
from reprieve.billing.gateways import PaymentAnswer
from reprieve.billing.models import ON_ITS_WAY, Card, Charge, Payable, Payment, PaymentState
from reprieve.billing.payables import open_minor, record_for
from reprieve.cancellations.subjects import capture_due, is_cancelled, stands_still
from reprieve.history.models import EventType
from reprieve.history.record import amount
from reprieve.notifications.notify import notify_practice
from reprieve.settlement.receive_payment import receive_payment


def pay_with_card(
    payable: Payable, card: Card, amount_minor: int, *, now: datetime, key: UUID | None = None
) -> Payment:
    """Have the card pay so much of what is locked, after the commit."""
    payment = paying.start(payable, card, amount_minor, now=now, key=key)
    payment.save(force_insert=True)
    send_payment_when_due.enqueue(payment.pk)
    return payment


def resume_payments(charge: Charge, *, run_after: datetime | None = None) -> None:
    """What the locked charge is of has moved: queue its card payments that are not settled, in the transaction."""
    send = send_payment_when_due.using(run_after=run_after)
    for payment in charge.payments.all():
        if payment.state in ON_ITS_WAY and payment.card_id is not None:
            send.enqueue(payment.pk)


def take_payment_if_due(charge: Charge, *, now: datetime) -> None:
    """What the locked charge is of has been moved along: where the business takes the money now, have it captured.

    Where the hold has run out meanwhile, the same card is charged instead.
    """
    subject = charge.subject
    if is_cancelled(subject) or stands_still(subject) or not capture_due(subject):
        return
    resume_payments(charge)
    last = Payment.objects.filter(charge=charge, card__isnull=False).order_by("pk").last()
    if last is None or not last.authorise_first or last.state != PaymentState.RELEASED:
        return
    lock_practice(charge.practice_id)  # a card that is about to pay is not removed
    card = Card.objects.filter(payments=last, removed_at=None).first()
    if card is not None and (left := open_minor(charge)) > 0:
        pay_with_card(charge, card, left, now=now)


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
    if state is PaymentState.PAID:
        receive_payment(payment.payable, payment, actor=actor, now=now)
    elif state is not None:
        _notify(payment, state, actor=actor, now=now)
    return payment


def _look_again(payment: Payment, *, now: datetime) -> None:
    """Queue the next look at what is not settled. Dying before this makes the worker repeat the task it is in."""
    charge = payment.charge
    is_held_too_long = payment.state == PaymentState.AUTHORISED and (
        charge is not None and (is_cancelled(charge.subject) or capture_due(charge.subject))
    )
    if payment.state in paying.UNANSWERED or is_held_too_long:
        send_payment_when_due.using(run_after=paying.next_look(payment, now=now)).enqueue(payment.pk)


def _notify(payment: Payment, state: PaymentState, *, actor: Actor, now: datetime) -> None:
    payable = payment.payable
    data: dict[str, object] = {"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk}
    match state:
        case PaymentState.AUTHORISED:
            record_for(payable, EventType.PAYMENT_AUTHORISED, actor=actor, now=now, data=data)
        case PaymentState.RELEASED:
            record_for(payable, EventType.PAYMENT_RELEASED, actor=actor, now=now, data=data)
            _go_on(payment, now=now)
        case PaymentState.FAILED:
            data["why"] = payment.problem
            notify_practice(payable, record_for(payable, EventType.PAYMENT_FAILED, actor=actor, now=now, data=data))


def _go_on(dropped: Payment, *, now: datetime) -> None:
    """A payment was let go of. Of an invoice that is because less is open by now: the same card pays that.

    It is no more than was agreed. One that would still fit was called off at the provider, and stays so.
    """
    if dropped.charge is not None:
        take_payment_if_due(dropped.charge, now=now)
        return
    left, card = open_minor(dropped.payable), dropped.card
    if card is not None and card.removed_at is None and 0 < left < dropped.amount_minor:
        pay_with_card(dropped.payable, card, left, now=now)
