"""A manager changes the rules: with script and without, on a phone and at a desk."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from reprieve.console.rules.draft_tables import table_of
from reprieve.dmn.sfeel import print_cell
from reprieve.orders.models import Order
from reprieve.policies.models import Draft
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
MANAGER = "manager@example.test"
type SignIn = Callable[[str], None]


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    """A crown that has just been submitted."""
    return an_order(catalog, cast.actor("owner"), "crowns", now=timezone.now())


def cell(row: str, name: str) -> str:
    table = table_of(Draft.objects.get())
    column = next(column for column in table.inputs if column.name == name)
    return print_cell(table.row(row).cells[name], column.type)


def change_the_first_hour(page: Page, look: Look, number: str) -> None:
    """The journey; every step of it is possible without script."""
    page.goto("/console/policies/order-cancellation/")
    page.get_by_role("link", name="Change these rules").click()
    page.get_by_role("button", name="Begin the draft").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New rules: Cancelling a case")
    look("draft")

    page.get_by_role("button", name="Change “made first hour”").click()
    limit = page.get_by_label("Time since submission: limit")
    expect(limit).to_have_value("1 hour")
    look("draft-row")
    limit.fill("an hour or two")
    page.locator("#save-rule").click()
    expect(page.locator(".errors")).to_contain_text("Write it like 45 days, 1 h 30 min or PT1H.")
    expect(limit).to_have_value("an hour or two")
    look("draft-row-error")
    limit.fill("2 hours")
    page.locator("#save-rule").click()
    expect(page.locator("#rule-16")).to_contain_text("the case was submitted at most 2 hours ago")

    page.locator("#rule-20 summary").click()
    page.locator("#rule-20").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("“Anything else” is removed.")
    page.get_by_role("link", name="Check", exact=True).first.click()
    look("draft-gap")
    page.get_by_role("button", name="Add a rule for it").first.click()
    expect(page.get_by_role("status")).to_contain_text("A rule that closes the gap is added at the end.")
    page.get_by_label("Outcome").select_option("refuse")
    page.get_by_label("What the customer reads").fill("Please call us: nothing is in this case.")
    page.locator("#save-rule").click()
    expect(page.locator("#rule-20")).to_contain_text("Please call us: nothing is in this case.")

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("A case of the lab").fill(number)
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("[aria-current='true']")).to_contain_text("Made first hour This rule decides")
    expect(page.locator(".try__verdict")).to_contain_text("Rule 16, “Made first hour”, decides.")
    look("draft-tried")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".scenarios")).to_contain_text(f"{number}: made first hour")
    look("draft-examples")


def test_changes_a_limit_closes_a_gap_and_tries_a_case(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, order: Order
) -> None:
    sign_in(MANAGER)
    change_the_first_hour(page, look, order.number)
    assert cell("made-first-hour", "since_submission") == '<= duration("PT2H")'
    assert len(Draft.objects.get().scenarios) == 41


def test_works_without_script(
    page: Page, browser: Browser, sign_in: SignIn, cast: Cast, order: Order, base_url: str
) -> None:
    sign_in(MANAGER)
    state = page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, base_url=base_url, storage_state=state)
    change_the_first_hour(context.new_page(), lambda _: None, order.number)
    context.close()
    assert cell("made-first-hour", "since_submission") == '<= duration("PT2H")'


def test_swaps_in_place_and_keeps_the_focus(page: Page, sign_in: SignIn, cast: Cast, order: Order) -> None:
    sign_in(MANAGER)
    page.goto("/console/policies/order-cancellation/drafts/new/")
    page.get_by_role("button", name="Begin the draft").click()
    expect(page.locator("#findings .finding").first).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    up = page.get_by_role("button", name="Move “completed” up")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rule-1")).to_contain_text("Completed")
    expect(up).to_be_focused()

    page.get_by_role("button", name="Change “made first hour”").click()
    page.get_by_label("Time since submission: limit").fill("3 days")
    expect(page.locator("#rule-said")).to_contain_text("the case was submitted at most 3 days ago")
    page.get_by_label("Time since submission is").select_option("between")
    expect(page.get_by_label("Time since submission: upper end")).to_be_visible()
    page.get_by_label("Time since submission is").select_option("at_most")
    expect(page.get_by_label("Time since submission: upper end")).to_be_hidden()
    page.get_by_role("button", name="Move “invoiced” down").click()
    expect(page.locator("#rule-4")).to_contain_text("Invoiced")
    assert page.evaluate("window.isTheSamePage") is True
    assert cell("made-first-hour", "since_submission") == '<= duration("P3D")'

    page.locator("#save-rule").click()
    expect(page.locator("#save-rule")).to_have_count(0)
    page.locator("#rule-20 summary").click()
    page.locator("#rule-20").get_by_role("button", name="Remove").click()
    page.locator("#findings").get_by_role("button", name="Add a rule for it").first.click()
    expect(page.locator("#rule-20")).to_contain_text("As it is saved:")
    assert page.evaluate("window.isTheSamePage") is True
