import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.billing.models import Charge, ChargeState, Invoice, InvoiceKind
from reprieve.orders.models import Order
from reprieve.portal import billing as portal_billing
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LATER = NOON + timedelta(days=40)


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog, rules: None) -> Invoice:
    return an_invoice(catalog, cast.actor("owner"), orders=2)


def test_lists_invoices_with_what_is_to_be_paid(owner: Client, invoice: Invoice) -> None:
    with time_machine.travel(LATER, tick=False):
        page = page_of(owner, "/billing/")
    assert "INV-1001" in page
    assert "Open" in page
    assert "1 invoice is to be paid: <strong>$240.00</strong>" in page
    assert "1 Mar 2026 – 31 Mar 2026" in page
    assert page.count("$240.00") == 3
    assert "by 1 May 2026" in page


def test_says_what_is_overdue(owner: Client, invoice: Invoice) -> None:
    for day, is_late in ((1, False), (2, True)):
        with time_machine.travel(datetime(2026, 5, day, 9, tzinfo=UTC), tick=False):
            assert ("Overdue" in page_of(owner, "/billing/")) is is_late


def test_shows_what_is_to_be_paid_first_and_then_the_newest_few(
    owner: Client, cast: Cast, catalog: Catalog, rules: None
) -> None:
    for month in range(8):
        an_invoice(catalog, cast.actor("owner"), now=NOON + timedelta(days=31 * month))
    settle(cast, "INV-1001", "INV-1003", "INV-1004", "INV-1005", "INV-1006", "INV-1007", "INV-1008")
    page = page_of(owner, "/billing/")
    assert re.findall(r'href="/billing/(INV-\d+)/"', page) == [
        f"INV-{number}" for number in (1002, 1008, 1007, 1006, 1005, 1004)
    ]
    assert "1 invoice is to be paid: <strong>$120.00</strong>" in page
    settle(cast, "INV-1002")
    assert "Nothing is to be paid." in page_of(owner, "/billing/")
    every = re.findall(r'href="/billing/(INV-\d+)/"', page_of(owner, "/billing/invoices/"))
    assert every == [f"INV-{number}" for number in range(1008, 1000, -1)]


def settle(cast: Cast, *names: str) -> None:
    for name in names:
        invoice = Invoice.objects.get(number=int(name[4:]), kind=InvoiceKind.INVOICE)
        wanted = {"amount_minor": invoice.total_minor, "currency": "USD", "reference": "Transfer 4711"}
        record_invoice_payment(invoice_id=invoice.pk, actor=cast.actor("support"), now=LATER, **wanted)  # type: ignore[arg-type]


def test_all_of_them_are_paged_by_key(
    owner: Client, cast: Cast, catalog: Catalog, rules: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_billing, "PAGE_SIZE", 2)
    for month in range(3):
        an_invoice(catalog, cast.actor("owner"), now=NOON + timedelta(days=31 * month))
    first = page_of(owner, "/billing/invoices/")
    (older,) = re.findall(r'href="(\?cursor=[^"]+)" rel="next"', first)
    second = page_of(owner, f"/billing/invoices/{older}")
    assert [name in first for name in ("INV-1003", "INV-1002", "INV-1001")] == [True, True, False]
    assert [name in second for name in ("INV-1003", "INV-1002", "INV-1001")] == [False, False, True]


def test_a_practice_saves_its_own_lines_as_csv_and_nobody_elses(
    owner: Client, stranger: Client, invoice: Invoice
) -> None:
    lines = owner.get("/billing/invoices/export/").getvalue().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["document", "INV-1001", "INV-1001"]
    assert len(stranger.get("/billing/invoices/export/").getvalue().decode().splitlines()) == 1
    assert "No invoices yet" in page_of(stranger, "/billing/invoices/")


def test_says_that_there_are_none_and_shows_a_stranger_none(stranger: Client, invoice: Invoice) -> None:
    page = page_of(stranger, "/billing/")
    assert "No invoices yet" in page
    assert "INV-1001" not in page
    for url in ("/billing/INV-1001/", "/billing/INV-1001/pdf/"):
        assert stranger.get(url).status_code == 404


