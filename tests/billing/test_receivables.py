"""What is open is the same in SQL as of one document; what is overdue and declined is part of it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pay_by_card import pay_invoice
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.billing.documents import document
from reprieve.billing.models import Invoice, InvoiceKind
from reprieve.billing.receivables import OpenAmountChanged, Receivable, counts, narrowed, require_open, with_open
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, cards_are_taken
from tests.factories.money import give_credit
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(days=40)
DUE = date(2026, 5, 1)  # of the first invoice


def rows() -> dict[str, Invoice]:
    return {row.name: row for row in with_open(Invoice.objects.all())}


def found(which: str, today: date) -> list[str]:
    return [row.name for row in narrowed(with_open(Invoice.objects.all()), which, today=today).order_by("number")]


def pay(cast: Cast, invoice: Invoice, word: str) -> None:
    """By card, which ends as the word says."""
    wanted = {"card_id": a_card(cast).pk, "expected_minor": invoice.total_minor, "key": uuid4(), "now": LATER}
    payment = pay_invoice(invoice_id=invoice.pk, actor=cast.actor("owner"), **wanted)  # type: ignore[arg-type]
    fake_gateway.plan(word)
    send_payment(payment_id=payment.pk, now=LATER)


@pytest.fixture
def invoices(cast: Cast, catalog: Catalog) -> list[Invoice]:
    """Seven months: untouched, paid before in part, paid in part, credited in part, credited, declined, paid."""
    owner, months = cast.actor("owner"), [NOON + timedelta(days=31 * month) for month in range(7)]
    made = [an_invoice(catalog, owner, now=months[0])]
    give_credit(cast.practice.pk, 3000)
    made += [an_invoice(catalog, owner, orders=2, now=at) for at in months[1:]]
    record_invoice_payment(
        invoice_id=made[2].pk,
        actor=cast.actor("support"),
        amount_minor=5000,
        currency="USD",
        reference="Transfer 4711",
        now=LATER,
    )
    for invoice, most in ((made[3], 1), (made[4], 2)):
        for order in Order.objects.filter(charge__invoice_lines__invoice=invoice)[:most]:
            cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=months[6])
    pay(cast, made[5], "declined")
    pay(cast, made[6], "done")
    return made


def test_what_is_open_is_what_the_document_says(invoices: list[Invoice]) -> None:
    opened = {name: row.open_minor for name, row in rows().items()}  # type: ignore[attr-defined]
    assert opened == {name: document(row).open_minor for name, row in rows().items()}
    assert [opened[invoice.name] for invoice in invoices] == [12000, 21000, 19000, 12000, 0, 24000, 0]
    assert {opened[row.name] for row in Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE)} == {0}


@pytest.mark.parametrize(("today", "overdue"), [(DUE, []), (DUE + timedelta(days=1), ["INV-1001"])])
def test_an_invoice_is_overdue_on_the_day_after_its_last(
    invoices: list[Invoice], today: date, overdue: list[str]
) -> None:
    assert found(Receivable.OVERDUE, today) == overdue


def test_finds_and_counts_each(invoices: list[Invoice]) -> None:
    late = date(2027, 1, 1)
    opened = ["INV-1001", "INV-1002", "INV-1003", "INV-1004", "INV-1006"]
    assert (found(Receivable.OPEN, late), found(Receivable.OVERDUE, late)) == (opened, opened)
    assert found(Receivable.DECLINED, late) == ["INV-1006"]
    assert len(found("", late)) == len(found("nonsense", late)) == Invoice.objects.count()
    assert counts(with_open(Invoice.objects.all()), today=DUE) == {"open": 5, "overdue": 0, "declined": 1}


def test_a_card_that_is_tried_again_is_declined_no_longer(cast: Cast, invoices: list[Invoice]) -> None:
    pay(cast, invoices[5], "lost_answer")
    assert found(Receivable.DECLINED, DUE) == []
    assert "INV-1006" in found(Receivable.OPEN, DUE)


def test_refuses_another_amount_than_was_shown(invoices: list[Invoice]) -> None:
    require_open(invoices[0], 12000, shown_minor=12000)
    require_open(invoices[0], 12000, shown_minor=None)
    with pytest.raises(OpenAmountChanged, match=r"^\$120\.00 is open of INV-1001 now, no longer \$0\.01\."):
        require_open(invoices[0], 12000, shown_minor=1)
