from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.billing.models import Charge, ChargeState, Invoice, InvoiceKind
from reprieve.orders.models import Order
from tests.people import Cast
from tests.things import NOON, Catalog, an_invoice, an_order

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=40)


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog, rules: None) -> Invoice:
    return an_invoice(catalog, cast.actor("owner"), orders=2)


def test_lists_invoices_with_what_is_to_be_paid(owner: Client, invoice: Invoice) -> None:
    page = page_of(owner, "/billing/")
    assert "INV-1001" in page
    assert "Open" in page
    assert "1 Mar 2026 – 31 Mar 2026" in page
    assert page.count("$240.00") == 2
    assert "by 1 May 2026" in page


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
    with django_assert_max_num_queries(10):  # the invoices are one of them
        owner.get("/billing/")
    with django_assert_max_num_queries(7):  # the invoice, its lines, their products, its credit notes, and who asks
        owner.get("/billing/INV-1001/")
