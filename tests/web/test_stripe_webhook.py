"""What Stripe tells us is asked of Stripe, and booked once; what is not from Stripe, or not ours, changes nothing."""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from reprieve.actions.cancel_order import cancel_order
from reprieve.billing import gateways
from reprieve.billing.models import (
    Card,
    CardHolder,
    CardSetup,
    Payment,
    PaymentState,
    Refund,
    RefundAttempt,
    RefundState,
    WebhookEvent,
)
from reprieve.history.models import Event, EventType
from reprieve.orders.models import Order
from reprieve.settlement.send_refund import send_refund
from tests.billing.gateways.canned import Canned, canned_stripe
from tests.factories.cards import a_card, an_order_by_card
from tests.factories.money import placed, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog
from tests.test_routes import everything

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/webhooks/stripe/"
SECRET = "whsec_of_the_tests"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Canned]:
    with canned_stripe() as server:
        yield server


@pytest.fixture
def stripe(running: Canned, settings: Settings) -> Iterator[Canned]:
    """A Stripe with nothing in it, which the product asks."""
    settings.STRIPE_ADDRESS, settings.STRIPE_SECRET_KEY = running.address, "sk_test_reprieve"
    settings.STRIPE_WEBHOOK_SECRET, settings.CARD_GATEWAY = SECRET, "stripe"
    running.things.clear()
    running.asked.clear()
    running.down = False
    gateways.loaded.cache_clear()
    yield running
    gateways.loaded.cache_clear()


@pytest.fixture
def payment(stripe: Canned, cast: Cast, catalog: Catalog, rules: None) -> Payment:
    """120.00 that Stripe was asked for, and whose answer has not come yet."""
    card = a_card(cast)
    Card.objects.update(gateway="stripe")
    card.refresh_from_db()
    found = an_order_by_card(catalog, cast.actor("owner"), card, "design")[1]
    Payment.objects.update(asked_at=NOON)
    return found


def message(kind: str, name: str, **extra: object) -> bytes:
    """What Stripe sends. Whatever the payload says of the thing besides its name is a lie."""
    thing = {"id": name, "status": "succeeded", "amount": 1, "metadata": {"key": str(uuid4())}, **extra}
    event = {"id": f"evt_{next(NUMBERS)}", "object": "event", "type": kind, "data": {"object": thing}}
    return json.dumps(event).encode()


def signed(body: bytes, secret: str = SECRET, *, age: int = 0) -> str:
    at = int(time.time()) - age
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def send(body: bytes, signature: str | None = None) -> int:
    headers = {"Stripe-Signature": signed(body) if signature is None else signature}
    return (
        Client(enforce_csrf_checks=True).post(URL, body, content_type="application/json", headers=headers).status_code
    )


def lay_out_intent(
    stripe: Canned, key: object, status: str = "succeeded", *, name: str = "pi_1", fee: int = 378
) -> None:
    stripe.things[f"/v1/payment_intents/{name}"] = {
        "id": name,
        "object": "payment_intent",
        "status": status,
        "amount": 12000,
        "currency": "usd",
        "metadata": {"key": str(key)} if key else {},
        "last_payment_error": {"message": "The card has too little money."},
        "latest_charge": {
            "id": "ch_1",
            "object": "charge",
            "balance_transaction": {"id": "txn_1", "object": "balance_transaction", "fee": fee, "currency": "usd"},
        },
    }


def lay_out_refund(stripe: Canned, status: str, *, key: object = None, minor: int = 5000, name: str = "re_1") -> None:
    stripe.things[f"/v1/refunds/{name}"] = {
        "id": name,
        "object": "refund",
        "status": status,
        "amount": minor,
        "currency": "usd",
        "payment_intent": "pi_1",
        "charge": "ch_1",
        "failure_reason": "expired_or_canceled_card",
        "metadata": {"key": str(key)} if key else {},
    }


def lay_out_dispute(stripe: Canned, status: str) -> None:
    stripe.things["/v1/disputes/du_1"] = {
        "id": "du_1",
        "object": "dispute",
        "status": status,
        "charge": "ch_1",
        "payment_intent": "pi_1",
    }


def paid(stripe: Canned, payment: Payment) -> Payment:
    lay_out_intent(stripe, payment.key)
    assert send(message("payment_intent.succeeded", "pi_1")) == 200
    payment.refresh_from_db()
    return payment


