"""Undoing a cancellation while its rule grants the time: the order and its money are as they were."""

from datetime import timedelta

import pytest

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.grant_credit import take_back_credit
from reprieve.actions.pause_order import pause_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.credit import CreditTooSmall, balance_minor
from reprieve.billing.models import Charge, ChargeState, Payment, Refund, RefundState
from reprieve.billing.undoing import TooLateToUndo
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.orders.as_it_was import order_as_it_was
from reprieve.orders.lifecycle import WrongState
from reprieve.orders.models import Order, PauseEnd, Status
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import (
    NOON,
    TO_DESIGN,
    Catalog,
    an_order,
    moved,
    put_money_rules_in_force,
    put_rules_in_force,
)

pytestmark = pytest.mark.django_db
CANCELLED = NOON + timedelta(hours=2)
IN_TIME, TOO_LATE = CANCELLED + timedelta(minutes=29), CANCELLED + timedelta(minutes=30)


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    """In design, paid with 80.00 of credit and 40.00 by card."""
    fake_gateway.forget()
    put_rules_in_force()
    put_money_rules_in_force()
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"))
    pay_by_card(order, 4000)
    return moved(order, *TO_DESIGN)


def cancel(cast: Cast, order: Order, reason: str = "patient_away") -> None:
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason=reason, now=CANCELLED)


def undo(cast: Cast, order: Order, who: str = "owner", *, late: bool = False) -> Order:
    return undo_cancellation(order_id=order.pk, actor=cast.actor(who), now=TOO_LATE if late else IN_TIME)


def last_sentences(order: Order, number: int) -> list[str]:
    told = Event.objects.filter(subject=Order.SUBJECT, subject_id=order.pk).order_by("pk")
    return [sentence(event) for event in told][-number:]


def test_the_order_goes_on_where_it_stood_and_so_does_its_money(cast: Cast, order: Order) -> None:
    cancel(cast, order)
    assert balance_minor(cast.practice.pk, "USD") == 8000
    assert undo(cast, order).status == Status.IN_PRODUCTION
    assert balance_minor(cast.practice.pk, "USD") == 0
    assert last_sentences(order, 2) == [
        "Store credit paid $80.00 of the case.",
        "Owner undid the cancellation; the case goes on.",
    ]
    assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.UNDONE}
    assert set(Payment.objects.values_list("refunded_minor", flat=True)) == {0}
    assert Charge.objects.get().state == ChargeState.PAID
    assert Cancellation.objects.get().state == CancellationState.UNDONE
    send_refund(refund_id=Refund.objects.latest("pk").pk, now=TOO_LATE)
    assert not fake_gateway.refunds_made()
    require_money_adds_up()


def test_undone_twice_is_undone_once_and_it_can_be_cancelled_again(cast: Cast, order: Order) -> None:
    cancel(cast, order)
    undo(cast, order)
    undo(cast, order, "colleague")
    assert Event.objects.filter(type=EventType.CANCELLATION_UNDONE).count() == 1
    cancel(cast, order)
    assert balance_minor(cast.practice.pk, "USD") == 8000
    assert Refund.objects.exclude(state=RefundState.UNDONE).count() == 2
    require_money_adds_up()


def test_not_once_the_time_has_passed(cast: Cast, order: Order) -> None:
    cancel(cast, order)
    with pytest.raises(TooLateToUndo, match="has passed"):
        undo(cast, order, late=True)
    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert balance_minor(cast.practice.pk, "USD") == 8000


def test_not_where_the_rule_grants_no_time(cast: Cast, order: Order) -> None:
    cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="other",
        note="x",
        now=CANCELLED,
        expected_version=order.version,
        override=True,
    )
    with pytest.raises(TooLateToUndo):
        undo(cast, order)
    assert Order.objects.get().status == Status.CANCELLED


def test_not_once_the_restored_credit_is_spent_otherwise(cast: Cast, order: Order) -> None:
    cancel(cast, order)
    take_back_credit(
        practice_id=cast.practice.pk,
        actor=cast.actor("manager"),
        amount_minor=1,
        currency="USD",
        why="By mistake.",
        now=CANCELLED,
    )
    with pytest.raises(CreditTooSmall, match="has been spent since, so it cannot be undone") as refusal:
        undo(cast, order)
    assert refusal.value.remedy == "Please place the order again, or ask support for help."
    assert Order.objects.get().status == Status.CANCELLED
    assert Refund.objects.filter(state=RefundState.UNDONE).count() == 0
    require_money_adds_up()


def test_what_became_store_credit_is_taken_back(cast: Cast, order: Order) -> None:
    cancel(cast, order, "wrong_product")
    assert balance_minor(cast.practice.pk, "USD") == 6000
    undo(cast, order)
    assert balance_minor(cast.practice.pk, "USD") == 0
    assert "Owner took $20.00 of store credit back: The cancellation was undone." in last_sentences(order, 3)
    require_money_adds_up()


def test_edge_29_a_pause_that_the_cancellation_ended_stays_ended_and_the_charge_is_due_from_now(
    cast: Cast, catalog: Catalog
) -> None:
    put_rules_in_force()
    put_money_rules_in_force()
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    cancel(cast, order)
    assert undo(cast, order).status == Status.PROCESSING
    pause.refresh_from_db()
    assert pause.ended_how == PauseEnd.CANCELLED
    charge = Charge.objects.get()
    assert (charge.state, charge.billable_from, charge.first_billable_from) == (ChargeState.DUE, IN_TIME, NOON)


def test_a_charge_that_was_not_held_is_due_as_it_was(cast: Cast, catalog: Catalog) -> None:
    put_money_rules_in_force()
    order = an_order(catalog, cast.actor("owner"))
    cancel(cast, order)
    undo(cast, order)
    charge = Charge.objects.get()
    assert (charge.state, charge.billable_from) == (ChargeState.DUE, NOON)


def test_what_came_while_it_was_cancelled_pays_the_case_after_all(cast: Cast, catalog: Catalog) -> None:
    put_rules_in_force()
    put_money_rules_in_force()
    order = an_order(catalog, cast.actor("owner"))
    cancel(cast, order)
    pay_by_card(order, 12000)
    assert Charge.objects.get().state == ChargeState.VOIDED
    order = undo(cast, order)
    assert (Charge.objects.get().state, order.charged_at) == (ChargeState.PAID, IN_TIME)
    assert Refund.objects.get().state == RefundState.UNDONE
    require_money_adds_up()


def test_the_history_can_still_be_played_again(cast: Cast, order: Order) -> None:
    cancel(cast, order)
    undo(cast, order)
    order = Order.objects.get()
    then = order_as_it_was(order, CANCELLED)
    assert isinstance(then, Order)
    assert then.status == Status.CANCELLED
    now = order_as_it_was(order, IN_TIME)
    assert isinstance(now, Order)
    assert now.status == Status.IN_PRODUCTION


def test_what_was_never_cancelled_cannot_be_undone(cast: Cast, order: Order) -> None:
    with pytest.raises(WrongState):
        undo(cast, order)


@pytest.mark.parametrize(("who", "refusal"), [("stranger", NotFound), ("production", NotAllowed)])
def test_others_undo_nothing(cast: Cast, order: Order, who: str, refusal: type[Exception]) -> None:
    cancel(cast, order)
    with pytest.raises(refusal):
        undo(cast, order, who)
    assert Order.objects.get().status == Status.CANCELLED
