"""A refund is sent once, whatever the provider answers, and whenever."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.tasks import task_backends
from django_ox.models import OxTask

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.confirm_refund import confirm_refund, report_failed_refund
from reprieve.actions.record_payment import record_payment
from reprieve.actions.retry_refund import retry_refund
from reprieve.billing.checks import ReferenceMissing
from reprieve.billing.gateways import Declined, Done
from reprieve.billing.models import Payment, Refund, RefundAttempt, RefundState
from reprieve.billing.refunds import PaymentDisputed, RefundMoved
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.notifications.models import Email
from reprieve.orders.models import Order, Status
from reprieve.settlement.send_refund import book_refund, send_refund
from tests import fake_gateway
from tests.factories.money import pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, UNDO_WINDOW, Catalog, an_order, put_money_rules_in_force

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=2)
CANCELLED = LATER - UNDO_WINDOW
HOUR = timedelta(hours=1)


@pytest.fixture
def refund(cast: Cast, catalog: Catalog, rules: None) -> Refund:
    """An approved refund of 120.00 at the fake provider."""
    fake_gateway.forget()
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, 12000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=CANCELLED)
    return Refund.objects.get()


@pytest.fixture
def by_hand(cast: Cast, catalog: Catalog, rules: None) -> Refund:
    """A refund of a bank transfer, waiting for the colleague who sends the money."""
    order = an_order(catalog, cast.actor("owner"), "design")
    record_payment(
        order_id=order.pk,
        actor=cast.actor("support"),
        expected_version=1,
        amount_minor=12000,
        currency="USD",
        reference="Elm Street, 4 March",
        now=NOON,
    )
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=CANCELLED)
    found = Refund.objects.get()
    send_refund(refund_id=found.pk, now=LATER)
    return Refund.objects.get()


def sent(refund: Refund, *words: str, at: int = 0) -> Refund:
    """The refund after the worker has gone on with it, the provider doing what is planned."""
    fake_gateway.plan(*words)
    send_refund(refund_id=refund.pk, now=LATER + at * HOUR)
    require_money_adds_up()
    return Refund.objects.get(pk=refund.pk)


def tries(refund: Refund) -> list[tuple[int, bool, str]]:
    return [(each.number, each.ended_at is not None, each.problem) for each in refund.attempts.order_by("number")]


def looks_queued() -> int:
    return OxTask.objects.filter(task_path__endswith="send_when_due").count()


def test_cancelling_queues_the_sending_in_its_own_transaction(refund: Refund) -> None:
    assert task_backends["default"].supports_defer
    assert looks_queued() == 1
    assert not fake_gateway.refunds_made()


def test_done_is_done_and_the_practice_is_told_once(refund: Refund) -> None:
    sent(refund)
    mails = Email.objects.filter(event__type=EventType.REFUND_COMPLETED).count()
    assert mails == 2
    for hour in (1, 2):
        assert sent(refund, at=hour).state == RefundState.COMPLETED
    assert len(fake_gateway.refunds_made()) == 1
    assert Email.objects.filter(event__type=EventType.REFUND_COMPLETED).count() == mails
    assert tries(refund) == [(1, True, "")]


def test_nothing_is_sent_before_the_time_for_undoing_has_passed(cast: Cast, catalog: Catalog) -> None:
    fake_gateway.forget()
    put_money_rules_in_force()
    order = an_order(catalog, cast.actor("owner"))
    pay_by_card(order, 12000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    refund = Refund.objects.get()
    send_refund(refund_id=refund.pk, now=NOON + timedelta(minutes=29))
    assert not fake_gateway.refunds_made()
    assert not RefundAttempt.objects.exists()
    send_refund(refund_id=refund.pk, now=NOON + timedelta(minutes=30))
    assert len(fake_gateway.refunds_made()) == 1


def test_what_is_under_way_is_looked_up_until_it_is_done(refund: Refund) -> None:
    assert sent(refund, "pending").state == RefundState.SENT
    assert looks_queued() == 2
    assert sent(refund, at=1).state == RefundState.COMPLETED
    assert len(fake_gateway.refunds_made()) == 1
    assert tries(refund) == [(1, True, "")]


def test_an_answer_that_was_lost_is_looked_up_and_never_asked_for_again(refund: Refund) -> None:
    assert sent(refund, "lost_answer").state == RefundState.UNKNOWN
    assert tries(refund) == [(1, False, "Nobody answered.")]
    # A provider forgets keys after a day, and would then make another or decline: whoever asks now hears a no.
    assert sent(refund, "declined", at=1).state == RefundState.COMPLETED
    assert len(fake_gateway.refunds_made()) == 1


def test_a_question_that_was_lost_is_asked_again_with_the_same_key(refund: Refund) -> None:
    assert sent(refund, "lost_question").state == RefundState.UNKNOWN
    key = refund.attempts.get().key
    assert sent(refund, "lost_question", at=1).state == RefundState.UNKNOWN
    assert sent(refund, at=2).state == RefundState.COMPLETED
    assert refund.attempts.get().key == key
    assert len(fake_gateway.refunds_made()) == 1


def test_a_gateway_that_breaks_leaves_the_try_open_for_the_worker_to_begin_again(refund: Refund) -> None:
    fake_gateway.plan("broken")
    with pytest.raises(ConnectionError):
        send_refund(refund_id=refund.pk, now=LATER)
    assert Refund.objects.get().state == RefundState.SENT
    assert tries(refund) == [(1, False, "")]
    assert sent(refund, at=1).state == RefundState.COMPLETED
    assert len(fake_gateway.refunds_made()) == 1


def test_edge_35_what_fails_for_now_stays_is_tried_again_under_a_new_key_and_staff_are_told(refund: Refund) -> None:
    failed = sent(refund, "later")
    assert (failed.state, looks_queued()) == (RefundState.FAILED, 2)
    told = Event.objects.get(type=EventType.REFUND_FAILED)
    assert (told.for_staff_only, told.data["why"]) == (True, "Not enough money.")
    assert sent(refund, at=1).state == RefundState.COMPLETED
    assert tries(refund) == [(1, True, "Not enough money."), (2, True, "")]
    assert len(set(refund.attempts.values_list("key"))) == 2
    assert len(fake_gateway.refunds_made()) == 1


def test_edge_6_what_failed_for_good_waits_for_support_whose_retry_has_a_new_key(cast: Cast, refund: Refund) -> None:
    failed = sent(refund, "declined")
    assert (failed.state, looks_queued()) == (RefundState.FAILED, 1)
    assert sent(refund, at=1).state == RefundState.FAILED
    assert tries(refund) == [(1, True, "The card is closed.")]
    retry_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=failed.version, now=LATER + HOUR)
    assert sent(refund, at=1).state == RefundState.COMPLETED
    assert [number for number, *_ in tries(refund)] == [1, 2]
    assert len(fake_gateway.refunds_made()) == 1


def test_edge_8_a_refund_that_fails_after_it_was_done_can_be_tried_again(cast: Cast, refund: Refund) -> None:
    done = sent(refund)
    attempt = refund.attempts.get()
    answer = Declined("The bank sent it back.", permanent=True)
    failed = book_refund(attempt_id=attempt.pk, answer=answer, actor=SYSTEM, now=LATER + 48 * HOUR)
    assert book_refund(attempt_id=attempt.pk, answer=answer, actor=SYSTEM, now=LATER + 48 * HOUR) == failed
    assert (failed.state, failed.completed_at) == (RefundState.FAILED, None)
    assert Event.objects.filter(type=EventType.REFUND_FAILED).count() == 1
    assert failed.version == done.version + 1
    late = book_refund(attempt_id=attempt.pk, answer=Done("x"), actor=SYSTEM, now=LATER + 49 * HOUR)
    assert late.state == RefundState.FAILED
    retry_refund(
        refund_id=refund.pk, actor=cast.actor("manager"), expected_version=failed.version, now=LATER + 50 * HOUR
    )
    assert sent(refund, at=50).state == RefundState.COMPLETED
    assert len(fake_gateway.refunds_made()) == 2


def test_edge_7_no_refund_changes_an_orders_state(refund: Refund) -> None:
    before = Order.objects.values().get()
    for word in ("later", "lost_answer", "done"):
        sent(refund, word, at=3)
    assert Order.objects.values().get() == before
    assert before["status"] == Status.CANCELLED


def test_edge_9_a_payment_that_comes_to_be_disputed_sends_its_refund_back_to_support(
    cast: Cast, refund: Refund
) -> None:
    Payment.objects.update(disputed=True)
    held = sent(refund)
    assert held.state == RefundState.PENDING
    assert not fake_gateway.refunds_made()
    assert Event.objects.get(type=EventType.REFUND_HELD_BACK).for_staff_only
    Payment.objects.update(disputed=False)
    Refund.objects.update(state=RefundState.FAILED)
    Payment.objects.update(disputed=True)
    with pytest.raises(PaymentDisputed):
        retry_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=held.version, now=LATER)


def test_money_by_hand_is_under_way_until_staff_confirm_it(cast: Cast, by_hand: Refund) -> None:
    assert by_hand.state == RefundState.SENT
    queued = looks_queued()
    send_refund(refund_id=by_hand.pk, now=LATER + HOUR)
    assert (Refund.objects.get().state, looks_queued()) == (RefundState.SENT, queued)
    with pytest.raises(ReferenceMissing):
        confirm(cast, by_hand, reference=" ")
    done = confirm(cast, by_hand, reference="Transfer 4711")
    assert (done.state, done.attempts.get().reference) == (RefundState.COMPLETED, "Transfer 4711")
    with pytest.raises(RefundMoved):
        confirm(cast, by_hand, reference="Transfer 4711")
    assert Event.objects.filter(type=EventType.REFUND_COMPLETED).count() == 1


def test_money_by_hand_that_came_back_can_be_sent_again(cast: Cast, by_hand: Refund) -> None:
    done = confirm(cast, by_hand, reference="Transfer 4711")
    failed = report_failed_refund(
        refund_id=done.pk,
        actor=cast.actor("support"),
        expected_version=done.version,
        why="The account is closed.",
        now=LATER,
    )
    assert (failed.state, failed.completed_at) == (RefundState.FAILED, None)
    retry_refund(refund_id=done.pk, actor=cast.actor("support"), expected_version=failed.version, now=LATER)
    send_refund(refund_id=done.pk, now=LATER)
    assert Refund.objects.get().state == RefundState.SENT


def confirm(cast: Cast, refund: Refund, *, reference: str) -> Refund:
    return confirm_refund(
        refund_id=refund.pk,
        actor=cast.actor("support"),
        expected_version=refund.version,
        reference=reference,
        now=LATER,
    )


def test_what_a_provider_does_is_not_confirmed_by_hand(cast: Cast, refund: Refund) -> None:
    under_way = sent(refund, "pending")
    with pytest.raises(RefundMoved, match="not made by hand"):
        confirm(cast, under_way, reference="x")
    assert Refund.objects.get().state == RefundState.SENT


@pytest.mark.parametrize(
    ("who", "refusal"), [("production", NotAllowed), ("owner", NotAllowed), ("stranger", NotAllowed)]
)
def test_only_support_and_managers_handle_refunds(
    cast: Cast, by_hand: Refund, who: str, refusal: type[Exception]
) -> None:
    actor = cast.actor(who)
    seen = by_hand.version
    commands: tuple[Callable[[], object], ...] = (
        lambda: confirm_refund(refund_id=by_hand.pk, actor=actor, expected_version=seen, reference="x", now=LATER),
        lambda: report_failed_refund(refund_id=by_hand.pk, actor=actor, expected_version=seen, why="x", now=LATER),
        lambda: retry_refund(refund_id=by_hand.pk, actor=actor, expected_version=seen, now=LATER),
    )
    for command in commands:
        with pytest.raises(refusal):
            command()
    assert Refund.objects.get().version == by_hand.version


def test_a_refund_that_is_not_there_is_not_found(cast: Cast, db: None) -> None:
    with pytest.raises(NotFound):
        retry_refund(refund_id=1, actor=cast.actor("support"), expected_version=1, now=LATER)
