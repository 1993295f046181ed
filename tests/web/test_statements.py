"""How many statements a page or an act costs the database: all of the request, the session and the reader too."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reprieve.billing.models import InvoiceKind
from reprieve.billing.numbers import lock_numbers
from reprieve.orders.models import Order
from tests.factories.invoices import pay_invoice
from tests.factories.money import give_credit, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import MINUTE, Catalog, an_invoice, an_order, an_upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

ORDER_PAGE, TASK_PAGE = 10, 12
# Two people of the practice get mail, which is a task each.
CANCELLING = {"unpaid": 19, "paid": 26, "invoiced": 32}
PAUSING = 18


def unpaid(cast: Cast, catalog: Catalog) -> Order:
    return an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),), now=timezone.now() - MINUTE)


def paid(cast: Cast, catalog: Catalog) -> Order:
    """From store credit and by card."""
    give_credit(cast.practice.pk, 2000)
    order = an_order(catalog, cast.actor("owner"), "design", now=timezone.now() - MINUTE)
    pay_by_card(order, 10000, fee=300)
    return order


def invoiced(cast: Cast, catalog: Catalog) -> Order:
    """With another on an invoice, of which store credit has paid some and a card the rest."""
    give_credit(cast.practice.pk, 2000)
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2, now=timezone.now() - timedelta(days=40))
    pay_invoice(invoice, 22000, now=timezone.now() - MINUTE)
    return Order.objects.earliest("pk")


CASES: Mapping[str, Callable[[Cast, Catalog], Order]] = {"unpaid": unpaid, "paid": paid, "invoiced": invoiced}


@pytest.fixture
def owner(cast: Cast, client: Client) -> Client:
    """They have looked around before: the rules are compiled."""
    client.force_login(cast.owner)
    return client


def statements(ask: Callable[[], HttpResponseBase], status: int) -> int:
    with CaptureQueriesContext(connection) as found:
        assert ask().status_code == status
    return len(found)


def looking(client: Client, page: str, order: Order, status: int = 200) -> int:
    """How many the page takes, once the rules are compiled."""
    url = reverse(f"portal:{page}", args=[order.number])
    client.get(url)
    return statements(lambda: client.get(url), status)


def cancelling(client: Client, order: Order) -> int:
    url = reverse("portal:cancel", args=[order.number])
    client.get(url)
    return statements(lambda: client.post(url, {"reason": "patient_away"}), 302)


@pytest.mark.parametrize("case", CASES)
def test_pages_of_an_order(case: str, cast: Cast, catalog: Catalog, owner: Client) -> None:
    order = CASES[case](cast, catalog)
    assert looking(owner, "order", order) <= ORDER_PAGE
    assert looking(owner, "cancel", order) <= TASK_PAGE
    assert looking(owner, "request", order, 302) <= TASK_PAGE
    assert looking(owner, "pause", order) <= TASK_PAGE


@pytest.mark.parametrize("case", CASES)
def test_pages_of_a_cancelled_order(case: str, cast: Cast, catalog: Catalog, owner: Client) -> None:
    """The invoiced one is credited by then."""
    order = CASES[case](cast, catalog)
    cancelling(owner, order)
    assert looking(owner, "order", order) <= ORDER_PAGE
    assert looking(owner, "request_refund", order, 200 if case == "paid" else 409) <= TASK_PAGE


@pytest.mark.parametrize("case", CASES)
def test_cancelling(case: str, cast: Cast, catalog: Catalog, owner: Client) -> None:
    """The invoiced one is paid, with store credit too, and credited with a credit note, which is not the first."""
    order = CASES[case](cast, catalog)
    with transaction.atomic():
        lock_numbers(InvoiceKind.CREDIT_NOTE)
    assert cancelling(owner, order) <= CANCELLING[case]


def test_pausing(cast: Cast, catalog: Catalog, owner: Client) -> None:
    url = reverse("portal:pause", args=[unpaid(cast, catalog).number])
    owner.get(url)
    assert statements(lambda: owner.post(url, {"reason": "patient_away"}), 302) <= PAUSING
