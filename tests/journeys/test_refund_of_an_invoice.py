"""A case of a paid invoice is cancelled by staff; the card is closed, so the money goes another way."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reprieve.billing.models import Refund
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.invoices import a_paid_invoice, an_overpaid_invoice
from tests.factories.people import Cast
from tests.factories.things import Catalog
from tests.journeys.conftest import Look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]


def test_support_cancels_a_paid_case_and_sends_its_refund_by_hand(
    page: Page, look: Look, sign_in: Callable[[str], None], cast: Cast, catalog: Catalog
) -> None:
    fake_gateway.forget()
    an_overpaid_invoice(catalog, cast.actor("owner"))
    invoice, (order, _) = a_paid_invoice(catalog, cast.actor("owner"))
    sign_in(cast.support.email)
    page.goto(f"/console/orders/{order.number}/cancel/")
    expect(page.get_by_text("$120.00 of it was paid")).to_be_visible()
    look("invoice-refund-cancel")
    page.get_by_label("The patient is away").check()
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("is cancelled, and the practice is told.")).to_be_visible()
    look("invoice-refund-case")
    refund = Refund.objects.get(invoice=invoice)
    fake_gateway.plan("declined")
    send_refund(refund_id=refund.pk, now=timezone.now())
    page.goto(f"/console/refunds/{refund.pk}/")
    expect(page.get_by_text("It did not work: The card is closed.")).to_be_visible()
    look("invoice-refund-failed")
    page.get_by_role("link", name="Another way…").click()
    expect(page.get_by_label("Make it by hand")).to_be_visible()
    look("invoice-refund-another-way")
    page.get_by_label("Make it by hand").check()
    page.get_by_role("button", name="Send it this way").click()
    expect(page.get_by_text("is to be made by hand; confirm it when that is done.")).to_be_visible()
    send_refund(refund_id=refund.pk, now=timezone.now())
    page.goto(f"/console/refunds/{refund.pk}/")
    page.get_by_role("link", name="It is made…").click()
    page.get_by_label("Reference").fill("Transfer 4711")
    page.get_by_role("button", name="It is made").click()
    expect(page.get_by_text("is confirmed, and the practice is told.")).to_be_visible()
    page.goto(f"/console/refunds/{refund.pk}/")
    expect(page.get_by_text("Transfer 4711")).to_be_visible()
    look("invoice-refund-done")
    page.goto(f"/console/invoices/{invoice.name}/")
    look("invoice-refund-invoice")
    page.goto("/console/invoices/INV-1001/")
    page.get_by_role("link", name="Request a refund…").click()
    expect(page.get_by_text("$5.00 was paid too much")).to_be_visible()
    look("invoice-refund-ask")
