"""Whoever connects to the database, with whatever tool: money that was moved is neither deleted nor rewritten."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.billing.models import Payment, Refund, RefundAttempt, RefundState
from reprieve.billing.refunds import reserve
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order

pytestmark = pytest.mark.usefixtures("rules")
REWRITTEN = [
    ("billing_creditentry", "amount_minor"),
    ("billing_creditentry", "balance_minor"),
    ("billing_invoice", "amount_minor"),
    ("billing_invoice", "number"),
    ("billing_invoiceline", "amount_minor"),
    ("billing_payment", "amount_minor"),
    ("billing_payment", "practice_id"),
    ("billing_refund", "practice_id"),
    ("billing_refund", "payment_id"),
    ("billing_refundattempt", "number"),
]


@pytest.fixture(autouse=True)
def money_was_moved(cast: Cast, catalog: Catalog, rules: None) -> None:
    """An invoice, store credit spent, and a card's payment that went back."""
    fake_gateway.forget()
    an_invoice(catalog, cast.actor("owner"))
    give_credit(cast.practice.pk, 5000)
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, 7000, fee=378)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    refund = Refund.objects.get(to_credit=False)
    send_refund(refund_id=refund.pk, now=max(refund.send_from, NOON))


def rows(table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - the table's own name
        found: list[tuple[object, ...]] = cursor.fetchall()
    return found


@pytest.mark.parametrize(("table", "column"), REWRITTEN)
def test_a_row_is_not_rewritten(table: str, column: str) -> None:
    before = rows(table)
    assert before
    with pytest.raises(DatabaseError, match="are never updated"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} + 1")  # noqa: S608 - the same
    assert rows(table) == before


@pytest.mark.parametrize("table", sorted({table for table, _ in REWRITTEN}))
def test_a_row_is_not_deleted(table: str) -> None:
    before = rows(table)
    with pytest.raises(DatabaseError, match="are never deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - the same
    assert rows(table) == before


def test_what_is_on_its_way_still_moves_on() -> None:
    refund = Refund.objects.get(to_credit=False)
    assert (refund.state, refund.attempts.count()) == (RefundState.COMPLETED, 1)
    assert Payment.objects.get(method="card").refunded_minor == refund.amount_minor
    assert RefundAttempt.objects.get().ended_at is not None


@pytest.mark.parametrize("minor", [-1, 7001])
def test_edge_1_the_database_lets_no_more_go_back_than_was_paid(minor: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(method="card").update(refunded_minor=minor)


@pytest.mark.parametrize("minor", [-1, 0, 379])
def test_edge_1_no_refund_is_written_of_more_than_is_left(minor: int) -> None:
    payment, count = Payment.objects.get(method="card"), Refund.objects.count()
    assert payment.left_minor == 378
    with pytest.raises(ValueError, match="More than was paid"):
        reserve(Refund(send_from=NOON), payment, minor, actor=SYSTEM, now=NOON)
    payment.refresh_from_db()
    assert (payment.left_minor, Refund.objects.count()) == (378, count)
