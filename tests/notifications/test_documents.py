"""Invoices and credit notes by mail, with the document attached."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import override_settings
from django_ox.models import OxTask
from django_ox.testing import run_tasks
from pytest_django import Settings

from reprieve.accounts.models import Person
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pay_by_card import pay_invoice
from reprieve.billing import invoice_runs
from reprieve.billing.models import Invoice
from reprieve.notifications.models import Email
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice

LATER = NOON + timedelta(days=40)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    return an_invoice(catalog, cast.actor("owner"), orders=2)


@pytest.fixture
def sent() -> Any:  # noqa: ANN401 - what Django keeps
    with override_settings(MAILERS={"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}):
        yield mail.outbox


def to(messages: list[Any], address: str) -> Any:  # noqa: ANN401
    return next(message for message in messages if message.to == [address])


def test_an_invoice_is_sent_to_everybody_of_the_practice_with_its_pdf(invoice: Invoice, sent: list[Any]) -> None:
    run_tasks()
    assert {message.to[0] for message in sent} == {"owner@example.test", "colleague@example.test"}
    message = to(sent, "owner@example.test")
    assert message.subject == "Invoice INV-1001"
    assert "issued invoice INV-1001 over $240.00." in message.body
    assert "To be paid: $240.00 by 1 May 2026." in message.body
    assert "/billing/INV-1001/" in message.body
    ((name, content, kind),) = [tuple(attachment) for attachment in message.attachments]
    assert (name, kind) == ("INV-1001.pdf", "application/pdf")
    assert content.startswith(b"%PDF-")
    assert not Email.objects.filter(sent_at=None).exists()


def test_a_credit_note_is_sent_as_well(cast: Cast, invoice: Invoice, sent: list[Any]) -> None:
    run_tasks()
    sent.clear()
    order = Order.objects.earliest("pk")
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    run_tasks()
    subjects = {message.subject for message in sent if message.to == ["owner@example.test"]}
    assert subjects == {"Credit note CN-1001", f"{order.number}: Cancelled"}


def test_names_no_patient(invoice: Invoice, sent: list[Any]) -> None:
    run_tasks()
    assert sent
    assert not [message for message in sent if "J.D." in message.body + message.subject]


def test_whoever_wants_no_mail_gets_none(cast: Cast, catalog: Catalog, sent: list[Any]) -> None:
    Person.objects.filter(pk=cast.owner.pk).update(emails_enabled=False)
    an_invoice(catalog, cast.actor("owner"))
    run_tasks()
    assert [message.to for message in sent] == [["colleague@example.test"]]


def test_edge_15_no_mail_for_a_run_that_was_undone(
    cast: Cast, catalog: Catalog, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoice_runs, "_move_orders", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        an_invoice(catalog, cast.actor("owner"))
    assert not Email.objects.exists()
    assert not OxTask.objects.exists()


def test_edge_40_a_mail_that_fails_leaves_the_invoice_as_it_is(invoice: Invoice) -> None:
    with override_settings(
        MAILERS={"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"port": 1}}}
    ):
        run_tasks()
    assert Invoice.objects.get().total_minor == 24000
    assert Email.objects.filter(sent_at=None).count() == 2


def test_a_declined_card_says_where_to_pay_and_what_is_left_to_do(
    cast: Cast, invoice: Invoice, sent: list[Any], settings: Settings
) -> None:
    settings.CARD_GATEWAY = "fake"
    run_tasks()
    wanted = {"expected_minor": 24000, "key": uuid4(), "now": LATER}
    card = a_card(cast)
    payment = pay_invoice(invoice_id=invoice.pk, actor=cast.actor("owner"), card_id=card.pk, **wanted)  # type: ignore[arg-type]
    fake_gateway.forget()
    fake_gateway.plan("declined")
    sent.clear()
    send_payment(payment_id=payment.pk, now=LATER)
    run_tasks()
    message = to(sent, "colleague@example.test")
    assert message.subject == "INV-1001: Card payment failed"
    assert "The card payment of $240.00 failed: The card is closed." in message.body
    assert "INV-1001 stays open: $240.00, to be paid by 1 May 2026." in message.body
    assert f"another card, here: {settings.BASE_URL}/billing/INV-1001/pay/" in message.body
    assert message.attachments[0][0] == "INV-1001.pdf"
    assert len(sent) == 2
