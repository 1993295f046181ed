"""Whatever arrives together, one wins and the other learns of it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from reprieve.actions import decline_cancellation as declining
from reprieve.actions import place_order as placing
from reprieve.actions import withdraw_cancellation as withdrawing
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.decline_cancellation import decline_cancellation
from reprieve.actions.move_order import move_order
from reprieve.actions.pause_order import PauseRefused, pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.resume_order import ResumeRefused, resume_order
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.cancellations import subjects
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.requests import CancellationNeedsRequest, RequestClosed
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import Refused
from reprieve.orders.lifecycle import Verb
from reprieve.orders.locking import OrderChanged
from reprieve.orders.models import Order, Pause, Status
from reprieve.policies.models import DecisionRecord
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, Catalog, an_order, moved
from tests.races.race import HOLD_AT_THE_MOVE, Finish, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
LATER = NOON + timedelta(hours=2)
type Command = Callable[[], object]


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    return an_order(catalog, cast.actor("owner"), "design")


@pytest.fixture
def cancelling(cast: Cast, order: Order) -> Command:
    owner = cast.actor("owner")
    return lambda: cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)


@pytest.fixture
def starting_design(cast: Cast, order: Order) -> Command:
    designer = cast.actor("production")
    return lambda: move_order(order_id=order.pk, verb=Verb.START_DESIGN, actor=designer, expected_version=1, now=LATER)


@pytest.fixture
def pausing(cast: Cast, order: Order) -> Command:
    colleague = cast.actor("colleague")
    return lambda: pause_order(order_id=order.pk, actor=colleague, reason="patient_away", now=LATER)


def refusal_of(finish: Finish) -> type[Refused]:
    assert finish.refusal is not None, f"not refused: {finish.result}"
    return type(finish.refusal)


def test_cancel_before_start_design_cancels_and_the_design_never_starts(
    order: Order, cancelling: Command, starting_design: Command
) -> None:
    cancelled, started = race(cancelling, starting_design, hold=HOLD_AT_THE_MOVE)
    assert isinstance(cancelled.result, Cancellation)
    assert refusal_of(started) is OrderChanged
    order.refresh_from_db()
    assert (order.status, order.design_stage) == (Status.CANCELLED, "not_started")
    assert not Event.objects.filter(type=EventType.DESIGN_STARTED).exists()


def test_start_design_before_cancel_starts_it_and_cancelling_now_needs_a_request(
    order: Order, cancelling: Command, starting_design: Command
) -> None:
    started, cancelled = race(starting_design, cancelling, hold=HOLD_AT_THE_MOVE)
    assert isinstance(started.result, Order)
    assert refusal_of(cancelled) is CancellationNeedsRequest
    order.refresh_from_db()
    assert (order.status, order.design_stage) == (Status.IN_PRODUCTION, "started")
    assert not Cancellation.objects.exists()
    assert not DecisionRecord.objects.exists()


def test_a_double_click_on_cancel_cancels_once_and_answers_twice(cancelling: Command) -> None:
    first, second = race(cancelling, cancelling, hold=HOLD_AT_THE_MOVE)
    assert first.result == second.result == Cancellation.objects.get()
    assert Event.objects.filter(type=EventType.ORDER_CANCELLED).count() == 1


def test_cancel_before_pause_leaves_nothing_to_pause(order: Order, cancelling: Command, pausing: Command) -> None:
    _, paused = race(cancelling, pausing, hold=HOLD_AT_THE_MOVE)
    assert refusal_of(paused) is PauseRefused
    assert not Pause.objects.exists()
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_pause_before_cancel_pauses_then_cancels(order: Order, cancelling: Command, pausing: Command) -> None:
    race(pausing, cancelling, hold=HOLD_AT_THE_MOVE)
    assert Pause.objects.get().ended_at == LATER
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_two_people_pausing_at_once_pause_once(pausing: Command) -> None:
    first, second = race(pausing, pausing, hold=HOLD_AT_THE_MOVE)
    assert first.result == second.result == Pause.objects.get()
    assert Event.objects.filter(type=EventType.ORDER_PAUSED).count() == 1


def test_cancel_before_resume_cancels_and_resuming_does_not_revive(
    cast: Cast, order: Order, cancelling: Command, pausing: Command
) -> None:
    pausing()
    owner = cast.actor("owner")
    _, resumed = race(
        cancelling, lambda: resume_order(order_id=order.pk, actor=owner, now=LATER), hold=HOLD_AT_THE_MOVE
    )
    assert refusal_of(resumed) is ResumeRefused
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_a_double_click_on_start_design_starts_it_once(starting_design: Command) -> None:
    first, second = race(starting_design, starting_design, hold=HOLD_AT_THE_MOVE)
    assert first.refusal is second.refusal is None
    assert Event.objects.filter(type=EventType.DESIGN_STARTED).count() == 1


def test_two_members_of_staff_moving_one_case_move_it_once(cast: Cast, order: Order, starting_design: Command) -> None:
    support = cast.actor("support")
    _, other = race(
        starting_design,
        lambda: move_order(order_id=order.pk, verb=Verb.START_DESIGN, actor=support, expected_version=1, now=LATER),
        hold=HOLD_AT_THE_MOVE,
    )
    assert refusal_of(other) is OrderChanged
    assert Event.objects.filter(type=EventType.DESIGN_STARTED).count() == 1


@pytest.fixture
def requesting_cancellation(cast: Cast, order: Order) -> Command:
    moved(order, *TO_DESIGN)
    owner = cast.actor("owner")
    return lambda: request_cancellation(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)


def test_a_double_click_on_request_files_one_request(requesting_cancellation: Command) -> None:
    first, second = race(requesting_cancellation, requesting_cancellation, hold=(subjects, "keep"))
    assert first.result == second.result == Cancellation.objects.get()
    assert Event.objects.filter(type=EventType.CANCELLATION_REQUESTED).count() == 1


def test_withdraw_before_approve_keeps_the_order_going(
    cast: Cast, order: Order, requesting_cancellation: Command
) -> None:
    request = requesting_cancellation()
    assert isinstance(request, Cancellation)
    owner, support = cast.actor("owner"), cast.actor("support")
    _, approved = race(
        lambda: withdraw_cancellation(cancellation_id=request.pk, actor=owner, now=LATER),
        lambda: approve_cancellation(cancellation_id=request.pk, actor=support, expected_version=2, now=LATER),
        hold=(withdrawing, "withdraw"),
    )
    assert refusal_of(approved) is RequestClosed
    assert Cancellation.objects.get().state == CancellationState.WITHDRAWN
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION


def test_approve_before_withdraw_cancels_and_says_so(
    cast: Cast, order: Order, requesting_cancellation: Command
) -> None:
    request = requesting_cancellation()
    assert isinstance(request, Cancellation)
    owner, support = cast.actor("owner"), cast.actor("support")
    _, withdrawn = race(
        lambda: approve_cancellation(cancellation_id=request.pk, actor=support, expected_version=2, now=LATER),
        lambda: withdraw_cancellation(cancellation_id=request.pk, actor=owner, now=LATER),
        hold=HOLD_AT_THE_MOVE,
    )
    assert refusal_of(withdrawn) is RequestClosed
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_decline_and_approve_at_once_give_one_answer(
    cast: Cast, order: Order, requesting_cancellation: Command
) -> None:
    request = requesting_cancellation()
    assert isinstance(request, Cancellation)
    support, manager = cast.actor("support"), cast.actor("manager")
    _, approved = race(
        lambda: decline_cancellation(
            cancellation_id=request.pk, actor=support, expected_version=2, answer="Too late.", now=LATER
        ),
        lambda: approve_cancellation(cancellation_id=request.pk, actor=manager, expected_version=2, now=LATER),
        hold=(declining, "record"),
    )
    assert refusal_of(approved) is RequestClosed
    assert Cancellation.objects.get().state == CancellationState.DECLINED
    assert Order.objects.get(pk=order.pk).status == Status.IN_PRODUCTION


def test_a_double_click_on_place_order_places_one(cast: Cast, catalog: Catalog) -> None:
    owner, key = cast.actor("owner"), uuid4()

    def place() -> object:
        return an_order(catalog, owner, key=key)

    first, second = race(place, place, hold=(placing, "record"))
    assert first.result == second.result == Order.objects.get()
