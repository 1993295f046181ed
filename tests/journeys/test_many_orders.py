"""Support acts on many orders at once, without script."""

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from reprieve.orders.models import Order, Status
from tests.factories.money import pay_by_card
from tests.factories.people import Cast
from tests.factories.things import TO_DESIGN, TO_SHIPPED, Catalog, an_order, moved
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
type SignIn = Callable[[str], None]


@pytest.fixture
def orders(cast: Cast, catalog: Catalog) -> list[Order]:
    """Three designs that nobody has begun, one of them paid for, one begun, and a crown on its way."""
    now = timezone.now()
    free = [an_order(catalog, cast.actor(name), "design", now=now) for name in ("owner", "stranger", "owner")]
    pay_by_card(free[0], 12000)
    begun = moved(an_order(catalog, cast.actor("owner"), "design", now=now), *TO_DESIGN, now=now)
    shipped = moved(an_order(catalog, cast.actor("stranger"), "crowns", now=now), *TO_SHIPPED, now=now)
    return [*free, begun, shipped]


@pytest.fixture
def plain(page: Page, browser: Browser, sign_in: SignIn, cast: Cast, base_url: str) -> Iterator[Page]:
    """Support's browser, which runs no script."""
    sign_in(cast.support.email)
    state = page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, base_url=base_url, storage_state=state)
    yield context.new_page()
    context.close()


def choose(page: Page, *orders: Order) -> None:
    page.goto("/console/orders/")
    for order in orders:
        page.get_by_label(f"Select {order.number}").check()


def test_cancels_what_the_rules_allow_then_the_rest_against_them(plain: Page, orders: list[Order]) -> None:
    choose(plain, *orders)
    plain.get_by_role("button", name="Cancel…").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Cancel 5 orders")
    expect(plain.get_by_role("heading", name="3 can be cancelled now")).to_be_visible()
    expect(plain.locator(".bulk-task__sum")).to_have_text("$120.00")
    plain.get_by_label("Wrong product").check()
    plain.get_by_role("textbox", name="Note").fill("The scanner failed.")
    moved(orders[1], *TO_DESIGN, now=timezone.now())
    plain.get_by_role("button", name="Cancel these orders").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("2 cases are cancelled")
    expect(plain.get_by_role("row", name=orders[1].number)).to_contain_text("has changed since you opened it")
    assert [Order.objects.get(pk=order.pk).status == Status.CANCELLED for order in orders] == [1, 0, 1, 0, 0]

    choose(plain, *orders)
    plain.get_by_label("all 5 on this page").check()
    plain.get_by_role("button", name="Cancel…").click()
    expect(plain.get_by_role("heading", name="2 are cancelled already")).to_be_visible()
    plain.get_by_label("Wrong product").check()
    plain.get_by_role("button", name="Cancel these orders").click()
    expect(plain.locator(".errors")).to_contain_text("The rules allow it for none of these.")
    plain.get_by_label("Also those that would need an override").check()
    plain.get_by_role("button", name="Cancel these orders").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("3 cases are cancelled")
    assert not Order.objects.exclude(status=Status.CANCELLED).exists()


def test_every_page_of_it_is_in_order(page: Page, look: Look, sign_in: SignIn, cast: Cast, orders: list[Order]) -> None:
    sign_in(cast.support.email)
    choose(page, *orders[:2])
    look("bulk-list")
    choose(page, *orders)
    page.get_by_role("button", name="Cancel…").click()
    look("bulk-confirm")
    page.get_by_label("Wrong product").check()
    moved(orders[1], *TO_DESIGN, now=timezone.now())
    page.get_by_role("button", name="Cancel these orders").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 cases are cancelled")
    look("bulk-result")
    page.goto("/console/orders/bulk/resume/")
    look("bulk-none")
