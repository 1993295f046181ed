import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from reprieve.actions.cancel_order import cancel_order
from reprieve.billing.models import Charge, Invoice
from reprieve.orders.models import Order
from reprieve.web.csv_export import safe
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.both]
APRIL = datetime(2026, 4, 2, 9, tzinfo=UTC)


def client_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


@pytest.fixture
def manager(cast: Cast, rules: None) -> Client:
    return client_of(cast, "manager")


@pytest.fixture
def due(cast: Cast, catalog: Catalog) -> Order:
    order = an_order(catalog, cast.actor("owner"))
    Charge.objects.update(terms="monthly")
    return order


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_shows_what_a_run_would_do_and_does_it_when_told(manager: Client, due: Order) -> None:
    with time_machine.travel(APRIL, tick=False):
        assert "Monthly invoice: run 2026-03" in page_of(manager, "/console/invoices/")
        page = page_of(manager, "/console/invoices/run/?terms=monthly&period=2026-03")
        assert "1 case is due. 1 invoice will be written and sent: $120.00" in page
        assert not Invoice.objects.exists()
        response = manager.post("/console/invoices/run/", {"terms": "monthly", "period": "2026-03"}, follow=True)
        assert "1 invoice for 2026-03 is written" in response.content.decode()
        assert Invoice.objects.get().total_minor == 12000
        assert "Nothing is due in this period" in page_of(
            manager, "/console/invoices/run/?terms=monthly&period=2026-03"
        )
        again = manager.post("/console/invoices/run/", {"terms": "monthly", "period": "2026-03"}, follow=True)
        assert "Nothing was due in 2026-03" in again.content.decode()
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("terms", "period", "words"),
    [
        ("monthly", "2026-04", "is not over before 1 May 2026"),
        ("monthly", "2026-13", "is no period of monthly invoice. Write it like 2026-10."),
        ("weekly", "2026-03", "is no period of weekly autopay. Write it like 2026-W47."),
        ("weekly", "2026-W54", "is no period of weekly autopay"),
        ("monthly", "9999-12", "is no"),
        ("per_case", "2026-03", "Select a valid choice"),
        ("", "", "This field is required"),
    ],
)
def test_refuses_what_is_no_period_that_is_over(
    manager: Client, due: Order, terms: str, period: str, words: str
) -> None:
    with time_machine.travel(APRIL, tick=False):
        response = manager.post("/console/invoices/run/", {"terms": terms, "period": period})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Invoice.objects.exists()


def test_support_may_look_but_neither_run_nor_export(cast: Cast, catalog: Catalog, due: Order, rules: None) -> None:
    support = client_of(cast, "support")
    page = page_of(support, "/console/invoices/")
    assert "run 20" not in page
    assert "accountant" not in page
    wanted = {"terms": "monthly", "period": "2026-03"}
    assert support.post("/console/invoices/run/", wanted).status_code == 403
    assert support.get("/console/invoices/export/").status_code == 403
    assert not Invoice.objects.exists()


def test_finds_invoices_by_number_and_by_practice(manager: Client, cast: Cast, catalog: Catalog) -> None:
    an_invoice(catalog, cast.actor("owner"))
    an_invoice(catalog, cast.actor("stranger"), now=NOON + timedelta(days=31))
    for words, found in (
        ("inv-1002", ["INV-1002"]),
        (cast.practice.number, ["INV-1001"]),
        ("Harbour", ["INV-1002"]),
        ("", ["INV-1002", "INV-1001"]),
        ("nobody", []),
    ):
        page = page_of(manager, f"/console/invoices/?q={words}")
        assert [name for name in ("INV-1002", "INV-1001") if f"/console/invoices/{name}/" in page] == found


def read(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/console/invoices/export/{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_the_accountant_gets_each_line_and_credit_notes_with_a_minus(
    manager: Client, cast: Cast, catalog: Catalog, rules: None
) -> None:
    an_invoice(catalog, cast.actor("owner"), orders=2)
    order = Order.objects.earliest("pk")
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=APRIL)
    rows = read(manager)
    assert [(row["document"], row["case"], row["total"]) for row in rows] == [
        ("INV-1001", order.number, "120.00"),
        ("INV-1001", Order.objects.latest("pk").number, "120.00"),
        ("CN-1001", order.number, "-120.00"),
    ]
    assert rows[0] == {
        "document": "INV-1001",
        "kind": "invoice",
        "corrects": "",
        "date": "2026-04-01",
        "due": "2026-05-01",
        "terms": "monthly",
        "period": "2026-03",
        "practice": cast.practice.number,
        "practice name": "Elm Street Dental",
        "case": order.number,
        "reference": "",
        "carried over from": "",
        "currency": "USD",
        "amount": "120.00",
        "tax percent": "0",
        "tax": "0.00",
        "total": "120.00",
    }
    assert rows[2]["corrects"] == "INV-1001"


def test_no_cell_that_somebody_typed_is_a_formula(manager: Client, cast: Cast, catalog: Catalog, rules: None) -> None:
    an_invoice(catalog, cast.actor("owner"))
    Order.objects.update(customer_reference="=HYPERLINK(1)")
    cast.practice.name = "@SUM(A1)"
    cast.practice.save()
    (row,) = read(manager)
    assert (row["reference"], row["practice name"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n1"])
def test_takes_the_teeth_out_of_formulas(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Elm Street Dental", "AB-1", "a=b", "5"])
def test_leaves_other_text_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_exports_the_days_that_were_asked_for(manager: Client, cast: Cast, catalog: Catalog, rules: None) -> None:
    an_invoice(catalog, cast.actor("owner"))
    an_invoice(catalog, cast.actor("owner"), now=NOON + timedelta(days=31))
    for query, found in (
        ("?since=2026-04-02", ["INV-1002"]),
        ("?until=2026-04-01", ["INV-1001"]),
        ("?since=2026-04-01&until=2026-05-01", ["INV-1001", "INV-1002"]),
        ("?since=2026-06-01", []),
    ):
        assert [row["document"] for row in read(manager, query)] == found


@pytest.mark.parametrize("query", ["?since=0001-01-01", "?until=9999-12-31", "?since=yesterday", "?until=2026-02-30"])
def test_refuses_days_that_are_none(manager: Client, query: str) -> None:
    assert manager.get(f"/console/invoices/export/{query}").status_code == 422
