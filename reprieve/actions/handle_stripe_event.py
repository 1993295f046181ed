"""Stripe has told us of something: ask how it stands, and book that. The same message twice does nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.add_card import save_card
from reprieve.actions.mark_disputed import mark_disputed
from reprieve.actions.record_outside_refund import OutsideRefund, record_outside_refund
from reprieve.billing.gateways import gateway
from reprieve.billing.gateways.stripe import STRIPE, StripeGateway
from reprieve.billing.gateways.stripe_news import Message, PaymentNews, StripeNews, Subject
from reprieve.billing.models import CardSetup, Payment, RefundAttempt, WebhookEvent
from reprieve.lib.errors import Refused
from reprieve.settlement.send_payment import book_payment
from reprieve.settlement.send_refund import book_refund

type Booking = Callable[[datetime], object]


class NotYetKnown(Refused):
    """It carries a key of ours that we do not find: whoever sent it should send it again later."""


def handle_stripe_event(message: Message, *, now: datetime) -> None:
    """Deal with it. What is not ours, or of no interest, is left alone.

    Raises NotYetKnown, and GatewayUnavailable where Stripe cannot be asked: nothing has changed, and it may come again.
    """
    if message.subject is None or _heard(message).exists():
        return
    news = StripeNews(cast("StripeGateway", gateway(STRIPE)))
    booking = ASK[message.subject](news, message.name, now)
    if booking is None:
        return
    with transaction.atomic():
        fresh = {"type": message.type, "received_at": now}
        _, is_new = WebhookEvent.objects.get_or_create(gateway=STRIPE, event_id=message.event_id, defaults=fresh)
        if is_new:
            booking(now)


def _heard(message: Message) -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(gateway=STRIPE, event_id=message.event_id)


def _card_page(news: StripeNews, name: str, now: datetime) -> Booking | None:
    """The card is kept at once: that asks Stripe, and harms nobody twice."""
    key = news.card_page(name)
    if key is None:
        return None
    setup = CardSetup.objects.filter(key=key).first()
    if setup is None:
        raise NotYetKnown(gettext("No visit to the card page is known by this key."))
    CardSetup.objects.filter(pk=setup.pk, provider_id="").update(provider_id=name)
    if save_card(setup_id=setup.pk, actor=SYSTEM, now=now) is None:
        raise NotYetKnown(gettext("The visit has brought no card yet."))
    return lambda _now: None


def _payment(news: StripeNews, name: str, _now: datetime) -> Booking | None:
    return _booking_of(news.payment(name))


def _charge(news: StripeNews, name: str, _now: datetime) -> Booking | None:
    return _booking_of(news.charge(name))


def _booking_of(told: PaymentNews | None) -> Booking | None:
    if told is None or told.key is None:
        return None
    payment, answer = Payment.objects.filter(key=told.key).first(), told.answer
    if payment is None:
        raise NotYetKnown(gettext("No payment is known by this key."))
    payment_id = payment.pk
    return lambda now: book_payment(payment_id=payment_id, answer=answer, actor=SYSTEM, now=now)


def _refund(news: StripeNews, name: str, _now: datetime) -> Booking | None:
    told = news.refund(name)
    if told is None:
        return None
    by_key = {"key": told.key} if told.key else {"gateway": STRIPE, "provider_id": told.name}
    attempt = RefundAttempt.objects.filter(**by_key).first()
    if attempt is not None:
        attempt_id, answer = attempt.pk, told.answer
        return lambda now: book_refund(attempt_id=attempt_id, answer=answer, actor=SYSTEM, now=now)
    if told.key is not None:
        raise NotYetKnown(gettext("No refund is known by this key."))
    payment_id, made = _named(news, told.payments), OutsideRefund(told.name, told.amount_minor, told.answer)
    if payment_id is None:
        return None
    return lambda now: record_outside_refund(payment_id=payment_id, made=made, now=now)


def _dispute(news: StripeNews, name: str, _now: datetime) -> Booking | None:
    told = news.dispute(name)
    payment_id = _named(news, told.payments) if told is not None else None
    if told is None or payment_id is None:
        return None
    closed = told.closed
    return lambda now: mark_disputed(payment_id=payment_id, closed=closed, now=now)


def _named(news: StripeNews, names: tuple[str, ...]) -> int | None:
    """The payment that Stripe calls so; also one whose name there we have yet to be told."""
    known = Payment.objects.filter(gateway=STRIPE, provider_id__in=names).first()
    if known is None and names:
        told = news.payment(names[0])
        known = Payment.objects.filter(key=told.key).first() if told is not None and told.key else None
    return known.pk if known is not None else None


ASK: Final[Mapping[Subject, Callable[[StripeNews, str, datetime], Booking | None]]] = {
    Subject.CARD_PAGE: _card_page,
    Subject.PAYMENT: _payment,
    Subject.CHARGE: _charge,
    Subject.REFUND: _refund,
    Subject.DISPUTE: _dispute,
}
