"""C12 end to end, over HTTP: paid and given back at Stripes that others wrote, each for what it knows.

localstripe takes payments, and stripe-stateful-mock gives charges back; see tests/billing/gateways/conftest.py.
"""

from collections.abc import Iterator

import pytest
import stripe
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.billing import gateways
from reprieve.billing.gateways.stripe import usual_fee_minor
from reprieve.billing.models import Card, Charge, ChargeState, Method, Payment, PaymentState, Refund, RefundState
from reprieve.orders.locking import lock_order
from reprieve.settlement.receive_payment import receive_payment
from reprieve.settlement.send_payment import send_payment
from reprieve.settlement.send_refund import send_refund
from tests.billing.gateways.conftest import local_stripe, paying, refunding, stateful_mock
from tests.billing.gateways.fault_proxy import Fault, Proxy
from tests.factories.cards import a_card, an_order_by_card
from tests.factories.money import require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, UNDO_WINDOW, Catalog, an_order, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
__all__ = ["local_stripe", "paying", "refunding", "stateful_mock"]
LOST = (Fault.HANG_UP_BEFORE, Fault.HANG_UP_AFTER, Fault.ERROR_AFTER, Fault.NONSENSE)


@pytest.fixture(autouse=True)
def one_gateway_a_test(settings: Settings) -> Iterator[None]:
    settings.STRIPE_SECRET_KEY, settings.CARD_GATEWAY = "sk_test_reprieve", "stripe"
    gateways.loaded.cache_clear()
    yield
    gateways.loaded.cache_clear()


def raw(proxy: Proxy) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_reprieve", base_addresses={"api": proxy.address}, max_network_retries=0)


@pytest.fixture
def card(settings: Settings, cast: Cast, paying: Proxy) -> Card:
    """A card that localstripe keeps and that takes every charge."""
    settings.STRIPE_ADDRESS = paying.address
    customer = raw(paying).v1.customers.create({"description": cast.practice.number})
    method = raw(paying).v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    Card.objects.filter(pk=a_card(cast).pk).update(gateway="stripe", source=f"{customer.id}/{method.id}")
    paying.asked.clear()
    return Card.objects.get()


def amounts_taken(proxy: Proxy, card: Card) -> list[int]:
    """What Stripe has taken from the card."""
    customer = card.source.partition("/")[0]
    intents = raw(proxy).v1.payment_intents.list({"limit": 100}).data
    return [each.amount for each in intents if each.customer == customer and each.status == "succeeded"]


def test_c12_pays_a_case_of_120_when_it_is_placed(cast: Cast, catalog: Catalog, paying: Proxy, card: Card) -> None:
    _, payment = an_order_by_card(catalog, cast.actor("owner"), card, "design")
    for _ in range(2):
        send_payment(payment_id=payment.pk, now=timezone.now())
    payment.refresh_from_db()
    assert (payment.state, payment.amount_minor) == (PaymentState.PAID, 12000)  # it knows no fees
    assert amounts_taken(paying, card) == [12000]
    assert Charge.objects.get().state == ChargeState.PAID


@pytest.mark.parametrize("fault", LOST)
def test_edge_4_a_broken_line_never_charges_twice(
    cast: Cast, catalog: Catalog, paying: Proxy, card: Card, fault: Fault
) -> None:
    _, payment = an_order_by_card(catalog, cast.actor("owner"), card, "design")
    paying.faults.append(fault)
    send_payment(payment_id=payment.pk, now=timezone.now())
    payment.refresh_from_db()
    assert payment.state == PaymentState.UNKNOWN
    send_payment(payment_id=payment.pk, now=timezone.now())
    payment.refresh_from_db()
    assert payment.state == PaymentState.PAID
    assert amounts_taken(paying, card) == [12000]


def test_a_hold_is_captured_with_the_design_and_released_by_a_cancellation(
    settings: Settings, cast: Cast, catalog: Catalog, paying: Proxy, card: Card
) -> None:
    settings.CAPTURE_AT = "design_started"
    kept, cancelled = (an_order_by_card(catalog, cast.actor("owner"), card, "design") for _ in range(2))
    for _, payment in (kept, cancelled):
        send_payment(payment_id=payment.pk, now=NOON)
        payment.refresh_from_db()
        assert (payment.state, payment.fee_minor) == (PaymentState.AUTHORISED, 0)
    assert amounts_taken(paying, card) == []
    moved(kept[0], *TO_DESIGN)
    cancel_order(order_id=cancelled[0].pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    for _, payment in (kept, cancelled):
        send_payment(payment_id=payment.pk, now=NOON + UNDO_WINDOW)
        payment.refresh_from_db()
    assert (kept[1].state, cancelled[1].state) == (PaymentState.PAID, PaymentState.RELEASED)
    assert amounts_taken(paying, card) == [12000]
    assert not Refund.objects.exists()


def test_c12_gives_back_116_22_of_120_at_a_fee_of_3_78_before_the_design(
    settings: Settings, cast: Cast, catalog: Catalog, refunding: Proxy
) -> None:
    settings.STRIPE_ADDRESS = refunding.address
    order = an_order(catalog, cast.actor("owner"), "design")
    params = {"amount": 12000, "currency": "usd", "source": "tok_visa"}
    charge = str(raw(refunding).raw_request("post", "/v1/charges", **params).data["id"])
    with transaction.atomic():
        payment = Payment.objects.create(
            practice=cast.practice,
            charge=order.charge,
            method=Method.CARD,
            gateway="stripe",
            provider_id=charge,
            currency="USD",
            amount_minor=12000,
            fee_minor=usual_fee_minor(gateways.Amount(12000, "USD")),
            state=PaymentState.PENDING,
            created_at=NOON,
        )
        receive_payment(lock_order(SYSTEM, order.pk).charge, payment, actor=SYSTEM, now=NOON)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    refund = Refund.objects.get()
    refunding.faults.append(Fault.HANG_UP_AFTER)
    for _ in range(3):
        send_refund(refund_id=refund.pk, now=timezone.now())
    refund.refresh_from_db()
    assert (refund.state, refund.amount_minor) == (RefundState.COMPLETED, 11622)
    assert [each.amount for each in raw(refunding).v1.refunds.list({"charge": charge}).data] == [11622]
    require_money_adds_up()
