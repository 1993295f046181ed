import pytest

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.requests import CancellationNeedsRequest, CancellationRefused
from reprieve.catalog.reasons import NoteMissing, ReasonMissing
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import Invalid, NotAllowed, NotFound
from reprieve.lib.notes import NOTE_LIMIT, NoteTooLong
from reprieve.notifications.models import Email
from reprieve.orders.models import Order, Pause, PauseEnd, Status
from reprieve.policies.models import DecisionRecord, Outcome
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_COMPLETED, TO_DESIGN, Catalog, an_order, moved

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + 2 * 60 * MINUTE


def nothing_happened(order: Order, status: Status) -> None:
    """What must hold after every refusal."""
    assert Order.objects.get(pk=order.pk).status == status
    assert not Cancellation.objects.exists()
    assert not DecisionRecord.objects.exists()
    assert not Event.objects.filter(type=EventType.ORDER_CANCELLED).exists()
    assert not Email.objects.exists()


def test_c3_cancels_a_processing_order_at_once(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "design")
    done = cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", note=" later ", now=LATER)
    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert order.status_since == LATER
    assert (done.state, done.reason.key, done.note) == (CancellationState.DONE, "patient_away", "later")
    assert (done.asked_by, done.asked_at, done.closed_at) == (cast.owner, LATER, LATER)
    assert done.decision.outputs["outcome"] == Outcome.ALLOW
    assert done.decision.row != ""
    assert done.decision.facts["status"] == "processing"


def test_records_an_event_that_tells_who_and_why(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    done = cancel_order(order_id=order.pk, actor=cast.actor("colleague"), reason="wrong_product", now=LATER)
    event = Event.objects.get(type=EventType.ORDER_CANCELLED)
    assert (event.subject, event.subject_id, event.at) == ("order", order.pk, LATER)
    assert (event.actor, event.actor_name, event.override) == (cast.colleague, "Colleague", False)
    assert event.data == {
        "reason": "Wrong product",
        "reason_key": "wrong_product",
        "decision": done.decision_id,
    }


def test_c10_queues_an_e_mail_for_everybody_of_the_practice_who_wants_them(cast: Cast, catalog: Catalog) -> None:
    cast.colleague.emails_enabled = False
    cast.colleague.save()
    order = an_order(catalog, cast.actor("owner"))
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert [email.recipient for email in Email.objects.all()] == [cast.owner]


def test_gives_the_same_answer_to_a_repeat_and_does_nothing_twice(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    first = cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    events = Event.objects.count()
    again = cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER + MINUTE)
    assert again == first
    assert (Cancellation.objects.count(), Event.objects.count(), Email.objects.count()) == (1, events, 2)


def test_c7_leaves_a_design_service_in_production_to_support(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)
    with pytest.raises(CancellationNeedsRequest) as refusal:
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert refusal.value.code == "cancellation_needs_request"
    assert refusal.value.why
    nothing_happened(order, Status.IN_PRODUCTION)


def test_s4_refuses_a_completed_order(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_COMPLETED)
    with pytest.raises(CancellationRefused) as refusal:
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert refusal.value.code == "cancellation_refused"
    nothing_happened(order, Status.COMPLETED)


def test_finds_nothing_for_a_stranger(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(NotFound):
        cancel_order(order_id=order.pk, actor=cast.actor("stranger"), reason="patient_away", now=LATER)
    nothing_happened(order, Status.PROCESSING)


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        (("", ""), ReasonMissing, "reason"),
        (("no_such_reason", ""), ReasonMissing, "reason"),
        (("other", "  "), NoteMissing, "note"),
        (("patient_away", "x" * (NOTE_LIMIT + 1)), NoteTooLong, "note"),
    ],
)
def test_s3_asks_for_a_reason_and_its_words_at_their_fields(
    cast: Cast, catalog: Catalog, given: tuple[str, str], refusal: type[Invalid], field: str
) -> None:
    order = an_order(catalog, cast.actor("owner"))
    reason, note = given
    with pytest.raises(refusal) as caught:
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason=reason, note=note, now=LATER)
    assert caught.value.field == field
    nothing_happened(order, Status.PROCESSING)


def test_cancels_while_paused_and_ends_the_pause_with_it(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + MINUTE)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    pause = Pause.objects.get()
    assert (pause.ended_at, pause.ended_how) == (LATER, PauseEnd.CANCELLED)
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED
    assert Event.objects.filter(type=EventType.PAUSE_ENDED_BY_CANCELLATION, subject_id=order.pk).count() == 1


def test_lets_support_override_the_rules_and_says_so(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_COMPLETED)
    done = cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="wrong_product",
        now=LATER,
        expected_version=order.version,
        override=True,
    )
    assert done.override is True
    assert Event.objects.get(type=EventType.ORDER_CANCELLED).override is True
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


@pytest.mark.parametrize("who", ["owner", "production"])
def test_lets_nobody_else_override(cast: Cast, catalog: Catalog, who: str) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_COMPLETED)
    with pytest.raises(NotAllowed):
        cancel_order(
            order_id=order.pk,
            actor=cast.actor(who),
            reason="wrong_product",
            now=LATER,
            expected_version=order.version,
            override=True,
        )
    nothing_happened(order, Status.COMPLETED)


def test_is_no_work_of_production_even_where_the_rules_allow_it(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(NotAllowed):
        cancel_order(
            order_id=order.pk, actor=cast.actor("production"), reason="wrong_product", now=LATER, expected_version=1
        )
    nothing_happened(order, Status.PROCESSING)


def test_records_no_override_where_the_rules_allow_it_anyway(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    done = cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="wrong_product",
        now=LATER,
        expected_version=order.version,
        override=True,
    )
    assert done.override is False


def test_closes_an_open_request_when_the_order_can_be_cancelled_after_all(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)
    request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    cancel_order(
        order_id=order.pk,
        actor=cast.actor("manager"),
        reason="patient_away",
        now=LATER,
        expected_version=order.version,
        override=True,
    )
    states = [row.state for row in Cancellation.objects.order_by("pk")]
    assert states == [CancellationState.WITHDRAWN, CancellationState.DONE]
