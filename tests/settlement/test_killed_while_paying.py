"""kill -9 of a worker that captures, lets go of a hold or collects an invoice: each happens and is booked once."""

import signal
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.models import Card, Charge, ChargeState, Payment, PaymentState
from reprieve.billing.periods import Period
from reprieve.settlement.send_payment import send_payment, send_payment_when_due
from tests import drill, fake_gateway
from tests.factories.cards import a_card, an_order_by_card, cards_are_taken
from tests.factories.money import placed, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, Catalog, an_order, moved
from tests.patience import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
POINTS = ("before the payment is asked for", "before the payment is booked")
WEEK = Period.named(PaymentTerms.WEEKLY, "2026-W10")
AFTERWARDS = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def card(cast: Cast) -> Card:
    return a_card(cast, default=True)


def held(cast: Cast, catalog: Catalog, card: Card) -> Payment:
    """120.00 that are reserved on the card."""
    payment = an_order_by_card(catalog, cast.actor("owner"), card, "design")[1]
    send_payment(payment_id=payment.pk, now=NOON)
    payment.refresh_from_db()
    assert payment.state == PaymentState.AUTHORISED
    return payment


def kill_and_go_on(payments: dict[str, Payment]) -> None:
    """A worker dies at each point with the payment that belongs to it; others take up what it left, twice."""
    started = {point: drill.start(point, "pay", payment.pk) for point, payment in payments.items()}
    ends = {point: process.wait(PATIENCE) for point, process in started.items()}
    assert ends == dict.fromkeys(payments, -signal.SIGKILL)
    for payment in payments.values():
        for _ in range(2):
            send_payment_when_due.call(payment.pk)


def test_a_hold_is_captured_once(cast: Cast, catalog: Catalog, card: Card, settings: Settings) -> None:
    settings.CAPTURE_AT = "design_started"
    payments = {point: held(cast, catalog, card) for point in POINTS}
    for payment in payments.values():
        moved(placed(payment), *TO_DESIGN)
    before = len(fake_gateway.payments_made())
    kill_and_go_on(payments)
    names = sorted((str(payment.key), 12000) for payment in payments.values())
    assert sorted((name, minor) for _, name, minor in fake_gateway.payments_made()[before:]) == names
    assert {what for what, *_ in fake_gateway.payments_made()[before:]} == {"capture"}
    assert set(Payment.objects.values_list("state", "fee_minor")) == {(PaymentState.PAID, 378)}
    assert set(Charge.objects.values_list("state", flat=True)) == {ChargeState.PAID}
    require_money_adds_up()


def test_a_hold_is_let_go_of_once(cast: Cast, catalog: Catalog, card: Card, settings: Settings) -> None:
    settings.CAPTURE_AT = "design_started"
    payments = {point: held(cast, catalog, card) for point in POINTS}
    for payment in payments.values():
        cancel_order(order_id=placed(payment).pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    before = len(fake_gateway.payments_made())
    kill_and_go_on(payments)
    names = sorted(str(payment.key) for payment in payments.values())
    assert sorted(name for _, name, _ in fake_gateway.payments_made()[before:]) == names
    assert {what for what, *_ in fake_gateway.payments_made()[before:]} == {"release"}
    assert set(Payment.objects.values_list("state", "refunded_minor")) == {(PaymentState.RELEASED, 0)}
    assert set(Charge.objects.values_list("state", flat=True)) == {ChargeState.VOIDED}
    require_money_adds_up()


def test_an_invoice_is_collected_once(cast: Cast, catalog: Catalog, card: Card) -> None:
    Practice.objects.update(payment_terms=PaymentTerms.WEEKLY)
    an_order(catalog, cast.actor("owner"))
    run_invoices(terms=PaymentTerms.WEEKLY, period=WEEK, actor=SYSTEM, now=AFTERWARDS)
    kill_and_go_on({"before the payment is booked": Payment.objects.get()})
    assert fake_gateway.payments_made() == [("charge", card.source, 12000)]
    assert Payment.objects.get().state == PaymentState.PAID
    assert Charge.objects.get().state == ChargeState.PAID
    require_money_adds_up()
