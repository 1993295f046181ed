"""Money as people go through it: read what comes back, cancel, undo, ask for the rest; and support answers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.grant_credit import grant_credit
from reprieve.billing.models import Refund
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import a_refund, give_credit, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import UNDO_WINDOW, Catalog, an_order
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
type SignIn = Callable[[str], None]


def test_a_doctor_gets_back_what_was_shown_and_takes_it_back(
    page: Page, look: Look, sign_in: SignIn, cast: Cast, catalog: Catalog
) -> None:
    fake_gateway.forget()
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"), "design", now=timezone.now())
    pay_by_card(order, 4000, fee=146)
    sign_in(cast.owner.email)
    page.goto(f"/orders/{order.number}/cancel/")
    expect(page.get_by_text("$38.54 goes back to your card")).to_be_visible()
    look("money-cancel")
    expect(page.get_by_text("You can undo it for 30 minutes afterwards.")).to_be_visible()
    page.get_by_label("The patient is away").check()
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("You can undo this until")).to_be_visible()
    look("money-order-cancelled")
    page.get_by_role("button", name="Undo cancellation").click()
    expect(page.get_by_text("Owner undid the cancellation; the case goes on.")).to_be_visible()
    look("money-order-undone")


def test_a_doctor_asks_for_the_rest_and_support_answers(
    page: Page, look: Look, sign_in: SignIn, cast: Cast, catalog: Catalog
) -> None:
    fake_gateway.forget()
    now = timezone.now()
    give_credit(cast.practice.pk, 2500)
    practice, support = cast.practice.pk, cast.actor("support")
    why = "The crown of R-1001 came a week late."
    grant_credit(practice_id=practice, actor=support, amount_minor=5000, currency="USD", why=why, now=now)
    for word in ("declined", "pending", "lost_answer", "done"):
        order = an_order(catalog, cast.actor("owner"), "design", now=now - timedelta(days=1))
        pay_by_card(order, 12000 - sum(order.charge.payments.values_list("amount_minor", flat=True)))
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=now - UNDO_WINDOW)
        fake_gateway.plan(word)
        send_refund(refund_id=Refund.objects.filter(charge__order=order).latest("pk").pk, now=now)
    refund = a_refund(catalog, cast.actor("owner"))
    sign_in(cast.owner.email)
    page.goto("/billing/")
    look("money-billing")
    page.goto(f"/orders/{refund.about}/")
    look("money-order-asked")
    sign_in(cast.support.email)
    page.goto("/console/refunds/?queue=all")
    look("money-queue")
    page.goto(f"/console/practices/{practice}/credit/")
    look("money-credit")
    page.goto(f"/console/orders/{refund.about}/")
    look("money-case")
    page.goto("/console/refunds/")
    page.get_by_role("link", name="Approve…").click()
    page.get_by_label("Amount").fill("3.00")
    look("money-approve")
    page.get_by_role("button", name="Approve the refund").click()
    expect(page.get_by_text("is approved, and the practice is told.")).to_be_visible()
    refund.refresh_from_db()
    assert (refund.state, refund.amount_minor) == ("approved", 300)
