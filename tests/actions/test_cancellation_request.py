"""Request, withdraw, approve, decline: the life of a request that support decides."""

from datetime import timedelta

import pytest

from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.decline_cancellation import AnswerMissing, decline_cancellation
from reprieve.actions.move_order import move_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.requests import (
    CancellationNeedsNoRequest,
    CancellationPending,
    CancellationRefused,
    RequestClosed,
)
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.notifications.models import Email
from reprieve.orders.lifecycle import Verb
from reprieve.orders.locking import OrderChanged
from reprieve.orders.models import Order, Status
from reprieve.policies.models import DecisionRecord
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_COMPLETED, TO_DESIGN, Catalog, an_order, moved

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=2)
MUCH_LATER = NOON + timedelta(days=2)


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    return moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)


@pytest.fixture
def request_(cast: Cast, order: Order) -> Cancellation:
    return request_cancellation(
        order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", note="Moved away.", now=LATER
    )


def test_c7_files_a_request_and_leaves_the_order_where_it_is(order: Order, request_: Cancellation) -> None:
    assert request_.state == CancellationState.REQUESTED
    assert request_.decision.outputs["outcome"] == "request"
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION
    assert Event.objects.filter(type=EventType.CANCELLATION_REQUESTED, subject_id=order.pk).count() == 1


def test_files_one_request_however_often_it_is_sent(cast: Cast, order: Order, request_: Cancellation) -> None:
    again = request_cancellation(order_id=order.pk, actor=cast.actor("colleague"), reason="other", note="x", now=LATER)
    assert again == request_
    assert Cancellation.objects.count() == 1
    assert Event.objects.filter(type=EventType.CANCELLATION_REQUESTED).count() == 1


def test_says_when_no_request_is_needed(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "design")
    with pytest.raises(CancellationNeedsNoRequest):
        request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert not Cancellation.objects.exists()


def test_c6_refuses_a_request_for_what_is_completed(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_COMPLETED)
    with pytest.raises(CancellationRefused):
        request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert not Cancellation.objects.exists()


def test_is_withdrawn_by_anybody_of_the_practice_and_only_once(cast: Cast, request_: Cancellation) -> None:
    for _ in range(2):
        row = withdraw_cancellation(cancellation_id=request_.pk, actor=cast.actor("colleague"), now=MUCH_LATER)
        assert (row.state, row.closed_by, row.closed_at) == (
            CancellationState.WITHDRAWN,
            cast.colleague,
            MUCH_LATER,
        )
    assert Event.objects.filter(type=EventType.CANCELLATION_WITHDRAWN).count() == 1


def test_is_nobody_elses_business(cast: Cast, request_: Cancellation) -> None:
    with pytest.raises(NotFound):
        withdraw_cancellation(cancellation_id=request_.pk, actor=cast.actor("stranger"), now=MUCH_LATER)
    assert Cancellation.objects.get().state == CancellationState.REQUESTED


def test_can_be_filed_again_after_it_was_withdrawn(cast: Cast, order: Order, request_: Cancellation) -> None:
    withdraw_cancellation(cancellation_id=request_.pk, actor=cast.actor("owner"), now=MUCH_LATER)
    again = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=MUCH_LATER)
    assert again != request_
    assert again.state == CancellationState.REQUESTED


def test_approving_cancels_on_the_decision_of_the_request_and_makes_no_other(
    cast: Cast, order: Order, request_: Cancellation
) -> None:
    # Meanwhile the case has moved on. What that means for the money is in test_cancel_and_refund.py.
    move_order(
        order_id=order.pk,
        verb=Verb.COMPLETE_DESIGN,
        actor=cast.actor("production"),
        expected_version=order.version,
        now=MUCH_LATER,
        override=True,
    )
    decisions = DecisionRecord.objects.count()
    done = approve_cancellation(
        cancellation_id=request_.pk, actor=cast.actor("support"), expected_version=order.version + 1, now=MUCH_LATER
    )
    assert done.state == CancellationState.APPROVED
    assert done.decision_id == request_.decision_id
    assert DecisionRecord.objects.count() == decisions
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_approving_twice_gives_the_same_answer(cast: Cast, order: Order, request_: Cancellation) -> None:
    for _ in range(2):
        done = approve_cancellation(
            cancellation_id=request_.pk, actor=cast.actor("manager"), expected_version=order.version, now=MUCH_LATER
        )
        assert done.state == CancellationState.APPROVED
    assert Event.objects.filter(type=EventType.CANCELLATION_APPROVED).count() == 1


