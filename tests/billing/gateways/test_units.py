"""Amounts in Stripe's own units: in three currencies they are not the smallest coin, but a hundred times off."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from reprieve.billing.gateways import Amount, Declined, Done, Unknown
from reprieve.billing.gateways.stripe import StripeGateway, minor, units
from reprieve.billing.gateways.stripe_news import StripeNews
from tests.billing.gateways.canned import Canned, canned_stripe
from tests.factories.things import NOON

# Ours, the currency, and what Stripe calls it: https://docs.stripe.com/currencies#special-cases
AMOUNTS = [
    (12000, "USD", 12000),
    (5800, "JPY", 5800),
    (1230, "KWD", 1230),
    (500, "ISK", 50000),
    (500, "UGX", 50000),
    (12000, "MGA", 120),
]


@pytest.fixture(scope="module")
def running() -> Iterator[Canned]:
    with canned_stripe() as server:
        yield server


@pytest.fixture
def stripe(running: Canned) -> Canned:
    running.things.clear()
    running.asked.clear()
    return running


@pytest.mark.parametrize(("ours", "currency", "counted"), AMOUNTS)
def test_edge_24_there_and_back_is_the_same_amount(ours: int, currency: str, counted: int) -> None:
    assert units(Amount(ours, currency)) == counted
    assert minor(counted, currency) == ours


def test_a_fee_that_is_finer_than_the_smallest_coin_is_rounded() -> None:
    assert [minor(counted, "ISK") for counted in (149, 150, 250, 251)] == [1, 2, 2, 3]


@pytest.mark.parametrize(("ours", "currency", "counted"), AMOUNTS)
def test_edge_24_a_card_is_charged_and_refunded_in_stripes_units(
    stripe: Canned, ours: int, currency: str, counted: int
) -> None:
    gateway = StripeGateway(address=stripe.address, key="sk_test_reprieve")
    intent = {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": counted}
    moved = {"object": "balance_transaction", "id": "txn_1", "fee": counted, "currency": currency.lower()}
    intent |= {"currency": currency.lower(), "latest_charge": {"object": "charge", "balance_transaction": moved}}
    stripe.things["/v1/payment_intents"] = stripe.things["/v1/payment_intents/pi_1/capture"] = intent
    refund = {"id": "re_1", "object": "refund", "status": "succeeded", "amount": counted, "currency": currency.lower()}
    stripe.things["/v1/refunds"] = stripe.things["/v1/refunds/re_1"] = refund
    amount = Amount(ours, currency)
    assert gateway.charge(amount, source="cus_1/pm_1", key=uuid4()) == Done("pi_1", fee_minor=ours)
    assert gateway.capture("pi_1", amount, key=uuid4()) == Done("pi_1", fee_minor=ours)
    assert gateway.refund("pi_1", amount, key=uuid4()) == Done("re_1")
    sent = [asked.get("amount") or asked.get("amount_to_capture") for _, asked in stripe.asked]
    assert sent == [str(counted)] * 3
    told = StripeNews(gateway).refund("re_1")
    assert told is not None
    assert told.amount_minor == ours


def test_what_stripe_has_no_number_for_is_declined_and_never_asked(stripe: Canned) -> None:
    gateway = StripeGateway(address=stripe.address, key="sk_test_reprieve")
    answers = [
        gateway.charge(Amount(12050, "MGA"), source="cus_1/pm_1", key=uuid4()),
        gateway.refund("pi_1", Amount(12050, "MGA"), key=uuid4()),
    ]
    assert all(isinstance(answer, Declined) and answer.permanent for answer in answers)
    assert not stripe.asked


@pytest.mark.parametrize(("received", "expected"), [(12000, Done("pi_1", fee_minor=378)), (6000, None), (0, None)])
def test_another_amount_than_was_asked_for_is_never_taken_for_the_payment(
    stripe: Canned, received: int, expected: Done | None
) -> None:
    intent = {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 12000, "currency": "usd"}
    stripe.things["/v1/payment_intents/pi_1"] = intent | {"amount_received": received}
    gateway = StripeGateway(address=stripe.address, key="sk_test_reprieve")
    answer = gateway.look_up_payment("pi_1", key=uuid4(), since=NOON)
    assert answer == expected or (expected is None and isinstance(answer, Unknown))