class TestTheDoor:
    @pytest.mark.parametrize("what", ["unsigned", "foreign", "stale", "changed", "nonsense", "bytes", "no object"])
    def test_what_is_not_from_stripe_is_refused_and_changes_nothing(
        self, stripe: Canned, payment: Payment, what: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        lay_out_intent(stripe, payment.key)
        body = message("payment_intent.succeeded", "pi_1", note="J.D. has a crown")
        signatures = {
            "unsigned": "",
            "foreign": signed(body, "whsec_of_somebody_else"),
            "stale": signed(body, age=3600),
            "changed": signed(body + b" "),
            "nonsense": "t=x,v1=y",
            "bytes": "\x7f",
            "no object": signed(b"[]"),
        }
        before = everything()
        with caplog.at_level(logging.DEBUG):
            assert send(b"[]" if what == "no object" else body, signatures[what]) == 400
        assert everything() == before
        assert not stripe.asked
        assert "J.D." not in caplog.text
        assert "pi_1" not in caplog.text

    def test_nobody_gets_in_with_the_empty_secret_of_a_business_without_one(
        self, stripe: Canned, settings: Settings
    ) -> None:
        settings.STRIPE_WEBHOOK_SECRET = ""
        body = message("payment_intent.succeeded", "pi_1")
        assert send(body, signed(body, "")) == 400

    def test_takes_no_more_than_a_message(self, stripe: Canned) -> None:
        body = b" " * (256 * 1024 + 1)
        assert send(body) == 413

    def test_is_there_for_posts_alone(self, stripe: Canned) -> None:
        assert Client().get(URL).status_code == 405

    def test_leaves_alone_what_is_of_no_interest(self, stripe: Canned) -> None:
        assert send(message("customer.created", "cus_1")) == 200
        assert not stripe.asked
        assert not WebhookEvent.objects.exists()


class TestPayments:
    def test_an_early_message_is_booked_by_what_stripe_says_and_not_by_what_it_says_itself(
        self, stripe: Canned, payment: Payment
    ) -> None:
        assert payment.provider_id is None, "nobody has told us of it"
        lay_out_intent(stripe, payment.key, fee=399)
        assert send(message("payment_intent.payment_failed", "pi_1", status="requires_payment_method")) == 200
        found = Payment.objects.get()
        assert (found.state, found.provider_id, found.fee_minor) == (PaymentState.PAID, "pi_1", 399)

    def test_a_replayed_message_is_answered_and_does_nothing(self, stripe: Canned, payment: Payment) -> None:
        lay_out_intent(stripe, payment.key)
        body = message("payment_intent.succeeded", "pi_1")
        assert send(body) == 200
        before, asked = everything(), len(stripe.asked)
        assert send(body) == 200
        assert everything() == before
        assert len(stripe.asked) == asked
        assert WebhookEvent.objects.count() == 1

    def test_out_of_order_the_last_word_is_stripes(self, stripe: Canned, payment: Payment) -> None:
        paid(stripe, payment)
        for kind in ("payment_intent.processing", "payment_intent.payment_failed", "payment_intent.canceled"):
            assert send(message(kind, "pi_1")) == 200
        payment.refresh_from_db()
        assert payment.state == PaymentState.PAID
        assert Event.objects.filter(type=EventType.PAYMENT_RECEIVED).count() == 1

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("requires_payment_method", "failed"),
            ("canceled", "released"),
            ("processing", "pending"),
            ("requires_capture", "authorised"),
        ],
    )
    def test_every_state_is_booked(self, stripe: Canned, payment: Payment, status: str, state: str) -> None:
        lay_out_intent(stripe, payment.key, status)
        assert send(message("payment_intent.canceled", "pi_1")) == 200
        payment.refresh_from_db()
        assert payment.state == state

    def test_the_fee_that_comes_later_is_corrected(self, stripe: Canned, payment: Payment) -> None:
        paid(stripe, payment)
        lay_out_intent(stripe, payment.key, fee=411)
        stripe.things["/v1/charges/ch_1"] = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}
        assert send(message("charge.updated", "ch_1")) == 200
        payment.refresh_from_db()
        assert payment.fee_minor == 411

    def test_a_key_of_ours_that_is_not_known_yet_is_to_come_again(self, stripe: Canned, payment: Payment) -> None:
        lay_out_intent(stripe, uuid4())
        lay_out_refund(stripe, "succeeded", key=uuid4())
        before = everything()
        assert send(message("payment_intent.succeeded", "pi_1")) == 503
        assert send(message("refund.updated", "re_1")) == 503
        assert everything() == before

    def test_what_is_not_ours_or_not_there_is_left_alone(self, stripe: Canned, payment: Payment) -> None:
        lay_out_intent(stripe, None)
        before = everything()
        kinds = ("payment_intent.succeeded", "charge.updated", "refund.updated", "charge.dispute.created")
        for kind in (*kinds, "checkout.session.completed"):
            assert send(message(kind, "pi_1" if kind.startswith("payment") else "x_nowhere")) == 200
        assert everything() == before

    def test_a_stripe_that_cannot_be_asked_is_to_send_it_again(self, stripe: Canned, payment: Payment) -> None:
        lay_out_intent(stripe, payment.key)
        body = message("payment_intent.succeeded", "pi_1")
        stripe.down = True
        before = everything()
        assert send(body) == 503
        assert everything() == before
        stripe.down = False
        assert send(body) == 200
        payment.refresh_from_db()
        assert payment.state == PaymentState.PAID


