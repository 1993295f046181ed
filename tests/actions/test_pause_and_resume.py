from datetime import timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import PauseRefused, pause_order
from reprieve.actions.restore_order import restore_order
from reprieve.actions.resume_order import ResumeRefused, resume_order
from reprieve.actions.slate_order import PauseStillRuns, slate_order
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.notifications.models import Email
from reprieve.orders.lifecycle import Verb
from reprieve.orders.locking import OrderChanged
from reprieve.orders.models import Order, Pause, PauseEnd, Status
from tests.factories.people import Cast
from tests.factories.things import (
    MINUTE,
    NOON,
    TO_DESIGN,
    TO_FABRICATION,
    TO_READY,
    TO_SHIPPED,
    Catalog,
    an_order,
    moved,
)

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=2)
FORTY_FIVE_DAYS = timedelta(days=45)


def not_paused(order: Order, status: Status) -> None:
    """What must hold after every refusal."""
    assert Order.objects.get(pk=order.pk).status == status
    assert not Pause.objects.exists()
    assert not Event.objects.filter(type=EventType.ORDER_PAUSED).exists()
    assert not Email.objects.exists()


def test_d2_d5_pauses_a_crown_for_forty_five_days(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(
        order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", note="Back in May.", now=LATER
    )
    assert (pause.started_at, pause.until) == (LATER, LATER + FORTY_FIVE_DAYS)
    assert (pause.paused_by, pause.reason.key, pause.note) == (cast.owner, "patient_away", "Back in May.")
    assert pause.status_before == Status.PROCESSING
    assert Order.objects.get(pk=order.pk).status == Status.PAUSED
    event = Event.objects.get(type=EventType.ORDER_PAUSED)
    assert event.data["until"] == (LATER + FORTY_FIVE_DAYS).isoformat()


@pytest.mark.parametrize("path", [TO_DESIGN, TO_FABRICATION, TO_READY])
def test_d7_pauses_at_any_time_in_fabrication(cast: Cast, catalog: Catalog, path: tuple[Verb, ...]) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *path)
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert Order.objects.get(pk=order.pk).status == Status.PAUSED


def test_d7_refuses_what_has_shipped(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
    with pytest.raises(PauseRefused):
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    not_paused(order, Status.SHIPPED)


@pytest.mark.parametrize("families", [("aligners",), ("aligners", "crowns"), ("crowns", "aligners")])
def test_d6_refuses_aligners_even_beside_other_products(
    cast: Cast, catalog: Catalog, families: tuple[str, ...]
) -> None:
    order = an_order(catalog, cast.actor("owner"), *families)
    with pytest.raises(PauseRefused) as refusal:
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert refusal.value.code == "pause_refused"
    assert "ligner" in refusal.value.why
    not_paused(order, Status.PROCESSING)


def test_pausing_finds_nothing_for_a_stranger(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(NotFound):
        pause_order(order_id=order.pk, actor=cast.actor("stranger"), reason="patient_away", now=LATER)
    not_paused(order, Status.PROCESSING)


def test_pausing_twice_gives_the_same_pause(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    first = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    again = pause_order(order_id=order.pk, actor=cast.actor("colleague"), reason="other", note="x", now=LATER + MINUTE)
    assert again == first
    assert again.until == LATER + FORTY_FIVE_DAYS
    assert Event.objects.filter(type=EventType.ORDER_PAUSED).count() == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [((), Status.PROCESSING), ((Verb.HOLD,), Status.ON_HOLD), (TO_FABRICATION, Status.IN_PRODUCTION)],
)
def test_d4_resumes_where_the_order_stood(cast: Cast, catalog: Catalog, path: tuple[Verb, ...], status: Status) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *path)
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    pause = resume_order(order_id=order.pk, actor=cast.actor("colleague"), now=LATER + timedelta(days=42))
    assert (pause.ended_at, pause.ended_how) == (LATER + timedelta(days=42), PauseEnd.RESUMED)
    assert Order.objects.get(pk=order.pk).status == status


def test_resuming_twice_gives_the_same_answer(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    first = resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER + MINUTE)
    assert resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER + 2 * MINUTE) == first
    assert Event.objects.filter(type=EventType.ORDER_RESUMED).count() == 1


