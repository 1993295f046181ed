from datetime import datetime

import pytest

from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.history.models import EventType
from reprieve.history.record import events_of, record
from reprieve.orders.models import Order
from reprieve.web.timeline import Entry, timeline
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_DESIGN, Catalog, an_order, moved

pytestmark = pytest.mark.usefixtures("rules")


def told(order: Order, *, for_staff: bool = False) -> list[Entry]:
    order = Order.objects.get(pk=order.pk)
    return timeline(order, events_of(Order.SUBJECT, order.pk, for_staff=for_staff), for_staff=for_staff)


def with_notes(entries: list[Entry]) -> list[tuple[str, datetime, str]]:
    return [(entry.type, entry.at, entry.note) for entry in entries if entry.note]


def test_s7_tells_everything_that_happened_to_a_cancelled_order_newest_first(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")
    order = an_order(catalog, owner)
    pause_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + MINUTE)
    cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", now=NOON + 2 * MINUTE)
    assert [(entry.type, entry.at) for entry in told(order)] == [
        ("order_cancelled", NOON + 2 * MINUTE),
        ("pause_ended_by_cancellation", NOON + 2 * MINUTE),
        ("order_paused", NOON + MINUTE),
        ("order_placed", NOON),
    ]
    assert told(order)[0].sentence == "Owner cancelled the case. Reason: Wrong product."


def test_puts_each_note_beside_what_was_done_for_it(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")
    order = an_order(catalog, owner)
    pause_order(order_id=order.pk, actor=owner, reason="patient_away", note="Back in May.", now=NOON)
    cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", note="A bridge, please.", now=NOON)
    assert with_notes(told(order)) == [
        ("order_cancelled", NOON, "A bridge, please."),
        ("order_paused", NOON, "Back in May."),
    ]


def test_keeps_the_notes_of_two_requests_of_the_same_instant_apart(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")
    order = moved(an_order(catalog, owner, "design"), *TO_DESIGN)
    for note in ("The first.", "The second."):
        asked = request_cancellation(order_id=order.pk, actor=owner, reason="patient_away", note=note, now=NOON)
        if note == "The first.":
            withdraw_cancellation(cancellation_id=asked.pk, actor=owner, now=NOON)
    assert [note for _, _, note in with_notes(told(order))] == ["The second.", "The first."]


def test_does_not_repeat_the_note_of_a_request_beside_its_answer(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")
    order = moved(an_order(catalog, owner, "design"), *TO_DESIGN)
    asked = request_cancellation(order_id=order.pk, actor=owner, reason="patient_away", note="Sorry!", now=NOON)
    approve_cancellation(
        cancellation_id=asked.pk,
        actor=cast.actor("support"),
        expected_version=Order.objects.get(pk=order.pk).version,
        now=NOON + MINUTE,
    )
    assert "cancellation_approved" in [entry.type for entry in told(order)]
    assert with_notes(told(order)) == [("cancellation_requested", NOON, "Sorry!")]


def test_says_what_only_staff_see_and_to_staff_alone(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    record(
        EventType.HOLD_RELEASED,
        subject=Order.SUBJECT,
        subject_id=order.pk,
        actor=cast.actor("production"),
        now=NOON + MINUTE,
        for_staff_only=True,
    )
    assert [entry.more for entry in told(order, for_staff=True)] == ["Only staff see this.", ""]
    assert [entry.type for entry in told(order)] == ["order_placed"]


def test_leads_staff_to_the_decision_behind_an_event_and_nobody_else(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")
    order = an_order(catalog, owner)
    cancelled = cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", now=NOON)
    assert [entry.decision for entry in told(order, for_staff=True)] == [cancelled.decision_id, None]
    assert [entry.decision for entry in told(order)] == [None, None]
