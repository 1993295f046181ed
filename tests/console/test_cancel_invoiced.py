"""Staff cancel a case whose invoice is paid: they see what is credited and what of it goes back, and that happens."""

import html
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.models import Invoice, InvoiceKind, Refund, RefundState
from reprieve.billing.periods import Period, business_zone
from reprieve.orders.models import Order
from tests.factories.invoices import pay_invoice
from tests.factories.people import Cast
from tests.factories.things import TO_DESIGNED, Catalog, an_order, moved

pytestmark = pytest.mark.usefixtures("rules")
WHY = {"reason": "patient_away", "note": ""}
CREDITED = "A credit note takes $120.00 off invoice INV-1001."


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    """Over two cases of last month."""
    month = Period.last_ended(PaymentTerms.MONTHLY, timezone.now(), business_zone())
    cast.practice.payment_terms = PaymentTerms.MONTHLY
    cast.practice.save()
    for _ in range(2):
        an_order(catalog, cast.actor("owner"), "design", now=month.ends_at(business_zone()) - timedelta(hours=1))
    run_invoices(terms=PaymentTerms.MONTHLY, period=month, actor=SYSTEM, now=timezone.now())
    return Invoice.objects.get()


@pytest.fixture
def order(invoice: Invoice) -> Order:
    return Order.objects.earliest("pk")


def page_of(client: Client, order: Order) -> str:
    response = client.get(f"/console/orders/{order.number}/cancel/")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def cancel(client: Client, order: Order, shown: object, **given: object) -> tuple[int, str]:
    data = {"version": order.version, "expected_refund_minor": shown} | WHY | given
    response = client.post(f"/console/orders/{order.number}/cancel/", data)
    return response.status_code, html.unescape(response.content.decode())


def refunds() -> list[tuple[int, str]]:
    return list(Refund.objects.order_by("pk").values_list("amount_minor", "state"))


def test_shows_what_is_credited_and_what_goes_back_and_does_that(
    support: Client, invoice: Invoice, order: Order
) -> None:
    pay_invoice(invoice, 20000, now=timezone.now())
    page = page_of(support, order)
    assert f"{CREDITED} $80.00 of it was paid and goes back to your card." in " ".join(page.split())
    assert 'name="expected_refund_minor" value="8000"' in page
    assert cancel(support, order, 8000)[0] == 302
    assert refunds() == [(8000, RefundState.APPROVED)]
    assert Invoice.objects.get(kind=InvoiceKind.CREDIT_NOTE).total_minor == 12000


def test_of_an_invoice_that_is_not_paid_nothing_goes_back(support: Client, invoice: Invoice, order: Order) -> None:
    page = " ".join(page_of(support, order).split())
    assert CREDITED in page
    assert "of it was paid" not in page
    assert cancel(support, order, 0)[0] == 302
    assert refunds() == []


@pytest.mark.parametrize("shown", [0, 7999, 24000])
def test_another_refund_than_was_shown_is_refused_with_the_new_one(
    support: Client, invoice: Invoice, order: Order, shown: int
) -> None:
    pay_invoice(invoice, 20000, now=timezone.now())
    status, page = cancel(support, order, shown, note="They called.")
    assert status == 409
    assert "it would now be $80.00" in page
    assert 'name="expected_refund_minor" value="8000"' in page
    assert "They called." in page
    assert refunds() == []
    assert Order.objects.get(pk=order.pk).status == "processing"
    assert cancel(support, order, 8000)[0] == 302


@pytest.mark.parametrize("shown", ["x", "-1", "9" * 30])
def test_what_no_page_shows_is_refused(support: Client, order: Order, shown: str) -> None:
    assert cancel(support, order, shown)[0] == 422
    assert Order.objects.get(pk=order.pk).status == "processing"


def test_an_override_credits_all_of_it_and_leaves_the_money_to_support(
    support: Client, invoice: Invoice, order: Order
) -> None:
    pay_invoice(invoice, 24000, now=timezone.now())
    order = moved(order, *TO_DESIGNED, now=timezone.now())
    page = " ".join(page_of(support, order).split())
    assert f"{CREDITED} $120.00 of it was paid; support decides how much of that comes back." in page
    assert cancel(support, order, 0, override="on")[0] == 302
    assert refunds() == [(12000, RefundState.PENDING)]


def test_the_customer_reads_the_same_and_gets_it(customer: Client, cast: Cast, invoice: Invoice, order: Order) -> None:
    pay_invoice(invoice, 24000, now=timezone.now())
    path = f"/orders/{order.number}/cancel/"
    page = " ".join(html.unescape(customer.get(path).content.decode()).split())
    assert f"{CREDITED} $120.00 of it was paid and goes back to your card." in page
    assert 'name="refund" value="12000"' in page
    assert customer.post(path, WHY | {"refund": 12000}).status_code == 302
    assert refunds() == [(12000, RefundState.APPROVED)]
    mine = " ".join(html.unescape(customer.get(f"/orders/{order.number}/").content.decode()).split())
    assert "of invoice" in mine
    assert 'href="/billing/INV-1001/"' in mine
    for path in ("/billing/", "/billing/INV-1001/"):
        assert "The patient is away" in customer.get(path).content.decode()


def test_many_at_once_are_shown_and_done_alike(support: Client, invoice: Invoice) -> None:
    pay_invoice(invoice, 24000, now=timezone.now())
    url = "/console/orders/bulk/cancel/"
    orders = list(Order.objects.order_by("pk"))
    support.get(url, {"order": [orders[0].number]})  # the rules are compiled once
    with CaptureQueriesContext(connection) as one:
        support.get(url, {"order": [orders[0].number]})
    with CaptureQueriesContext(connection) as both:
        page = support.get(url, {"order": [order.number for order in orders]})
    assert len(both) == len(one)
    assert "$240.00" in page.content.decode()
    seen = [f"{order.pk}:{order.version}:allowed:12000" for order in orders]
    assert support.post(url, WHY | {"seen": seen, "asked_with": ""}).status_code in {200, 302}
    result = support.post(url, WHY | {"seen": seen, "asked_with": "patient_away"})
    assert result.status_code in {200, 302}
    assert refunds() == [(12000, RefundState.APPROVED)] * 2


def test_the_invoices_page_tells_of_the_refunds(support: Client, cast: Cast, invoice: Invoice, order: Order) -> None:
    pay_invoice(invoice, 24000, now=timezone.now())
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
    page = html.unescape(support.get("/console/invoices/INV-1001/").content.decode())
    assert "A refund of $120.00 is due." in page
    assert "Approved" in page
    assert "Paid too much" not in page
    assert "Request a refund" not in page