def test_shows_an_invoice_with_its_cases(owner: Client, invoice: Invoice) -> None:
    page = page_of(owner, "/billing/INV-1001/")
    for order in Order.objects.all():
        assert f'href="/orders/{order.number}/"' in page
    assert "Crowns product" in page
    assert "carried over" not in page


def test_shows_what_was_carried_over_and_from_when(
    owner: Client, cast: Cast, catalog: Catalog, invoice: Invoice
) -> None:
    Charge.objects.update(state=ChargeState.INVOICED)
    order = an_order(catalog, cast.actor("owner"), now=NOON)
    Charge.objects.filter(order=order).update(terms="monthly", billable_from=NOON + timedelta(days=30))
    an_invoice(catalog, cast.actor("owner"), now=NOON + timedelta(days=30))
    assert "carried over from March 2026" in page_of(owner, "/billing/INV-1002/")


@pytest.mark.parametrize("name", ["inv-1001", "INV1001", "Inv-1001"])
def test_is_forgiving_about_how_a_number_is_written(owner: Client, invoice: Invoice, name: str) -> None:
    assert owner.get(f"/billing/{name}/").status_code == 200


@pytest.mark.parametrize(
    "name", ["INV-1", "CN-1001", "INV-99999999999999999", "1001", "INV-1001x", "INV-\u0661\u0660\u0660\u0661"]
)
def test_finds_nothing_that_is_no_document_of_theirs(owner: Client, invoice: Invoice, name: str) -> None:
    assert owner.get(f"/billing/{name}/").status_code == 404


def test_shows_a_credit_note_and_the_invoice_as_credited(owner: Client, cast: Cast, invoice: Invoice) -> None:
    for order in Order.objects.all():
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    note = Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).earliest("pk")
    assert "Corrects" in page_of(owner, f"/billing/{note.name}/")
    page = page_of(owner, "/billing/INV-1001/")
    assert "Credited" in page
    assert 'href="/billing/CN-1001/"' in page
    assert "<strong>$0.00</strong>" in page


def test_an_order_says_how_it_is_billed(owner: Client, cast: Cast, catalog: Catalog, invoice: Invoice) -> None:
    order = Order.objects.earliest("pk")
    page = page_of(owner, f"/orders/{order.number}/")
    assert 'On an invoice <a href="/billing/INV-1001/">INV-1001</a>' in page
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert '$120.00 credited by <a href="/billing/CN-1001/">CN-1001</a>' in page_of(owner, f"/orders/{order.number}/")
    paused = an_order(catalog, cast.actor("owner"))
    assert "To be paid by card" in page_of(owner, f"/orders/{paused.number}/")
    pause_order(order_id=paused.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    assert "Held while the case is paused" in page_of(owner, f"/orders/{paused.number}/")


def test_the_pdf_is_one_and_holds_no_patient(
    owner: Client, cast: Cast, catalog: Catalog, rules: None, settings: Settings
) -> None:
    settings.TAX_PERCENT = Decimal("8.875")
    an_invoice(catalog, cast.actor("owner"), orders=60)
    response = owner.get("/billing/INV-1001/pdf/")
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "application/pdf",
        'attachment; filename="INV-1001.pdf"',
    )
    assert response.content.startswith(b"%PDF-")
    assert response.content.count(b"/Type /Page\n") >= 2
    assert b"J.D." not in response.content


@pytest.mark.parametrize("orders", [1, 6])
def test_needs_few_queries(
    owner: Client, cast: Cast, catalog: Catalog, orders: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for month in range(orders):
        an_invoice(catalog, cast.actor("owner"), orders=orders, now=NOON + timedelta(days=31 * month))
    with django_assert_max_num_queries(11):  # what is to be paid and the newest are two of them
        owner.get("/billing/")
    with django_assert_max_num_queries(4):
        owner.get("/billing/invoices/")
    with django_assert_max_num_queries(9):  # its lines, their products, credit notes, payments, refunds, and who asks
        owner.get("/billing/INV-1001/")
