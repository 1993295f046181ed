"""A card as a doctor goes through it: to the provider's page and back, an order paid with it, and a card declined."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from reprieve.billing.gateways import CardPage
from reprieve.billing.models import CardSetup, Payment
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog
from tests.fake_gateway import FakeGateway
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
CHECKOUT = "https://checkout.stripe.com/c/pay/cs_test_1"
type SignIn = Callable[[str], None]


def test_a_form_leads_to_the_providers_page_under_our_policy_and_back(
    page: Page, look: Look, sign_in: SignIn, cast: Cast, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_checkout(_self: FakeGateway, holder: str, **_more: object) -> CardPage:
        return CardPage(f"{holder}/1", CHECKOUT)

    def answer(route: Route) -> None:
        route.fulfill(body="<h1>Write your card down</h1>", content_type="text/html")

    monkeypatch.setattr(FakeGateway, "open_card_page", at_checkout)
    page.route("https://checkout.stripe.com/**", answer)
    sign_in(cast.owner.email)
    page.goto("/billing/")
    page.get_by_role("link", name="Add a card").click()
    look("cards-add")
    page.get_by_role("button", name="Go on to Stripe").click()
    expect(page.get_by_role("heading", name="Write your card down")).to_be_visible()
    assert page.url == CHECKOUT
    page.goto(f"/billing/cards/visits/{CardSetup.objects.get().key}/")
    look("cards-being-saved")
    fake_gateway.plan("written")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Visa ·· 4242 is saved.")).to_be_visible()
    look("cards-billing")


def test_a_case_is_placed_with_a_card_that_is_declined_and_paid_with_another(
    page: Page, look: Look, sign_in: SignIn, cast: Cast, catalog: Catalog
) -> None:
    first, second = a_card(cast, default=True), a_card(cast)
    sign_in(cast.owner.email)
    page.goto("/orders/new/")
    page.get_by_label("Product").select_option(str(catalog.products["guards"].pk))
    page.get_by_label("Patient reference").fill("J.D.")
    expect(page.get_by_label(str(first))).to_be_checked()
    look("cards-place")
    page.get_by_role("button", name="Place the order").last.click()
    expect(page.get_by_text("is placed. Thank you.")).to_be_visible()
    fake_gateway.plan("declined")
    send_payment(payment_id=Payment.objects.get().pk, now=NOON)
    page.goto(f"/orders/{Order.objects.get().number}/")
    expect(page.get_by_text("Failed: The card is closed.", exact=True)).to_be_visible()
    look("cards-declined")
    page.get_by_role("link", name="Pay $120.00 by card").click()
    page.get_by_label(str(second)).check()
    page.get_by_role("button", name="Pay $120.00").click()
    expect(page.get_by_text("Your card is being charged")).to_be_visible()
    assert Payment.objects.filter(card=second).count() == 1
