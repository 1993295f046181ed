"""What playing with money has found, each played once by hand."""

from datetime import timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.record_payment import record_payment
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_refund import NothingToRefund, request_refund
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.gateways import Declined
from reprieve.billing.models import Charge, ChargeState, Refund, RefundState
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import send_payment
from reprieve.settlement.send_refund import book_refund, send_refund
from tests import fake_gateway
from tests.factories.cards import a_card, an_order_by_card, cards_are_taken
from tests.factories.money import a_refund, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, put_money_rules_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    """Of 120.00, paid twice while cancelled: by card, whose answer was lost, and by bank transfer. Then undone."""
    put_money_rules_in_force()
    owner = cast.actor("owner")
    order, payment = an_order_by_card(catalog, owner, a_card(cast))
    fake_gateway.plan("lost_answer")
    send_payment(payment_id=payment.pk, now=NOON + MINUTE)
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + 2 * MINUTE)
    record_payment(
        order_id=order.pk,
        actor=cast.actor("support"),
        expected_version=Order.objects.get(pk=order.pk).version,
        amount_minor=12000,
        currency="USD",
        reference="transfer",
        now=NOON + 3 * MINUTE,
    )
    send_payment(payment_id=payment.pk, now=NOON + 4 * MINUTE)
    undo_cancellation(order_id=order.pk, actor=owner, now=NOON + 5 * MINUTE)
    return Order.objects.get(pk=order.pk)


def test_what_was_paid_twice_waits_for_support_once_the_cancellation_is_undone(order: Order) -> None:
    assert Charge.objects.get(order=order).state == ChargeState.PAID
    (refund,) = Refund.objects.filter(charge__order=order, state=RefundState.PENDING)
    assert (refund.amount_minor, refund.cancellation) == (12000, None)
    require_money_adds_up()


def test_what_was_paid_too_much_can_be_asked_for_again_and_no_more(order: Order, cast: Cast) -> None:
    support = cast.actor("support")
    refund = Refund.objects.get(charge__order=order, state=RefundState.PENDING)
    seen, why = refund.version, "We have to look into it."
    reject_refund(refund_id=refund.pk, actor=support, expected_version=seen, answer=why, now=NOON + 6 * MINUTE)
    (again,) = request_refund(order_id=order.pk, actor=support, reason="Paid twice.", now=NOON + 7 * MINUTE)
    assert again.amount_minor == 12000
    approve_refund(refund_id=again.pk, actor=support, expected_version=again.version, now=NOON + 8 * MINUTE)
    with pytest.raises(NothingToRefund):
        request_refund(order_id=order.pk, actor=support, reason="More.", now=NOON + 9 * MINUTE)
    assert Charge.objects.get(order=order).state == ChargeState.PAID
    require_money_adds_up()


def test_a_refusal_for_now_that_comes_late_undoes_no_refund_that_was_made_since(cast: Cast, catalog: Catalog) -> None:
    fake_gateway.forget()
    refund, later = a_refund(catalog, cast.actor("owner")), NOON + timedelta(hours=2)
    approve_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=1, now=later)
    send_refund(refund_id=refund.pk, now=later)
    attempt = Refund.objects.get(pk=refund.pk).attempts.get()
    too_many = Declined("Too many requests.", permanent=False)
    book_refund(attempt_id=attempt.pk, answer=too_many, actor=SYSTEM, now=later + MINUTE)
    assert Refund.objects.get(pk=refund.pk).state == RefundState.COMPLETED
    send_refund(refund_id=refund.pk, now=later + timedelta(hours=1))
    assert [minor for _, minor in fake_gateway.refunds_made()] == [378]


def test_a_refusal_for_now_that_comes_late_sends_no_second_refund_where_the_first_answer_was_lost(
    cast: Cast, catalog: Catalog
) -> None:
    fake_gateway.forget()
    refund, later = a_refund(catalog, cast.actor("owner")), NOON + timedelta(hours=2)
    approve_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=1, now=later)
    fake_gateway.plan("lost_answer")
    send_refund(refund_id=refund.pk, now=later)
    attempt = Refund.objects.get(pk=refund.pk).attempts.get()
    too_many = Declined("Too many requests.", permanent=False)
    book_refund(attempt_id=attempt.pk, answer=too_many, actor=SYSTEM, now=later + MINUTE)
    send_refund(refund_id=refund.pk, now=later + timedelta(hours=1))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.COMPLETED
    assert [minor for _, minor in fake_gateway.refunds_made()] == [378]
