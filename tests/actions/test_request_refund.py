"""S5 and S6: a refund is asked for, approved as it is or smaller, or rejected; and never more than is left."""

from datetime import timedelta

import pytest

from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.reject_refund import RefundAnswerMissing, reject_refund
from reprieve.actions.request_refund import NothingToRefund, RefundReasonMissing, request_refund
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.credit import balance_minor
from reprieve.billing.models import Charge, ChargeState, Payment, Refund, RefundState
from reprieve.billing.refunds import PaymentDisputed, RefundMoved
from reprieve.history.models import Event
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.orders.models import Order
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order, put_money_rules_in_force

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def order(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """Cancelled under C12: 116.22 goes back, the fee of 3.78 was kept."""
    fake_gateway.forget()
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, 12000, fee=378)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    return Order.objects.get()


def asked(cast: Cast, order: Order, minor: int | None = None, who: str = "owner") -> list[Refund]:
    return request_refund(
        order_id=order.pk, actor=cast.actor(who), reason="We were charged twice.", amount_minor=minor, now=LATER
    )


def approved(cast: Cast, refund: Refund, minor: int | None = None, *, who: str = "support", seen: int = 1) -> Refund:
    return approve_refund(
        refund_id=refund.pk, actor=cast.actor(who), expected_version=seen, amount_minor=minor, now=LATER
    )


def test_s6_a_refund_is_asked_for_with_a_reason_approved_sent_and_completed(cast: Cast, order: Order) -> None:
    (refund,) = asked(cast, order)
    assert (refund.amount_minor, refund.state, refund.reason) == (378, RefundState.PENDING, "We were charged twice.")
    assert approved(cast, refund).state == RefundState.APPROVED
    send_refund(refund_id=refund.pk, now=LATER)
    refund.refresh_from_db()
    assert (refund.state, refund.answered_by_name) == (RefundState.COMPLETED, "Support")
    assert [minor for _, minor in fake_gateway.refunds_made()] == [378]
    told = [sentence(event) for event in Event.objects.filter(type__startswith="refund_").order_by("pk")]
    assert told == [
        "A refund of $116.22 is due.",
        "Owner asked for a refund of $3.78.",
        "Support approved a refund of $3.78.",
        "The refund of $3.78 is done.",
    ]
    require_money_adds_up()


def test_s6_a_rejected_refund_tells_why_and_can_be_asked_for_again(cast: Cast, order: Order) -> None:
    (refund,) = asked(cast, order)
    with pytest.raises(RefundAnswerMissing):
        reject_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=1, answer=" ", now=LATER)
    rejected = reject_refund(
        refund_id=refund.pk, actor=cast.actor("support"), expected_version=1, answer="The bank keeps it.", now=LATER
    )
    assert (rejected.state, rejected.answer) == (RefundState.REJECTED, "The bank keeps it.")
    assert sentence(Event.objects.latest("pk")) == "Support rejected the refund of $3.78: The bank keeps it."
    (again,) = asked(cast, order)
    assert again.pk != refund.pk
    require_money_adds_up()


def test_asking_twice_is_one_request(cast: Cast, order: Order) -> None:
    first, second = asked(cast, order), asked(cast, order, who="colleague")
    assert first == second
    assert Refund.objects.filter(state=RefundState.PENDING).count() == 1


def test_a_smaller_amount_may_be_approved_and_the_rest_asked_for_later_to_the_cent(cast: Cast, order: Order) -> None:
    """Row 25: no cent is left that can never go back."""
    (refund,) = asked(cast, order)
    assert approved(cast, refund, 100).amount_minor == 100
    require_money_adds_up()
    (rest,) = asked(cast, order)
    assert rest.amount_minor == 278
    approved(cast, rest)
    assert Payment.objects.get().refunded_minor == 12000
    with pytest.raises(NothingToRefund):
        asked(cast, order)
    require_money_adds_up()


def test_edge_28_giving_the_kept_fee_back_leaves_the_case_paid(cast: Cast, order: Order) -> None:
    before = Order.objects.values().get()
    (refund,) = asked(cast, order)
    approved(cast, refund)
    send_refund(refund_id=refund.pk, now=LATER)
    assert Charge.objects.get().state == ChargeState.PAID
    assert Order.objects.values().get() == before
    waiver = Refund.objects.get(pk=refund.pk)
    assert (waiver.amount_minor, waiver.reason, waiver.answered_by_name) == (378, "We were charged twice.", "Support")


