"""The main job, by clicking alone: a doctor cancels, asks, is answered, pauses and resumes; and reads why not."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reprieve.orders.models import Order, Status
from tests.factories.people import Cast
from tests.factories.things import TO_COMPLETED, TO_DESIGN, Catalog, an_order, an_upload, moved
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
OWNER, SUPPORT = "owner@example.test", "support@example.test"
type SignIn = Callable[[str], None]


def an_order_now(catalog: Catalog, cast: Cast, *families: str) -> Order:
    return an_order(catalog, cast.actor("owner"), *families, now=timezone.now(), files=(an_upload(),))


def open_order(page: Page, order: Order) -> None:
    page.get_by_role("link", name="Orders", exact=True).first.click()
    page.get_by_role("link", name=order.number).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(order.number)


def quick_action(page: Page, name: str) -> None:
    page.locator("summary", has_text="Quick order actions").click()
    page.locator(".menu__sheet").get_by_role("link", name=name).click()


@pytest.mark.both
def test_cancels_a_processing_case(page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog) -> None:
    """C1, D1: sign in, orders, order number, Order Details with its status and its Quick order actions."""
    order = an_order_now(catalog, cast, "design")
    page.goto("/")
    look("sign-in")
    sign_in(OWNER)
    look("orders")
    open_order(page, order)
    expect(page.locator(".status").first).to_contain_text("Processing")
    look("order-processing")
    quick_action(page, "Cancel order")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_contain_text(f"Cancel order {order.number}")
    look("cancel-dialog")
    dialog.get_by_label("Other").check()
    dialog.get_by_role("button", name="Cancel order").click()
    expect(dialog).to_contain_text("“Other” needs a few words from you.")
    look("cancel-dialog-error")
    dialog.get_by_label("The patient is away").check()
    dialog.get_by_role("textbox").fill("Patient rescheduled, will resubmit later.")
    dialog.get_by_role("button", name="Cancel order").click()
    expect(page.locator(".status").first).to_contain_text("Cancelled")
    expect(page.locator("body")).to_contain_text("Owner cancelled the case. Reason: The patient is away.")
    look("order-cancelled")
    assert Order.objects.get().status == Status.CANCELLED


def test_asks_withdraws_asks_again_and_is_answered(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog
) -> None:
    order = moved(an_order_now(catalog, cast, "design"), *TO_DESIGN, now=timezone.now())
    sign_in(OWNER)
    for answer in ("withdraw", "wait"):
        open_order(page, order)
        quick_action(page, "Request cancellation")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Wrong product").check()
        if answer == "withdraw":
            look("request-dialog")
        dialog.get_by_role("button", name="Request cancellation").click()
        expect(page.locator(".page-head")).to_contain_text("Cancellation requested")
        if answer == "withdraw":
            look("order-requested")
            quick_action(page, "Withdraw request")
            page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
            expect(page.locator("body")).to_contain_text("Owner withdrew the cancellation request.")
    expect(page.locator("body")).to_contain_text("Owner asked to cancel the case. Reason: Wrong product.")
    sign_in(SUPPORT)
    look("console-orders")
    page.get_by_role("link", name="Requests").click()
    expect(page.locator("body")).to_contain_text(order.number)
    look("console-requests")
    page.get_by_role("link", name="Decline").first.click()
    page.get_by_label("Answer").fill("The design is nearly finished; we can hold it for you instead.")
    look("console-decline")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("status")).to_contain_text(order.number)
    sign_in(OWNER)
    open_order(page, order)
    expect(page.locator("body")).to_contain_text("The design is nearly finished; we can hold it for you instead.")
    look("order-declined")
    assert Order.objects.get().status == Status.IN_PRODUCTION


@pytest.mark.parametrize("button", ["menu", "banner"])
def test_pauses_a_crown_and_resumes_it_from_either_button(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog, button: str
) -> None:
    order = an_order_now(catalog, cast, "crowns")
    sign_in(OWNER)
    open_order(page, order)
    quick_action(page, "Pause order")
    dialog = page.get_by_role("dialog")
    look("pause-dialog")
    dialog.get_by_label("The patient is away").check()
    dialog.get_by_role("button", name="Pause order").click()
    banner = page.locator(".banner", has_text="paused this case")
    expect(banner).to_contain_text("Owner paused this case")
    expect(banner).to_contain_text("Reason: The patient is away")
    expect(banner).to_contain_text("in 45 days")
    look("order-paused")
    if button == "menu":
        quick_action(page, "Resume order")
    else:
        banner.get_by_role("link", name="Resume order").click()
    look("resume-dialog")
    page.get_by_role("dialog").get_by_role("button", name="Resume order").click()
    expect(page.locator("body")).to_contain_text("Owner resumed the case.")
    expect(page.locator(".line")).to_contain_text("Resumed")
    look("order-resumed")
    assert Order.objects.get().status == Status.PROCESSING


def test_finds_no_pause_on_aligners_and_reads_why(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog
) -> None:
    order = an_order_now(catalog, cast, "aligners")
    sign_in(OWNER)
    open_order(page, order)
    page.locator("summary", has_text="Quick order actions").click()
    sheet = page.locator(".menu--actions .menu__sheet")
    expect(sheet.get_by_role("link", name="Cancel order")).to_be_visible()
    expect(sheet.get_by_role("link", name="Pause order")).to_have_count(0)
    expect(sheet).to_contain_text("Pause order: not available")
    expect(sheet).to_contain_text("ligners cannot be paused")
    look("order-aligners")


def test_reads_why_a_completed_case_cannot_be_cancelled(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog
) -> None:
    order = moved(an_order_now(catalog, cast, "crowns"), *TO_COMPLETED, now=timezone.now())
    sign_in(OWNER)
    open_order(page, order)
    expect(page.locator("body")).to_contain_text("Cancel order: not available")
    look("order-completed")
    page.goto(f"/orders/{order.number}/cancel/")
    look("cancel-refused")
    assert Order.objects.get().status == Status.COMPLETED


def test_works_without_script(
    page: Page, browser: object, sign_in: SignIn, cast: Cast, catalog: Catalog, base_url: str
) -> None:
    order = an_order_now(catalog, cast, "crowns")
    sign_in(OWNER)
    state = page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, base_url=base_url, storage_state=state)  # type: ignore[attr-defined]
    plain = context.new_page()
    plain.goto(f"/orders/{order.number}/")
    plain.locator("summary", has_text="Quick order actions").click()
    plain.locator(".menu__sheet").get_by_role("link", name="Pause order").click()
    plain.get_by_label("The patient is away").check()
    plain.get_by_role("button", name="Pause order").click()
    expect(plain.locator(".banner", has_text="paused this case")).to_be_visible()
    plain.locator(".banner").get_by_role("link", name="Resume order").click()
    plain.get_by_role("button", name="Resume order").click()
    expect(plain.locator("body")).to_contain_text("Owner resumed the case.")
    plain.locator("summary", has_text="Quick order actions").click()
    plain.locator(".menu__sheet").get_by_role("link", name="Cancel order").click()
    plain.get_by_label("Wrong product").check()
    plain.get_by_role("button", name="Cancel order").click()
    expect(plain.locator(".status").first).to_contain_text("Cancelled")
    context.close()
    assert Order.objects.get().status == Status.CANCELLED
