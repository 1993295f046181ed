"""What time alone changes, as a customer and staff see it drawn; and why the rules said what they said."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Look
from tests.people import Cast
from tests.things import Catalog, an_order, put_stepped_rules_in_force

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_is_drawn_for_customers_and_staff(
    page: Page, sign_in: Callable[[str], None], look: Look, cast: Cast, catalog: Catalog
) -> None:
    put_stepped_rules_in_force()
    order = an_order(catalog, cast.actor("owner"), now=timezone.now() - timedelta(minutes=23))
    sign_in(cast.owner.email)
    page.goto(f"/orders/{order.number}/")
    curves = page.locator(".curve__line")
    expect(curves.nth(0).locator("li")).to_have_count(4)
    expect(curves.nth(0).locator("li").nth(1)).to_contain_text("80% of what was paid is refunded.")
    expect(curves.nth(1).locator("li").nth(1)).to_contain_text("You can pause")
    look("order-until-when")