def test_approving_needs_the_order_that_support_saw(cast: Cast, order: Order, request_: Cancellation) -> None:
    with pytest.raises(OrderChanged):
        approve_cancellation(
            cancellation_id=request_.pk,
            actor=cast.actor("support"),
            expected_version=order.version - 1,
            now=MUCH_LATER,
        )
    assert Cancellation.objects.get().state == CancellationState.REQUESTED
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION


def test_c11_declining_tells_the_customer_why(cast: Cast, order: Order, request_: Cancellation) -> None:
    Email.objects.all().delete()
    row = decline_cancellation(
        cancellation_id=request_.pk,
        actor=cast.actor("support"),
        expected_version=order.version,
        answer="The design is finished and waits for you.",
        staff_note="Called twice.",
        now=MUCH_LATER,
    )
    assert (row.state, row.answer, row.staff_note) == (
        CancellationState.DECLINED,
        "The design is finished and waits for you.",
        "Called twice.",
    )
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION
    event = Event.objects.get(type=EventType.CANCELLATION_DECLINED)
    assert event.data == {"why": "The design is finished and waits for you."}
    assert Email.objects.filter(event=event).count() == 2


def test_declining_needs_words_for_the_customer(cast: Cast, order: Order, request_: Cancellation) -> None:
    with pytest.raises(AnswerMissing):
        decline_cancellation(
            cancellation_id=request_.pk,
            actor=cast.actor("support"),
            expected_version=order.version,
            answer=" ",
            now=MUCH_LATER,
        )
    assert Cancellation.objects.get().state == CancellationState.REQUESTED


@pytest.mark.parametrize("who", ["owner", "stranger", "production"])
def test_is_decided_by_support_alone(cast: Cast, order: Order, request_: Cancellation, who: str) -> None:
    with pytest.raises(NotAllowed):
        approve_cancellation(
            cancellation_id=request_.pk, actor=cast.actor(who), expected_version=order.version, now=MUCH_LATER
        )
    with pytest.raises(NotAllowed):
        decline_cancellation(
            cancellation_id=request_.pk,
            actor=cast.actor(who),
            expected_version=order.version,
            answer="No.",
            now=MUCH_LATER,
        )
    assert Cancellation.objects.get().state == CancellationState.REQUESTED
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION


def test_once_answered_stays_answered(cast: Cast, order: Order, request_: Cancellation) -> None:
    decline_cancellation(
        cancellation_id=request_.pk,
        actor=cast.actor("support"),
        expected_version=order.version,
        answer="No.",
        now=MUCH_LATER,
    )
    with pytest.raises(RequestClosed):
        withdraw_cancellation(cancellation_id=request_.pk, actor=cast.actor("owner"), now=MUCH_LATER)
    with pytest.raises(RequestClosed):
        approve_cancellation(
            cancellation_id=request_.pk, actor=cast.actor("support"), expected_version=order.version, now=MUCH_LATER
        )
    assert Cancellation.objects.get().state == CancellationState.DECLINED
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION


def test_while_open_holds_the_case_back(cast: Cast, order: Order, request_: Cancellation) -> None:
    with pytest.raises(CancellationPending):
        move_order(
            order_id=order.pk,
            verb=Verb.COMPLETE_DESIGN,
            actor=cast.actor("production"),
            expected_version=order.version,
            now=LATER + MINUTE,
        )
    assert Order.objects.get(pk=order.pk).version == order.version


def test_while_open_is_passed_over_only_by_an_override_that_is_recorded(
    cast: Cast, order: Order, request_: Cancellation
) -> None:
    move_order(
        order_id=order.pk,
        verb=Verb.COMPLETE_DESIGN,
        actor=cast.actor("production"),
        expected_version=order.version,
        now=LATER + MINUTE,
        override=True,
    )
    assert Event.objects.get(type=EventType.DESIGN_COMPLETED).override is True
