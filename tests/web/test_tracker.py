from datetime import datetime

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.history.record import events_of
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from reprieve.web.tracker import Step, steps, story
from tests.factories.people import Cast
from tests.factories.things import (
    MINUTE,
    NOON,
    TO_COMPLETED,
    TO_DESIGN,
    TO_DESIGNED,
    TO_FABRICATION,
    TO_SHIPPED,
    Catalog,
    an_order,
    moved,
)

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + 10 * MINUTE


def line_of(order: Order) -> list[Step]:
    order = Order.objects.get(pk=order.pk)
    return steps(order, events_of(Order.SUBJECT, order.pk, for_staff=False))


def shape(order: Order) -> list[tuple[str, str]]:
    return [(step.label, step.state) for step in line_of(order)]


def told(order: Order) -> str:
    return story(Order.objects.get(pk=order.pk), line_of(order))


@pytest.mark.parametrize(
    ("verbs", "states", "sentence"),
    [
        pytest.param((), "done current next next next", "Next: Design, then Fabrication.", id="placed"),
        pytest.param(TO_DESIGN, "done current next next next", "Now: Design. Next: Fabrication.", id="in design"),
        pytest.param(TO_DESIGNED, "done done current next next", "Next: Fabrication, then Shipped.", id="designed"),
        pytest.param(TO_SHIPPED, "done done done done current", "Next: Completed.", id="shipped"),
        pytest.param(TO_COMPLETED, "done done done done done", "This case is complete.", id="completed"),
    ],
)
def test_follows_what_is_made_through_its_stages(
    verbs: tuple[Verb, ...], states: str, sentence: str, cast: Cast, catalog: Catalog
) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *verbs)
    labels = ("Submitted", "Design", "Fabrication", "Shipped", "Completed")
    assert shape(order) == list(zip(labels, states.split(), strict=True))
    assert told(order) == sentence


def test_ends_a_design_with_its_files_instead(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGNED)
    assert shape(order) == [
        ("Submitted", "done"),
        ("Design", "done"),
        ("Files delivered", "current"),
        ("Completed", "next"),
    ]


def test_says_when_each_stage_was_and_what_is_done_in_the_present_one(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_FABRICATION, now=LATER)
    seen: list[tuple[str, datetime | None, str]] = [(step.label, step.at, step.detail) for step in line_of(order)]
    assert seen == [
        ("Submitted", NOON, ""),
        ("Design", LATER + MINUTE, ""),
        ("Fabrication", LATER + 2 * MINUTE, "Being made"),
        ("Shipped", None, ""),
        ("Completed", None, ""),
    ]


def test_d3_marks_a_pause_where_the_order_stopped_with_who_and_why(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_FABRICATION)
    pause_order(order_id=order.pk, actor=cast.actor("colleague"), reason="patient_away", now=LATER)
    line = line_of(order)
    assert [(step.label, step.state, step.mark) for step in line[2:4]] == [
        ("Paused", "current", "paused"),
        ("Fabrication", "next", ""),
    ]
    assert (line[2].at, line[2].detail) == (LATER, "By Colleague: The patient is away")
    assert told(order) == "This case is paused until 18 Apr 2026. Press Resume order to go on where it stopped."


def test_d4_marks_that_it_was_resumed_and_goes_on(cast: Cast, catalog: Catalog) -> None:
    order, owner = an_order(catalog, cast.actor("owner")), cast.actor("owner")
    pause_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON)
    resume_order(order_id=order.pk, actor=owner, now=LATER)
    line = line_of(order)
    assert [(step.label, step.state, step.mark) for step in line[1:3]] == [
        ("Resumed", "done", "resumed"),
        ("Design", "current", ""),
    ]
    assert line[1].at == LATER
    assert told(order) == "Next: Design, then Fabrication."


def test_d5_marks_that_the_pause_ran_out(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until)
    line = line_of(order)
    assert (line[1].label, line[1].state, line[1].mark) == ("Slated for deletion", "current", "slated_for_deletion")
    assert line[1].at == pause.until
    assert "will be deleted unless support restores it" in told(order)


def test_marks_a_hold_and_says_what_it_waits_for(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), Verb.HOLD, now=LATER)
    mark = line_of(order)[1]
    assert (mark.label, mark.state, mark.mark, mark.at) == ("On hold", "current", "on_hold", LATER)
    assert told(order) == "This case is on hold until the lab has what it needs from you."


def test_s1_ends_the_line_where_the_order_was_cancelled(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert shape(order) == [
        ("Submitted", "done"),
        ("Cancelled", "done"),
        ("Design", "never"),
        ("Fabrication", "never"),
        ("Shipped", "never"),
        ("Completed", "never"),
    ]
    assert line_of(order)[1].at == LATER
    assert told(order) == "This case is cancelled; nothing more will happen to it."