class TestRefunds:
    @pytest.fixture
    def refund(self, stripe: Canned, cast: Cast, payment: Payment) -> Refund:
        """A refund of 116.22 that Stripe was asked for, and whose answer was lost."""
        paid(stripe, payment)
        cancel_order(order_id=placed(payment).pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
        refund = Refund.objects.get()
        assert refund.amount_minor == 11622
        stripe.down = True
        send_refund(refund_id=refund.pk, now=timezone.now())
        stripe.down = False
        return refund

    def test_edge_3_a_message_before_our_own_booking_is_booked_once(self, stripe: Canned, refund: Refund) -> None:
        attempt = RefundAttempt.objects.get()
        assert Refund.objects.get().state == RefundState.UNKNOWN
        lay_out_refund(stripe, "succeeded", key=attempt.key, minor=11622)
        for kind in ("refund.created", "refund.updated", "charge.refund.updated"):
            assert send(message(kind, "re_1")) == 200
        found = Refund.objects.get()
        assert (found.state, found.attempts.get().provider_id) == (RefundState.COMPLETED, "re_1")
        assert Event.objects.filter(type=EventType.REFUND_COMPLETED).count() == 1
        require_money_adds_up()

    def test_edge_8_one_that_succeeded_and_then_failed_has_failed(self, stripe: Canned, refund: Refund) -> None:
        key = RefundAttempt.objects.get().key
        lay_out_refund(stripe, "succeeded", key=key, minor=11622)
        send(message("refund.updated", "re_1"))
        lay_out_refund(stripe, "failed", key=key, minor=11622)
        for kind in ("refund.failed", "charge.refund.updated"):
            assert send(message(kind, "re_1")) == 200
        found = Refund.objects.get()
        assert (found.state, found.completed_at) == (RefundState.FAILED, None)
        assert Event.objects.filter(type=EventType.REFUND_FAILED).count() == 1
        require_money_adds_up()

    def test_edge_7_one_made_at_stripe_is_written_down_once_and_never_changes_the_order(
        self, stripe: Canned, payment: Payment
    ) -> None:
        paid(stripe, payment)
        before = Order.objects.values().get()
        lay_out_refund(stripe, "succeeded", minor=5000)
        for kind in ("refund.created", "refund.updated"):
            assert send(message(kind, "re_1")) == 200
        found = Refund.objects.get()
        assert (found.state, found.amount_minor, found.attempts.get().provider_id) == ("completed", 5000, "re_1")
        payment.refresh_from_db()
        assert payment.left_minor == 7000
        assert Order.objects.values().get() == before
        assert Event.objects.get(type=EventType.REFUND_MADE_OUTSIDE).for_staff_only
        require_money_adds_up()

    def test_edge_7_one_that_exceeds_what_is_left_is_told_to_staff_and_counted_nowhere(
        self, stripe: Canned, refund: Refund
    ) -> None:
        lay_out_refund(stripe, "succeeded", minor=5000, name="re_2")
        assert send(message("refund.created", "re_2")) == 200
        assert Refund.objects.count() == 1
        assert "more than was left" in str(Event.objects.get(type=EventType.REFUND_MADE_OUTSIDE).data["what"])
        require_money_adds_up()

    def test_one_made_at_stripe_that_failed_gives_nothing_back(self, stripe: Canned, payment: Payment) -> None:
        paid(stripe, payment)
        lay_out_refund(stripe, "failed")
        assert send(message("refund.failed", "re_1")) == 200
        assert not Refund.objects.exists()


class TestDisputes:
    def test_edge_9_a_disputed_payment_is_refunded_no_more_until_it_is_won(
        self, stripe: Canned, cast: Cast, payment: Payment
    ) -> None:
        paid(stripe, payment)
        lay_out_dispute(stripe, "needs_response")
        for _ in range(2):
            assert send(message("charge.dispute.created", "du_1")) == 200
        cancel_order(order_id=placed(payment).pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
        assert Refund.objects.get().state == RefundState.PENDING
        assert Event.objects.get(type=EventType.PAYMENT_DISPUTED).for_staff_only
        lay_out_dispute(stripe, "won")
        assert send(message("charge.dispute.closed", "du_1")) == 200
        payment.refresh_from_db()
        assert not payment.disputed
        assert Event.objects.filter(type=EventType.DISPUTE_CLOSED).count() == 1

    def test_one_that_was_lost_stays_marked_and_is_told_once(self, stripe: Canned, payment: Payment) -> None:
        paid(stripe, payment)
        lay_out_dispute(stripe, "lost")
        for kind in ("charge.dispute.created", "charge.dispute.closed"):
            assert send(message(kind, "du_1")) == 200
        payment.refresh_from_db()
        assert payment.disputed
        assert list(Event.objects.filter(subject="order").order_by("pk").values_list("type", flat=True))[-2:] == [
            EventType.PAYMENT_DISPUTED,
            EventType.DISPUTE_CLOSED,
        ]

    def test_one_of_a_payment_whose_name_is_not_known_yet_is_found_by_its_key(
        self, stripe: Canned, payment: Payment
    ) -> None:
        lay_out_intent(stripe, payment.key)
        lay_out_dispute(stripe, "needs_response")
        assert send(message("charge.dispute.created", "du_1")) == 200
        payment.refresh_from_db()
        assert payment.disputed


class TestCards:
    @pytest.fixture
    def setup(self, stripe: Canned, cast: Cast) -> CardSetup:
        CardHolder.objects.create(practice=cast.practice, gateway="stripe", provider_id="cus_1")
        return CardSetup.objects.create(
            practice=cast.practice, gateway="stripe", asked_by=cast.owner, asked_by_name="Owner", asked_at=NOON
        )

    def lay_out(self, stripe: Canned, setup: CardSetup, status: str) -> None:
        stripe.things["/v1/checkout/sessions/cs_1"] = {
            "id": "cs_1",
            "object": "checkout.session",
            "status": status,
            "customer": "cus_1",
            "metadata": {"key": str(setup.key)},
            "setup_intent": {
                "id": "seti_1",
                "object": "setup_intent",
                "payment_method": {
                    "id": "pm_1",
                    "object": "payment_method",
                    "card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030},
                },
            },
        }

    def test_the_card_of_a_visit_is_kept_once(self, stripe: Canned, cast: Cast, setup: CardSetup) -> None:
        self.lay_out(stripe, setup, "complete")
        for _ in range(2):
            assert send(message("checkout.session.completed", "cs_1")) == 200
        card = Card.objects.get()
        assert (card.practice, card.source, str(card), card.expires) == (
            cast.practice,
            "cus_1/pm_1",
            "Visa ·· 4242",
            "04/30",
        )
        assert (card.is_default, card.added_by) == (True, cast.owner)
        assert Event.objects.filter(type=EventType.CARD_ADDED).count() == 1

    def test_a_visit_that_stripe_says_is_not_over_brings_none(self, stripe: Canned, setup: CardSetup) -> None:
        self.lay_out(stripe, setup, "open")
        assert send(message("checkout.session.completed", "cs_1")) == 503
        assert not Card.objects.exists()

    def test_a_visit_that_is_not_known_is_to_come_again(self, stripe: Canned, setup: CardSetup) -> None:
        self.lay_out(stripe, setup, "complete")
        CardSetup.objects.update(key=uuid4())
        assert send(message("checkout.session.completed", "cs_1")) == 503
        assert not Card.objects.exists()
