"""The life of a table: one manager asks, another approves; a customer notices; a third step goes back."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from reprieve.orders.models import Order
from reprieve.policies.models import Activation, Draft, Mode
from tests.factories.drafts import CANCELLING, a_draft, simulated
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
MANAGER, DIRECTOR, OWNER = (f"{name}@example.test" for name in ("manager", "director", "owner"))
POLICY = "/console/policies/order-cancellation/"
type SignIn = Callable[[str], None]


@pytest.fixture
def draft(cast: Cast) -> Draft:
    """By the manager: nothing can be cancelled any more. It is written and simulated."""
    draft = a_draft(cast.actor("manager"), now=timezone.now(), key=CANCELLING)
    simulated(draft, now=timezone.now())
    return draft


def live() -> int:
    activation = Activation.objects.get(policy__key=CANCELLING, mode=Mode.LIVE, ends_at=None)
    return activation.version.number


def ask_and_send_back(page: Page, sign_in: SignIn, look: Look, draft: Draft) -> None:
    sign_in(MANAGER)
    page.goto(f"/console/drafts/{draft.pk}/review/")
    look("review-of-ones-own")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_role("status")).to_contain_text("waits for another manager’s approval")
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)
    look("review-waiting")

    sign_in(DIRECTOR)
    page.goto("/console/policies/")
    look("policies")
    page.get_by_role("link", name=re.compile("waits for approval")).click()
    look("review")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator(".errors")).to_contain_text("Please say what has to change.")
    look("review-error")
    page.get_by_label("What has to change").fill("Please tell me why in a sentence.")
    page.get_by_role("button", name="Send back").click()
    expect(page.get_by_role("status")).to_contain_text("sent back")


def ask_again_and_approve(page: Page, sign_in: SignIn, look: Look, draft: Draft) -> None:
    sign_in(MANAGER)
    page.goto(f"/console/drafts/{draft.pk}/review/")
    expect(page.locator(".banner")).to_contain_text("Please tell me why in a sentence.")
    look("review-sent-back")
    page.get_by_role("button", name="Ask for approval").click()

    sign_in(DIRECTOR)
    page.goto(POLICY)
    look("policy-with-a-draft-waiting")
    page.get_by_role("link", name="Review it").click()
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_role("status")).to_contain_text("Version 2 is in force from today")


def go_back(page: Page, look: Look) -> None:
    page.get_by_role("link", name="Put in force again…").click()
    expect(page.get_by_role("heading", name="Put version 1 in force again")).to_be_visible()
    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is in force from today")
    look("policy-after-going-back")


def test_a_draft_is_sent_back_approved_felt_and_taken_back_again(
    page: Page, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog, draft: Draft
) -> None:
    ask_and_send_back(page, sign_in, look, draft)
    ask_again_and_approve(page, sign_in, look, draft)
    order = an_order(catalog, cast.actor("owner"), now=timezone.now())
    sign_in(OWNER)
    page.goto(f"/orders/{order.number}/cancel/")
    expect(page.get_by_role("main")).to_contain_text("Not any more, says support.")
    expect(page.get_by_role("button", name="Cancel order")).to_have_count(0)
    sign_in(DIRECTOR)
    page.goto(POLICY)
    go_back(page, look)
    assert live() == 1


def test_a_shadow_is_listened_to_and_made_live_without_script(
    page: Page, browser: Browser, sign_in: SignIn, look: Look, cast: Cast, catalog: Catalog, draft: Draft, base_url: str
) -> None:
    sign_in(MANAGER)
    page.goto(f"/console/drafts/{draft.pk}/review/")
    page.get_by_role("button", name="Ask for approval").click()
    sign_in(DIRECTOR)
    state = page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, base_url=base_url, storage_state=state)
    plain = context.new_page()
    plain.goto(f"/console/drafts/{draft.pk}/review/")
    plain.get_by_label("As a shadow").check()
    plain.get_by_role("button", name="Approve and publish").click()
    expect(plain.get_by_role("status")).to_contain_text("Version 2 listens as a shadow")
    order = cancelled(page, sign_in, an_order(catalog, cast.actor("owner"), now=timezone.now()))
    plain.reload()
    expect(plain.locator("#shadow")).to_contain_text("Shadow: version 2")
    expect(plain.get_by_role("link", name=order.number)).to_be_visible()
    plain.get_by_role("link", name="Make it live…").click()
    plain.get_by_role("button", name="Make it live").click()
    expect(plain.get_by_role("status")).to_contain_text("Version 2 is in force from today")
    context.close()
    assert live() == 2
    sign_in(DIRECTOR)
    page.goto(POLICY)
    look("policy-after-a-shadow")


def cancelled(page: Page, sign_in: SignIn, order: Order) -> Order:
    """The order, cancelled by its owner under the rules in force."""
    sign_in(OWNER)
    page.goto(f"/orders/{order.number}/cancel/")
    page.get_by_label("The patient is away").check()
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_role("status")).to_contain_text("is cancelled")
    return order
