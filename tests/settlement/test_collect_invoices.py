"""Weekly autopay: the invoice of a week is collected from the practice's card, once; a declined card is told."""

from datetime import UTC, timedelta

import pytest
from django_ox.models import OxTask
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.documents import DocumentState, document, with_amounts
from reprieve.billing.models import Card, Charge, ChargeState, Invoice, Payment, PaymentState
from reprieve.billing.periods import Period
from reprieve.history.models import Event, EventType
from reprieve.notifications.models import Email
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.money import give_credit
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]


@pytest.fixture
def card(cast: Cast) -> Card:
    cast.practice.payment_terms = PaymentTerms.WEEKLY
    cast.practice.save()
    return a_card(cast, default=True)


def run(terms: PaymentTerms = PaymentTerms.WEEKLY) -> None:
    period = Period.around(terms, NOON.date())
    run_invoices(terms=terms, period=period, actor=SYSTEM, now=period.ends_at(UTC))


def sent(*words: str) -> Payment:
    fake_gateway.plan(*words)
    send_payment(payment_id=Payment.objects.get(card__isnull=False).pk, now=NOON + timedelta(days=8))
    return Payment.objects.get(card__isnull=False)


def state() -> DocumentState:
    return document(with_amounts(Invoice.objects.all()).get()).state


def test_the_weeks_cases_are_paid_with_one_charge(cast: Cast, catalog: Catalog, card: Card) -> None:
    for _ in range(2):
        an_order(catalog, cast.actor("owner"))
    for _ in range(2):
        run()
    assert OxTask.objects.filter(task_path__endswith="send_payment_when_due").count() == 1
    assert sent().state == PaymentState.PAID
    assert sent().paid_at is not None
    assert fake_gateway.payments_made() == [("charge", card.source, 24000)]
    assert state() is DocumentState.PAID
    assert set(Charge.objects.values_list("state", flat=True)) == {ChargeState.PAID}
    assert Event.objects.filter(type=EventType.PAYMENT_RECEIVED, subject="invoice").count() == 1


def test_c13_a_cancelled_case_is_not_charged(cast: Cast, catalog: Catalog, card: Card) -> None:
    an_order(catalog, cast.actor("owner"))
    cancelled = an_order(catalog, cast.actor("owner"), "design")
    cancel_order(order_id=cancelled.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    run()
    sent()
    assert fake_gateway.payments_made() == [("charge", card.source, 12000)]


def test_collects_what_store_credit_has_left(cast: Cast, catalog: Catalog, card: Card) -> None:
    give_credit(cast.practice.pk, 8000)
    an_order(catalog, cast.actor("owner"))
    run()
    sent()
    assert fake_gateway.payments_made() == [("charge", card.source, 4000)]


def test_an_answer_that_was_lost_charges_once(cast: Cast, catalog: Catalog, card: Card) -> None:
    an_order(catalog, cast.actor("owner"))
    run()
    assert sent("lost_answer").state == PaymentState.UNKNOWN
    assert sent().state == PaymentState.PAID
    assert len(fake_gateway.payments_made()) == 1


def test_a_declined_card_is_told_and_leaves_the_invoice_open(cast: Cast, catalog: Catalog, card: Card) -> None:
    an_order(catalog, cast.actor("owner"))
    run()
    assert sent("declined").state == PaymentState.FAILED
    assert state() is DocumentState.OPEN
    event = Event.objects.get(type=EventType.PAYMENT_FAILED)
    assert (event.subject, event.data["why"]) == ("invoice", "The card is closed.")
    assert Email.objects.filter(event=event).count() == 2


def test_nothing_is_recorded_besides_while_the_card_is_paying(cast: Cast, catalog: Catalog, card: Card) -> None:
    an_order(catalog, cast.actor("owner"))
    run()
    with pytest.raises(AmountInvalid):
        record_invoice_payment(
            invoice_id=Invoice.objects.get().pk,
            actor=cast.actor("support"),
            amount_minor=12000,
            currency="USD",
            reference="Elm Street",
            now=NOON,
        )


@pytest.mark.parametrize("why", ["monthly", "no card", "removed", "not taken"])
def test_collects_from_nobody_else(cast: Cast, catalog: Catalog, card: Card, settings: Settings, why: str) -> None:
    terms = PaymentTerms.MONTHLY if why == "monthly" else PaymentTerms.WEEKLY
    cast.practice.payment_terms = terms
    cast.practice.save()
    if why == "no card":
        Card.objects.update(is_default=False)
    if why == "removed":
        Card.objects.update(removed_at=NOON)
    if why == "not taken":
        settings.CARD_GATEWAY = ""
    an_order(catalog, cast.actor("owner"))
    run(terms)
    assert Invoice.objects.count() == 1
    assert not Payment.objects.exists()
