"""An invoice under two commands that would pay it, on two real connections: it is paid once, and never too much."""

from collections.abc import Callable
from datetime import UTC, timedelta
from uuid import UUID, uuid4

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions import record_payment as recording
from reprieve.actions.pay_by_card import PaymentUnderWay, pay_invoice
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing import paying
from reprieve.billing.documents import as_it_stands
from reprieve.billing.models import Card, Invoice, Method, Payment, PaymentState
from reprieve.billing.periods import Period
from reprieve.billing.receivables import OpenAmountChanged
from reprieve.settlement import send_payment as sending_of
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.money import require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order
from tests.races.race import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(days=40)
type Command = Callable[[], object]


@pytest.fixture
def card(cast: Cast) -> Card:
    return a_card(cast, default=True)


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    return an_invoice(catalog, cast.actor("owner"))


@pytest.fixture
def collected(cast: Cast, catalog: Catalog, card: Card) -> Payment:
    """The payment with which weekly autopay is about to collect an invoice of 120.00."""
    cast.practice.payment_terms = PaymentTerms.WEEKLY
    cast.practice.save()
    an_order(catalog, cast.actor("owner"))
    week = Period.around(PaymentTerms.WEEKLY, NOON.date())
    run_invoices(terms=PaymentTerms.WEEKLY, period=week, actor=SYSTEM, now=week.ends_at(UTC))
    return Payment.objects.get()


def click(cast: Cast, card: Card, who: str = "owner", key: UUID | None = None) -> Command:
    invoice, key = Invoice.objects.get(), key or uuid4()
    wanted = {"card_id": card.pk, "expected_minor": 12000, "key": key, "now": LATER}
    return lambda: pay_invoice(invoice_id=invoice.pk, actor=cast.actor(who), **wanted)  # type: ignore[arg-type]


def transfer(cast: Cast) -> Command:
    invoice = Invoice.objects.get()
    wanted = {"amount_minor": 12000, "currency": "USD", "reference": "Transfer 4711", "expected_open_minor": 12000}
    return lambda: record_invoice_payment(
        invoice_id=invoice.pk,
        actor=cast.actor("support"),
        now=LATER,
        **wanted,  # type: ignore[arg-type]
    )


def sending(payment: Payment) -> Command:
    return lambda: send_payment(payment_id=payment.pk, now=LATER)


def send_everything() -> None:
    for payment in Payment.objects.filter(card__isnull=False):
        sending(payment)()


def require_paid_once() -> None:
    send_everything()
    assert as_it_stands(Invoice.objects.get()).open_minor == 0
    assert sum(Payment.objects.filter(state=PaymentState.PAID).values_list("amount_minor", flat=True)) == 12000
    require_money_adds_up()


def test_two_clicks_of_one_form_are_one_payment(cast: Cast, invoice: Invoice, card: Card) -> None:
    pay = click(cast, card, key=uuid4())
    first, second = race(pay, pay, hold=(paying, "start"))
    assert first.result == second.result is not None
    assert Payment.objects.count() == 1
    require_paid_once()


def test_of_two_colleagues_one_pays_and_the_other_is_told(cast: Cast, invoice: Invoice, card: Card) -> None:
    other = a_card(cast)
    _, second = race(click(cast, card), click(cast, other, "colleague"), hold=(paying, "start"))
    assert isinstance(second.refusal, PaymentUnderWay)
    require_paid_once()
    assert fake_gateway.payments_made() == [("charge", card.source, 12000)]


def test_a_click_while_autopay_is_collecting_is_told_so(cast: Cast, collected: Payment) -> None:
    fake_gateway.plan("lost_answer")
    _, second = race(sending(collected), click(cast, a_card(cast)), hold=(paying, "_next_step"))
    assert isinstance(second.refusal, PaymentUnderWay)
    require_paid_once()
    assert len(fake_gateway.payments_made()) == 1


def test_a_click_that_waits_for_autopays_decline_pays_with_the_other_card(cast: Cast, collected: Payment) -> None:
    other = a_card(cast)
    fake_gateway.plan("declined")
    _, second = race(sending(collected), click(cast, other), hold=(sending_of, "notify_practice"))
    assert isinstance(second.result, Payment)
    require_paid_once()
    assert fake_gateway.payments_made() == [("charge", other.source, 12000)]


def test_a_transfer_is_not_recorded_besides_a_click(cast: Cast, invoice: Invoice, card: Card) -> None:
    _, second = race(click(cast, card), transfer(cast), hold=(paying, "start"))
    assert isinstance(second.refusal, OpenAmountChanged)
    assert not Payment.objects.filter(method=Method.MANUAL).exists()
    require_paid_once()


def test_a_click_does_not_pay_what_a_transfer_has_paid(cast: Cast, invoice: Invoice, card: Card) -> None:
    _, second = race(transfer(cast), click(cast, card), hold=(recording, "receive_payment"))
    assert second.refusal is not None
    assert second.refusal.code == "nothing_to_pay"
    assert not Payment.objects.filter(method=Method.CARD).exists()
    require_paid_once()
    assert fake_gateway.payments_made() == []
