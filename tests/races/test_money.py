"""Money under two commands at once, on two real connections: nothing is spent, paid or given back twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from reprieve.actions import approve_refund as approving
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.grant_credit import take_back_credit
from reprieve.actions.record_payment import record_payment
from reprieve.actions.request_refund import request_refund
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing import credit, payables, refunds, sending
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.models import Charge, ChargeState, CreditEntry, Payment, Refund, RefundAttempt, RefundState
from reprieve.billing.refunds import RefundMoved
from reprieve.billing.undoing import TooLateToUndo
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order, Status
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order, put_money_rules_in_force
from tests.races.race import HOLD_AT_THE_MOVE, Finish, race

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(hours=2)
type Command = Callable[[], object]


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    fake_gateway.forget()
    put_money_rules_in_force()
    return an_order(catalog, cast.actor("owner"))


def cancelling(cast: Cast, order: Order, reason: str = "patient_away") -> Command:
    return lambda: cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason=reason, now=LATER)


def refusal_of(finish: Finish) -> type[Refused]:
    assert finish.refusal is not None, f"not refused: {finish.result}"
    return type(finish.refusal)


def test_edge_1_two_refunds_at_once_never_exceed_the_payment(cast: Cast, order: Order) -> None:
    pay_by_card(order, 12000)
    cancelling(cast, order, "wrong_product")()

    def asking(who: str) -> Command:
        return lambda: request_refund(
            order_id=order.pk, actor=cast.actor(who), reason="Please.", amount_minor=6000, now=LATER
        )

    first, second = race(asking("owner"), asking("colleague"), hold=(refunds, "reserve"))
    assert first.result == second.result
    assert Payment.objects.get().refunded_minor == 12000
    require_money_adds_up()


def test_one_refund_is_approved_once(cast: Cast, order: Order) -> None:
    pay_by_card(order, 12000)
    cancelling(cast, order, "wrong_product")()
    (refund,) = request_refund(order_id=order.pk, actor=cast.actor("owner"), reason="Please.", now=LATER)

    def saying(who: str, minor: int) -> Command:
        return lambda: approve_refund(
            refund_id=refund.pk, actor=cast.actor(who), expected_version=1, amount_minor=minor, now=LATER
        )

    first, second = race(saying("support", 100), saying("manager", 6000), hold=(approving, "_shrink"))
    assert isinstance(first.result, Refund)
    assert refusal_of(second) is RefundMoved
    assert Refund.objects.get(pk=refund.pk).amount_minor == 100
    require_money_adds_up()


def test_edge_2_credit_is_spent_once(cast: Cast, catalog: Catalog, order: Order) -> None:
    give_credit(cast.practice.pk, 15000)

    def placing(who: str) -> Command:
        return lambda: an_order(catalog, cast.actor(who))

    race(placing("owner"), placing("colleague"), hold=(credit, "write"))
    spent = Payment.objects.order_by("pk").values_list("amount_minor", flat=True)
    assert list(spent) == [12000, 3000]
    assert credit.balance_minor(cast.practice.pk, "USD") == 0
    require_money_adds_up()


def test_credit_is_not_taken_back_while_it_is_spent(cast: Cast, catalog: Catalog, order: Order) -> None:
    give_credit(cast.practice.pk, 12000)

    def taking() -> object:
        return take_back_credit(
            practice_id=cast.practice.pk,
            actor=cast.actor("manager"),
            amount_minor=12000,
            currency="USD",
            why="Granted twice.",
            now=LATER,
        )

    _placed, taken = race(lambda: an_order(catalog, cast.actor("owner")), taking, hold=(credit, "write"))
    assert refusal_of(taken) is credit.CreditTooSmall
    assert CreditEntry.objects.count() == 2
    require_money_adds_up()


def paying(cast: Cast, order: Order) -> Command:
    return lambda: record_payment(
        order_id=order.pk,
        actor=cast.actor("support"),
        expected_version=order.version,
        amount_minor=12000,
        currency="USD",
        reference="Elm Street",
        now=LATER,
    )


def test_edge_11_a_payment_before_the_cancellation_is_given_back_with_it(cast: Cast, order: Order) -> None:
    race(paying(cast, order), cancelling(cast, order), hold=(payables, "mark_paid"))
    assert Order.objects.get().status == Status.CANCELLED
    assert Charge.objects.get().state == ChargeState.PAID
    assert [(each.amount_minor, each.state) for each in Refund.objects.all()] == [(12000, RefundState.APPROVED)]
    require_money_adds_up()


def test_edge_11_a_payment_after_the_cancellation_never_flips_it_back(cast: Cast, order: Order) -> None:
    race(cancelling(cast, order), lambda: pay_by_card(order, 12000), hold=HOLD_AT_THE_MOVE)
    assert Order.objects.get().status == Status.CANCELLED
    assert Charge.objects.get().state == ChargeState.VOIDED
    assert [(each.amount_minor, each.state) for each in Refund.objects.all()] == [(12000, RefundState.PENDING)]
    require_money_adds_up()


def test_two_payments_at_once_never_exceed_the_charge(cast: Cast, order: Order) -> None:
    first, second = race(paying(cast, order), paying(cast, order), hold=(payables, "mark_paid"))
    assert isinstance(first.result, Payment)
    assert second.refusal is not None
    assert not isinstance(second.refusal, AmountInvalid)  # the order had changed, which is said first
    assert Payment.objects.count() == 1


def test_edge_4_two_workers_send_one_refund_once(cast: Cast, order: Order) -> None:
    pay_by_card(order, 12000)
    cancelling(cast, order)()
    refund = Refund.objects.get()

    def sending_it() -> None:
        send_refund(refund_id=refund.pk, now=LATER + timedelta(hours=1))

    race(sending_it, sending_it, hold=(sending, "move"))
    assert [minor for _, minor in fake_gateway.refunds_made()] == [12000]
    assert RefundAttempt.objects.count() == 1
    assert Refund.objects.get().state == RefundState.COMPLETED


@pytest.mark.parametrize("undoes_first", [True, False])
def test_undoing_and_sending_never_both_happen(cast: Cast, order: Order, undoes_first: bool) -> None:  # noqa: FBT001
    pay_by_card(order, 12000)
    cancelling(cast, order)()
    refund = Refund.objects.get()
    Refund.objects.update(send_from=LATER)

    def undoing() -> object:
        return undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=LATER + timedelta(minutes=1))

    def sending_it() -> None:
        send_refund(refund_id=refund.pk, now=LATER + timedelta(minutes=1))

    if undoes_first:
        race(undoing, sending_it, hold=HOLD_AT_THE_MOVE)
        assert not fake_gateway.refunds_made()
        assert Refund.objects.get().state == RefundState.UNDONE
    else:
        _sent, undone = race(sending_it, undoing, hold=(sending, "move"))
        assert refusal_of(undone) is TooLateToUndo
        assert len(fake_gateway.refunds_made()) == 1
        assert Order.objects.get().status == Status.CANCELLED
    require_money_adds_up()