def test_resuming_refuses_what_was_never_paused(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(ResumeRefused):
        resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER)
    assert Order.objects.get(pk=order.pk).version == 1


def test_pausing_again_after_a_resume_starts_a_new_forty_five_days(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER + timedelta(days=10))
    again = LATER + timedelta(days=11)
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=again)
    assert pause.until == again + FORTY_FIVE_DAYS
    assert Pause.objects.count() == 2


def test_resuming_does_not_revive_a_cancelled_order(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER + MINUTE)
    with pytest.raises(ResumeRefused):
        resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER + 2 * MINUTE)
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_d5_slates_for_deletion_when_the_pause_has_run_out_and_not_a_microsecond_before(
    cast: Cast, catalog: Catalog
) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    with pytest.raises(PauseStillRuns):
        slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until - timedelta(microseconds=1))
    assert Order.objects.get(pk=order.pk).status == Status.PAUSED
    slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until)
    assert Order.objects.get(pk=order.pk).status == Status.SLATED_FOR_DELETION
    assert Pause.objects.get().slated_at == pause.until


def test_d5_staff_restore_what_was_slated_and_the_customer_cannot(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_FABRICATION)
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until)
    order.refresh_from_db()
    with pytest.raises(ResumeRefused):
        resume_order(order_id=order.pk, actor=cast.actor("owner"), now=pause.until + MINUTE)
    with pytest.raises(NotAllowed):
        restore_order(
            order_id=order.pk, actor=cast.actor("owner"), expected_version=order.version, now=pause.until + MINUTE
        )
    assert Order.objects.get(pk=order.pk).status == Status.SLATED_FOR_DELETION
    restored = restore_order(
        order_id=order.pk, actor=cast.actor("support"), expected_version=order.version, now=pause.until + MINUTE
    )
    assert restored.status == Status.IN_PRODUCTION
    assert Pause.objects.get().ended_how == PauseEnd.RESTORED


def test_staff_pause_against_the_rules_for_as_long_as_the_rules_grant_to_others(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "aligners")
    pause = pause_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="patient_away",
        now=LATER,
        expected_version=order.version,
        override=True,
    )
    assert (pause.until, pause.grace) == (LATER + FORTY_FIVE_DAYS, timedelta(days=14))
    assert pause.override
    assert Event.objects.get(type=EventType.ORDER_PAUSED).override is True


def test_staff_pause_and_resume_only_what_they_saw(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    support = cast.actor("support")
    for seen in (None, order.version + 1):
        with pytest.raises(OrderChanged):
            pause_order(order_id=order.pk, actor=support, reason="patient_away", now=LATER, expected_version=seen)
    not_paused(order, Status.PROCESSING)
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    with pytest.raises(OrderChanged):
        resume_order(order_id=order.pk, actor=support, now=LATER, expected_version=order.version)
    assert Order.objects.get(pk=order.pk).status == Status.PAUSED


def test_pausing_what_is_slated_is_refused_rather_than_said_to_be_paused(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until)
    with pytest.raises(PauseRefused):
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=pause.until)
    assert Pause.objects.count() == 1


def test_a_resumed_order_that_was_cancelled_since_is_not_said_to_be_resumed(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER + MINUTE)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER + 2 * MINUTE)
    with pytest.raises(ResumeRefused):
        resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER + 3 * MINUTE)


def test_a_pause_is_ended_by_a_command_that_waited_for_it(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER - MINUTE)
    assert Pause.objects.get().ended_at == LATER
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_restoring_twice_gives_the_same_answer(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    seen = slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until).version
    for _ in range(2):
        restored = restore_order(
            order_id=order.pk, actor=cast.actor("support"), expected_version=seen, now=pause.until + MINUTE
        )
        assert restored.status == Status.PROCESSING
    assert Event.objects.filter(type=EventType.ORDER_RESTORED).count() == 1
