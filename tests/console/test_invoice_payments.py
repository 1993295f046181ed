"""Staff see how invoices are being paid: which cards were declined, what is overdue, and record each transfer once."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from reprieve.actions.pay_by_card import pay_invoice
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.billing.models import Invoice, Payment, PaymentState
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice

pytestmark = pytest.mark.django_db
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(days=40)
LIST, PAGE, RECORD = "/console/invoices/", "/console/invoices/INV-1001/", "/console/invoices/INV-1001/record-payment/"


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    """Two cases of 120.00 each."""
    return an_invoice(catalog, cast.actor("owner"), orders=2)


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def pay(cast: Cast, invoice: Invoice, *words: str) -> Payment:
    wanted = {"card_id": a_card(cast).pk, "expected_minor": invoice.total_minor, "key": uuid4(), "now": LATER}
    payment = pay_invoice(invoice_id=invoice.pk, actor=cast.actor("owner"), **wanted)  # type: ignore[arg-type]
    if words:
        fake_gateway.plan(*words)
        send_payment(payment_id=payment.pk, now=LATER)
    return payment


def received(form: dict[str, str], minor: str = "100.00") -> dict[str, str]:
    return form | {"amount": minor, "reference": "Transfer 4711"}


def form_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(shown|key)" value="([^"]+)"', page))


class TestList:
    def test_filters_by_what_is_to_be_paid_and_counts(
        self, manager: Client, cast: Cast, catalog: Catalog, invoice: Invoice
    ) -> None:
        second, third = (an_invoice(catalog, cast.actor("owner"), now=NOON + timedelta(days=31 * n)) for n in (1, 2))
        pay(cast, second, "declined")
        pay(cast, third, "done")
        with time_machine.travel(datetime(2026, 5, 2, 9, tzinfo=UTC), tick=False):
            page = text(manager, LIST)
            counted = dict(re.findall(r'status=(\w+)" > (?:[\w ]+) <span class="chip__count">(\d+)</span>', page))
            assert counted == {"open": "2", "overdue": "1", "declined": "1"}
            for status, names in (
                ("open", ["INV-1002", "INV-1001"]),
                ("overdue", ["INV-1001"]),
                ("declined", ["INV-1002"]),
                ("", ["INV-1003", "INV-1002", "INV-1001"]),
                ("nonsense", ["INV-1003", "INV-1002", "INV-1001"]),
            ):
                page = text(manager, f"{LIST}?status={status}")
                assert re.findall(r'class="table__key" href="/console/invoices/(INV-\d+)/"', page) == names
        assert "The card is closed." in text(manager, f"{LIST}?status=declined")

    def test_a_filter_and_words_narrow_together(
        self, manager: Client, cast: Cast, catalog: Catalog, invoice: Invoice
    ) -> None:
        an_invoice(catalog, cast.actor("stranger"))
        page = text(manager, f"{LIST}?status=open&q=Harbour")
        assert ("INV-1002" in page, "INV-1001" in page) == (True, False)
        assert '<input type="hidden" name="status" value="open">' in page
        assert "There is none" in text(manager, f"{LIST}?status=declined")

    def test_speaks_of_cards_only_where_they_are_taken(
        self, manager: Client, invoice: Invoice, settings: Settings
    ) -> None:
        settings.CARD_GATEWAY = ""
        assert "Card declined" not in text(manager, LIST)

    @pytest.mark.parametrize("invoices", [1, 5])
    def test_needs_as_many_queries_for_many_as_for_one(
        self,
        manager: Client,
        cast: Cast,
        catalog: Catalog,
        invoices: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for month in range(invoices):
            made = an_invoice(catalog, cast.actor("owner"), orders=2, now=NOON + timedelta(days=31 * month))
            pay(cast, made, "declined")
        with django_assert_max_num_queries(5):  # the page and the counts are two of them
            manager.get(LIST)
        with django_assert_max_num_queries(10):
            manager.get(PAGE)


class TestPage:
    def test_shows_the_payments_with_their_states_and_problems(
        self, manager: Client, cast: Cast, invoice: Invoice
    ) -> None:
        failed = pay(cast, invoice, "declined")
        page = text(manager, PAGE)
        assert "The card was declined: The card is closed." in page
        assert "The practice was told by mail" in page
        record_invoice_payment(
            invoice_id=invoice.pk,
            actor=cast.actor("support"),
            amount_minor=4000,
            currency="USD",
            reference="Transfer 4711",
            now=LATER,
        )
        page = text(manager, PAGE)
        for words in (str(failed.card), "Failed: The card is closed.", "Transfer 4711", "$40.00", "$200.00"):
            assert words in page

    def test_says_that_a_card_is_paying_and_takes_no_other_payment_of_the_same(
        self, support: Client, cast: Cast, invoice: Invoice
    ) -> None:
        payment = pay(cast, invoice, "lost_answer")
        page = text(support, PAGE)
        assert f"{payment.card} is being charged $240.00" in page
        assert "Being checked with the card provider" in page
        assert "Nobody answered." in page
        response = support.post(RECORD, received(form_of(text(support, RECORD))))
        assert response.status_code == 422
        assert "That is more than is open: $0.00." in response.content.decode()
        assert Payment.objects.count() == 1

    def test_production_only_looks(self, production: Client, invoice: Invoice) -> None:
        assert RECORD not in text(production, PAGE)
        assert production.post(RECORD, received({"shown": "24000"})).status_code == 403
        assert not Payment.objects.exists()


class TestRecording:
    def test_a_double_click_records_once_and_gives_the_same_answer(self, support: Client, invoice: Invoice) -> None:
        form = received(form_of(text(support, RECORD)))
        answers = [support.post(RECORD, form) for _ in range(2)]
        assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, PAGE), (302, PAGE)]
        assert list(Payment.objects.values_list("amount_minor", "state")) == [(10000, PaymentState.PAID)]

    def test_what_a_colleague_has_recorded_meanwhile_is_shown_before_more_is(
        self, support: Client, manager: Client, invoice: Invoice
    ) -> None:
        mine, theirs = form_of(text(support, RECORD)), form_of(text(manager, RECORD))
        manager.post(RECORD, received(theirs))
        response = support.post(RECORD, received(mine))
        page = " ".join(response.content.decode().split())
        assert response.status_code == 409
        assert "$140.00 is open of INV-1001 now, no longer $240.00." in page
        assert 'value="100.00"' in page
        assert 'value="Transfer 4711"' in page
        assert Payment.objects.count() == 1
        again = form_of(page)
        assert again["shown"] == "14000"
        assert support.post(RECORD, received(again)).status_code == 302
        assert Payment.objects.count() == 2

    @pytest.mark.parametrize("shown", ["", "x", "-1", "9" * 40])
    def test_refuses_what_no_page_shows(self, support: Client, invoice: Invoice, shown: str) -> None:
        assert support.post(RECORD, received({"shown": shown})).status_code == 422
        assert not Payment.objects.exists()
