"""What time alone changes, as customers and staff see it drawn; and why the rules said what they said."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reprieve.actions.cancel_order import cancel_order
from tests.factories.people import Cast
from tests.factories.things import (
    TO_FABRICATION,
    Catalog,
    an_order,
    moved,
    put_rules_in_force,
    put_stepped_rules_in_force,
)
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True)]
type SignIn = Callable[[str], None]


def test_is_drawn_for_customers_and_for_staff(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog
) -> None:
    put_stepped_rules_in_force()
    order = an_order(catalog, cast.actor("owner"), now=timezone.now() - timedelta(minutes=23))
    sign_in(cast.owner.email)
    page.goto(f"/orders/{order.number}/")
    cancelling, pausing = page.locator(".curve__line").all()
    expect(cancelling.locator("li")).to_have_count(4)
    expect(cancelling.locator("li").nth(1)).to_contain_text("80% of what was paid is refunded.")
    expect(pausing.locator("li").nth(1)).to_contain_text("You can pause")
    look("order-until-when")
    page.locator("summary", has_text="Quick order actions").click()
    expect(page.locator(".menu--actions")).to_contain_text("You can do it yourself from")
    page.goto(f"/orders/{order.number}/pause/")
    expect(page.get_by_role("alert")).to_contain_text("You can do it yourself from")
    look("pause-refused-until")
    sign_in(cast.support.email)
    page.goto(f"/console/orders/{order.number}/")
    expect(page.locator("#curve-cancel + ol")).to_contain_text("Looked at")
    look("console-order-until-when")


def test_parts_are_as_wide_as_their_lengths_tell_and_none_is_cut(
    page: Page, sign_in: SignIn, cast: Cast, catalog: Catalog
) -> None:
    put_stepped_rules_in_force()
    order = an_order(catalog, cast.actor("owner"), now=timezone.now() - timedelta(minutes=50))
    sign_in(cast.owner.email)
    parts = page.locator("#curve-cancel + ol > li")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/orders/{order.number}/")
    minute, days, weeks, _ = (box["width"] for part in parts.all() if (box := part.bounding_box()))
    assert 120 < minute < days < weeks
    page.set_viewport_size({"width": 375, "height": 900})
    page.reload()
    lefts = {box["x"] for part in parts.all() if (box := part.bounding_box())}
    assert len(lefts) == 1


def test_a_decision_can_be_accounted_for(page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog) -> None:
    put_rules_in_force()
    order = moved(an_order(catalog, cast.actor("owner"), now=timezone.now()), *TO_FABRICATION, now=timezone.now())
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="wrong_product", now=timezone.now())
    sign_in(cast.production.email)
    page.goto(f"/console/orders/{order.number}/")
    page.locator(".timeline").get_by_role("link", name="Decision").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Decision")
    expect(page.locator("main")).to_contain_text("same answer.")
    passed = page.locator(".explained__passed li")
    expect(passed.first).to_contain_text("Already cancelled – status was in production, wanted cancelled")
    page.locator("summary", has_text="As they are stored").click()
    look("console-decision")