@pytest.mark.parametrize("minor", [0, -1, -378, 379, 12000, 10**18])
def test_never_more_than_is_left_and_never_nothing(cast: Cast, order: Order, minor: int) -> None:
    with pytest.raises(AmountInvalid):
        asked(cast, order, minor)
    assert Refund.objects.count() == 1
    (refund,) = asked(cast, order)
    with pytest.raises(AmountInvalid):
        approved(cast, refund, minor)
    refund.refresh_from_db()
    assert (refund.state, refund.amount_minor) == (RefundState.PENDING, 378)
    require_money_adds_up()


def test_edge_5_two_refunds_of_the_same_amount_are_two(cast: Cast, order: Order) -> None:
    for _ in range(2):
        (refund,) = asked(cast, order, 100)
        approved(cast, refund)
        send_refund(refund_id=refund.pk, now=LATER)
    assert [minor for _, minor in fake_gateway.refunds_made()] == [100, 100]


def test_money_goes_back_before_credit_and_each_the_way_it_came(cast: Cast, catalog: Catalog) -> None:
    fake_gateway.forget()
    put_money_rules_in_force()
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"))
    pay_by_card(order, 4000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="wrong_product", now=LATER)
    assert balance_minor(cast.practice.pk, "USD") == 6000
    refunds = asked(cast, order, 3000)
    assert [(each.amount_minor, each.to_credit) for each in refunds] == [(2000, False), (1000, True)]
    for refund in refunds:
        approved(cast, refund)
    assert balance_minor(cast.practice.pk, "USD") == 7000
    assert [each.state for each in Refund.objects.order_by("pk")][-2:] == [RefundState.APPROVED, RefundState.COMPLETED]
    require_money_adds_up()


def test_an_order_that_goes_on_has_nothing_to_refund(cast: Cast, catalog: Catalog, rules: None) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pay_by_card(order)
    with pytest.raises(NothingToRefund):
        asked(cast, order)
    assert not Refund.objects.exists()


def test_a_reason_is_asked_for(cast: Cast, order: Order) -> None:
    for reason in (" ", "x" * 501):
        with pytest.raises(RefundReasonMissing):
            request_refund(order_id=order.pk, actor=cast.actor("owner"), reason=reason, now=LATER)
    assert Refund.objects.count() == 1


def test_edge_9_a_disputed_payment_is_not_refunded(cast: Cast, order: Order) -> None:
    (refund,) = asked(cast, order)
    Payment.objects.update(disputed=True)
    with pytest.raises(PaymentDisputed):
        approved(cast, refund)
    Refund.objects.filter(pk=refund.pk).update(state=RefundState.APPROVED)
    Refund.objects.exclude(pk=refund.pk).update(state=RefundState.APPROVED)
    Payment.objects.update(refunded_minor=11622)
    with pytest.raises(PaymentDisputed):
        asked(cast, order)
    assert Refund.objects.count() == 2
    assert Payment.objects.get().refunded_minor == 11622


def test_what_is_disputed_keeps_nothing_else_of_the_case_from_going_back(cast: Cast, catalog: Catalog) -> None:
    put_money_rules_in_force()
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"), now=NOON)
    pay_by_card(order, 4000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="wrong_product", now=NOON)
    Payment.objects.filter(gateway="fake").update(disputed=True)
    (refund,) = asked(cast, order)
    assert (refund.payment.method, refund.amount_minor) == ("credit", 4000)
    approved(cast, refund)
    assert balance_minor(cast.practice.pk, "USD") == 10000
    with pytest.raises(PaymentDisputed):
        asked(cast, order)
    require_money_adds_up()


def test_staff_act_on_the_refund_that_they_saw(cast: Cast, order: Order) -> None:
    (refund,) = asked(cast, order)
    with pytest.raises(RefundMoved):
        approved(cast, refund, seen=2)
    approved(cast, refund)
    with pytest.raises(RefundMoved, match="now approved"):
        reject_refund(refund_id=refund.pk, actor=cast.actor("manager"), expected_version=1, answer="No.", now=LATER)
    refund.refresh_from_db()
    assert refund.state == RefundState.APPROVED


@pytest.mark.parametrize(("who", "refusal"), [("stranger", NotFound), ("production", NotAllowed)])
def test_strangers_and_production_ask_for_nothing(cast: Cast, order: Order, who: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        asked(cast, order, who=who)
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("who", ["stranger", "owner", "production"])
def test_only_support_and_managers_answer(cast: Cast, order: Order, who: str) -> None:
    (refund,) = asked(cast, order)
    with pytest.raises(NotAllowed):
        approved(cast, refund, who=who)
    with pytest.raises(NotAllowed):
        reject_refund(refund_id=refund.pk, actor=cast.actor(who), expected_version=1, answer="No.", now=LATER)
    refund.refresh_from_db()
    assert refund.state == RefundState.PENDING
