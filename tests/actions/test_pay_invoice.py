"""An invoice is paid by card for what is open of it, once, whoever clicks, and whatever happens to it meanwhile."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django_ox.models import OxTask
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pay_by_card import NothingToPay, PaymentUnderWay, pay_invoice
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.billing.cards import CardInvalid
from reprieve.billing.documents import Document, document, with_amounts
from reprieve.billing.gateways import Done, Released
from reprieve.billing.models import (
    Card,
    Charge,
    ChargeState,
    Invoice,
    InvoiceKind,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from reprieve.billing.receivables import OpenAmountChanged
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from reprieve.notifications.models import Email
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import book_payment, send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(days=40)
FORM = UUID("11111111-2222-4333-8444-555555555555")
WHOLE = 24000


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    """Two cases of 120.00 each."""
    return an_invoice(catalog, cast.actor("owner"), orders=2)


@pytest.fixture
def card(cast: Cast) -> Card:
    return a_card(cast, default=True)


def pay(
    cast: Cast, invoice: Invoice, card: Card, minor: int = WHOLE, *, key: UUID = FORM, who: str = "owner"
) -> Payment:
    return pay_invoice(
        invoice_id=invoice.pk, actor=cast.actor(who), card_id=card.pk, expected_minor=minor, key=key, now=LATER
    )


def sent(payment: Payment, *words: str) -> Payment:
    fake_gateway.plan(*words)
    send_payment(payment_id=payment.pk, now=LATER)
    return Payment.objects.get(pk=payment.pk)


def stands(invoice: Invoice) -> Document:
    return document(with_amounts(Invoice.objects.filter(pk=invoice.pk)).get())


def cancel_a_case(cast: Cast) -> None:
    """Its credit note takes 120.00 back."""
    order = Order.objects.exclude(status="cancelled").earliest("pk")
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)


def record(cast: Cast, invoice: Invoice, minor: int) -> None:
    wanted = {"amount_minor": minor, "currency": "USD", "reference": "Transfer 4711"}
    record_invoice_payment(invoice_id=invoice.pk, actor=cast.actor("support"), now=LATER, **wanted)  # type: ignore[arg-type]


def require_nothing_done() -> None:
    assert not Payment.objects.exists()
    assert not OxTask.objects.filter(task_path__endswith="send_payment_when_due").exists()
    assert fake_gateway.payments_made() == []


class TestPaying:
    def test_charges_the_card_with_what_is_open_and_the_cases_are_paid(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        payment = pay(cast, invoice, card)
        assert (payment.state, payment.amount_minor, payment.invoice) == (PaymentState.PENDING, WHOLE, invoice)
        assert fake_gateway.payments_made() == []
        assert sent(payment).state == PaymentState.PAID
        assert fake_gateway.payments_made() == [("charge", card.source, WHOLE)]
        assert stands(invoice).open_minor == 0
        assert set(Charge.objects.values_list("state", flat=True)) == {ChargeState.PAID}
        assert Event.objects.filter(type=EventType.PAYMENT_RECEIVED, subject="invoice").count() == 1

    def test_pays_the_rest_of_what_came_by_bank_transfer(self, cast: Cast, invoice: Invoice, card: Card) -> None:
        record(cast, invoice, 4000)
        sent(pay(cast, invoice, card, 20000))
        assert fake_gateway.payments_made() == [("charge", card.source, 20000)]
        assert stands(invoice).open_minor == 0

    def test_a_declined_card_is_told_and_another_one_pays(self, cast: Cast, invoice: Invoice, card: Card) -> None:
        assert sent(pay(cast, invoice, card), "declined").state == PaymentState.FAILED
        assert Email.objects.filter(event__type=EventType.PAYMENT_FAILED).count() == 2
        other = a_card(cast)
        assert sent(pay(cast, invoice, other)).state == PaymentState.PAID  # from the form that was still open
        assert fake_gateway.payments_made() == [("charge", other.source, WHOLE)]


class TestRepeating:
    def test_a_double_click_is_one_payment(self, cast: Cast, invoice: Invoice, card: Card) -> None:
        assert pay(cast, invoice, card) == pay(cast, invoice, card)
        assert OxTask.objects.filter(task_path__endswith="send_payment_when_due").count() == 1

    @pytest.mark.parametrize("word", ["done", "declined", "lost_answer", "pending"])
    def test_the_same_form_again_gets_the_same_payment_however_it_stands(
        self, cast: Cast, invoice: Invoice, card: Card, word: str
    ) -> None:
        payment = sent(pay(cast, invoice, card), word)
        again = pay(cast, invoice, card)
        assert (again.pk, again.state) == (payment.pk, payment.state)
        assert Payment.objects.count() == 1

    @pytest.mark.parametrize("word", ["", "lost_answer", "pending"])
    def test_no_second_payment_while_one_is_on_its_way_or_unknown(
        self, cast: Cast, invoice: Invoice, card: Card, word: str
    ) -> None:
        payment = pay(cast, invoice, card)
        if word:
            sent(payment, word)
        for other in (card, a_card(cast)):
            with pytest.raises(PaymentUnderWay, match=r"\$240\.00 with Visa .* is already on its way"):
                pay(cast, invoice, other, key=uuid4(), who="colleague")
        assert Payment.objects.count() == 1

    def test_after_a_decline_the_same_card_may_be_tried_again_from_a_new_form(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        sent(pay(cast, invoice, card), "declined")
        assert sent(pay(cast, invoice, card, key=uuid4())).state == PaymentState.PAID
        assert len(fake_gateway.payments_made()) == 1


class TestChangingMeanwhile:
    @pytest.mark.parametrize("how", ["credited", "paid in part"])
    def test_another_amount_than_was_shown_is_refused_with_the_new_one(
        self, cast: Cast, invoice: Invoice, card: Card, how: str
    ) -> None:
        if how == "credited":
            cancel_a_case(cast)
        else:
            record(cast, invoice, 12000)
        before = Payment.objects.count()
        with pytest.raises(OpenAmountChanged, match=r"\$120\.00 is open of INV-1001 now, no longer \$240\.00"):
            pay(cast, invoice, card)
        assert Payment.objects.count() == before
        assert pay(cast, invoice, card, 12000).amount_minor == 12000

    def test_what_is_credited_before_the_card_is_charged_is_not_charged(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        payment = pay(cast, invoice, card)
        cancel_a_case(cast)
        assert sent(payment).state == PaymentState.RELEASED
        rest = Payment.objects.get(state=PaymentState.PENDING)
        assert (rest.amount_minor, rest.card) == (12000, card)
        sent(rest)
        assert fake_gateway.payments_made() == [("charge", card.source, 12000)]
        assert stands(invoice).open_minor == 0

    def test_nothing_is_charged_for_an_invoice_that_was_credited_whole(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        payment = pay(cast, invoice, card)
        for _ in range(2):
            cancel_a_case(cast)
        assert sent(payment).state == PaymentState.RELEASED
        assert Payment.objects.count() == 1
        assert fake_gateway.payments_made() == []

    def test_a_question_that_was_lost_is_not_asked_again_for_more_than_is_open(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        payment = sent(pay(cast, invoice, card), "lost_question")
        assert payment.state == PaymentState.UNKNOWN
        cancel_a_case(cast)
        assert sent(payment).state == PaymentState.RELEASED
        assert fake_gateway.payments_made() == []
        assert Payment.objects.get(state=PaymentState.PENDING).amount_minor == 12000

    def test_what_was_charged_before_the_credit_note_is_received_and_waits_to_go_back(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        payment = sent(pay(cast, invoice, card), "lost_answer")
        cancel_a_case(cast)
        assert sent(payment).state == PaymentState.PAID
        refund = Refund.objects.get()
        assert (refund.payment, refund.amount_minor, refund.state) == (payment, 12000, RefundState.PENDING)
        assert stands(invoice).open_minor == 0
        assert Payment.objects.count() == 1

    def test_a_late_yes_keeps_the_next_card_from_being_charged(self, cast: Cast, invoice: Invoice, card: Card) -> None:
        first = sent(pay(cast, invoice, card), "declined")
        second = pay(cast, invoice, a_card(cast))
        book_payment(payment_id=first.pk, answer=Done("ch_late"), actor=SYSTEM, now=LATER)
        assert sent(second).state == PaymentState.RELEASED
        assert fake_gateway.payments_made() == []
        assert stands(invoice).open_minor == 0
        assert not Refund.objects.exists()

    def test_what_is_called_off_at_the_provider_is_not_charged_anew(
        self, cast: Cast, invoice: Invoice, card: Card
    ) -> None:
        payment = sent(pay(cast, invoice, card), "pending")
        book_payment(payment_id=payment.pk, answer=Released(), actor=SYSTEM, now=LATER)
        assert list(Payment.objects.values_list("state", flat=True)) == [PaymentState.RELEASED]
        assert stands(invoice).open_minor == WHOLE


class TestRefusing:
    @pytest.mark.parametrize("minor", [-WHOLE, 0, 1, WHOLE - 1, WHOLE + 1, 2**60])
    def test_an_amount_that_nobody_was_shown(self, cast: Cast, invoice: Invoice, card: Card, minor: int) -> None:
        with pytest.raises(OpenAmountChanged):
            pay(cast, invoice, card, minor)
        require_nothing_done()

    @pytest.mark.parametrize(
        ("who", "refusal"), [("stranger", NotFound), ("production", NotAllowed), ("owner", CardInvalid)]
    )
    @pytest.mark.parametrize("which", ["foreign", "removed", "absent"])
    def test_whom_and_what_it_does_not_belong_to(
        self, cast: Cast, invoice: Invoice, card: Card, who: str, refusal: type[Refused], which: str
    ) -> None:
        if which == "foreign":
            card = a_card(cast, stranger=True)
        if which == "removed":
            Card.objects.update(removed_at=NOON)
        if which == "absent":
            card.pk = 0
        with pytest.raises(refusal):
            pay(cast, invoice, card, who=who)
        require_nothing_done()

    def test_what_is_not_open(self, cast: Cast, invoice: Invoice, card: Card) -> None:
        for _ in range(2):
            cancel_a_case(cast)
        for row in (invoice, Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).earliest("pk")):
            with pytest.raises(NothingToPay):
                pay(cast, row, card)
        require_nothing_done()

    def test_where_the_business_takes_no_cards(
        self, cast: Cast, invoice: Invoice, card: Card, settings: Settings
    ) -> None:
        settings.CARD_GATEWAY = ""
        with pytest.raises(CardInvalid):
            pay(cast, invoice, card)
        require_nothing_done()
