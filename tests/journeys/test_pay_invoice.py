"""An invoice whose card was declined, as its practice and staff go through it: told, paid with another, watched."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reprieve.billing.models import Payment
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice
from tests.journeys.conftest import Look
from tests.portal.test_pay_invoice import declined

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
type SignIn = Callable[[str], None]


def test_a_declined_card_is_paid_with_another(
    page: Page, look: Look, sign_in: SignIn, cast: Cast, catalog: Catalog
) -> None:
    first, second = a_card(cast, default=True), a_card(cast)
    months = [NOON + timedelta(days=31 * month) for month in range(3)]
    *_, invoice = [an_invoice(catalog, cast.actor("owner"), orders=2, now=at) for at in months]
    declined(cast, invoice, first)
    sign_in(cast.owner.email)
    page.goto("/billing/")
    expect(page.get_by_text("The card was declined: The card is closed.")).to_be_visible()
    look("invoice-billing")
    page.goto("/billing/invoices/")
    look("invoice-all")
    page.goto(f"/billing/{invoice.name}/")
    look("invoice-declined")
    page.get_by_role("link", name="Pay by card").click()
    look("invoice-pay-dialog")
    page.get_by_label(str(second)).check()
    page.get_by_role("button", name="Pay $240.00").dblclick()
    expect(page.get_by_text(f"{second} is being charged for {invoice.name}.").first).to_be_visible()
    look("invoice-being-paid")
    payment = Payment.objects.get(card=second)
    fake_gateway.plan("lost_answer")
    send_payment(payment_id=payment.pk, now=timezone.now())
    page.reload()
    look("invoice-unclear")
    send_payment(payment_id=payment.pk, now=timezone.now())
    page.reload()
    expect(page.get_by_text("Failed: The card is closed.")).to_be_visible()
    look("invoice-paid")
    page.goto("/billing/INV-1001/pay/")
    look("invoice-pay-page")
    assert fake_gateway.payments_made() == [("charge", second.source, 24000)]


def test_staff_find_the_declined_one_and_record_a_transfer(
    page: Page, look: Look, sign_in: SignIn, cast: Cast, catalog: Catalog
) -> None:
    an_invoice(catalog, cast.actor("stranger"))
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2, now=NOON + timedelta(days=31))
    declined(cast, invoice, a_card(cast))
    sign_in(cast.support.email)
    page.goto("/console/invoices/")
    look("invoice-console-list")
    page.get_by_role("link", name="Card declined 1").click()
    page.get_by_role("link", name=invoice.name).click()
    expect(page.get_by_role("heading", name="The card was declined: The card is closed.")).to_be_visible()
    look("invoice-console-declined")
    page.get_by_role("link", name="Record a payment…").click()
    page.get_by_label("Amount", exact=True).fill("100.00")
    page.get_by_label("Reference").fill("Transfer 4711")
    look("invoice-console-record")
    page.get_by_role("button", name="Record the payment").dblclick()
    expect(page.get_by_text(f"The payment for {invoice.name} is recorded.").first).to_be_visible()
    assert list(Payment.objects.filter(card=None).values_list("amount_minor", flat=True)) == [10000]
    look("invoice-console-part-paid")
