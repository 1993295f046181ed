"""A form that moves money, sent twice by an impatient hand, moves it once; and says both times that it is done."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from reprieve.billing.credit import balance_minor
from reprieve.billing.models import CreditEntry, Payment
from reprieve.history.models import Event, EventType
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules"), pytest.mark.both]
HIDDEN = re.compile(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"')


@pytest.fixture
def support(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.support)
    return client


def fields(client: Client, url: str) -> dict[str, str]:
    """What the page's form sends besides what is typed."""
    return dict(HIDDEN.findall(client.get(url).content.decode()))


def test_a_payment_of_a_case(support: Client, cast: Cast, catalog: Catalog) -> None:
    url = f"/console/orders/{an_order(catalog, cast.actor('owner')).number}/record-payment/"
    given = fields(support, url) | {"amount": "50.00", "reference": "Transfer 4711"}
    assert [support.post(url, given).status_code for _ in range(2)] == [302, 302]
    assert list(Payment.objects.values_list("amount_minor", flat=True)) == [5000]
    assert Event.objects.filter(type=EventType.PAYMENT_RECEIVED).count() == 1
    assert support.post(url, given | fields(support, url)).status_code == 302
    assert sum(Payment.objects.values_list("amount_minor", flat=True)) == 10000


def test_a_payment_whose_key_is_that_of_another_case_is_refused(support: Client, cast: Cast, catalog: Catalog) -> None:
    key = str(uuid4())
    for order, status in [
        (an_order(catalog, cast.actor(name)), code) for name, code in (("owner", 302), ("stranger", 422))
    ]:
        given = {"version": order.version, "amount": "50.00", "reference": "Transfer 4711", "key": key}
        assert support.post(f"/console/orders/{order.number}/record-payment/", given).status_code == status
    assert Payment.objects.get().practice == cast.practice


@pytest.mark.parametrize(("what", "left"), [("grant", 15000), ("take_back", 5000)])
def test_store_credit(support: Client, cast: Cast, what: str, left: int) -> None:
    url = f"/console/practices/{cast.practice.pk}/credit/"
    given = {"currency": "USD", "why": "A crown came late."}
    assert support.post(url, given | fields(support, url) | {"what": "grant", "amount": "100"}).status_code == 302
    given |= fields(support, url) | {"what": what, "amount": "50"}
    assert [support.post(url, given).status_code for _ in range(2)] == [302, 302]
    assert balance_minor(cast.practice.pk, "USD") == left
    assert CreditEntry.objects.count() == Event.objects.filter(subject="practice").count() == 2


def test_the_same_form_for_another_practice_is_another_entry(support: Client, cast: Cast) -> None:
    given = {"currency": "USD", "why": "A crown came late.", "what": "grant", "amount": "50", "key": str(uuid4())}
    for practice in (cast.practice, cast.other_practice):
        assert support.post(f"/console/practices/{practice.pk}/credit/", given).status_code == 302
        assert balance_minor(practice.pk, "USD") == 5000


@pytest.mark.parametrize("amount", ["1e3", "1E-2", "1_0", "1e999999", "1e999999999", "0x10", "NaN", "-5", "0", "1.005"])
def test_what_people_do_not_write_as_an_amount_is_refused_and_nothing_is_written(
    support: Client, cast: Cast, catalog: Catalog, amount: str
) -> None:
    url = f"/console/practices/{cast.practice.pk}/credit/"
    given = {"currency": "USD", "why": "A crown came late.", "what": "grant", "amount": amount}
    assert support.post(url, given).status_code == 422
    order = an_order(catalog, cast.actor("owner"))
    given = {"version": str(order.version), "amount": amount, "reference": "Transfer 4711"}
    assert support.post(f"/console/orders/{order.number}/record-payment/", given).status_code == 422
    assert not CreditEntry.objects.exists()
    assert not Payment.objects.exists()
