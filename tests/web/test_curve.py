from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from reprieve.accounts.actors import Actor
from reprieve.actions.pause_order import pause_order
from reprieve.options.options import options
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.models import Outcome
from reprieve.policies.presets import files as preset_files
from reprieve.web.curve import LOOKS_AHEAD, MOST_STRETCHES, Curve, curve
from reprieve.web.offers import Offer, offers
from tests.factories.people import Cast
from tests.factories.things import (
    LONG_AGO,
    MINUTE,
    NOON,
    Catalog,
    an_order,
    put_rules_in_force,
    put_stepped_rules_in_force,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOO_LATE = """\
This case was submitted more than six weeks ago, and cases can be cancelled only until then; please contact support."""
ALLOW, REQUEST, REFUSE = Outcome.ALLOW, Outcome.REQUEST, Outcome.REFUSE


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    """Submitted at noon, under rules that change with time alone."""
    put_stepped_rules_in_force()
    return an_order(catalog, cast.actor("owner"))


def drawn(
    order: Order, actor: Actor, at: datetime, action: Action = Action.CANCEL, *, limit: datetime | None = None
) -> Curve | None:
    return curve(options(order, actor, now=at).require(action), limit=limit, for_staff=actor.is_staff)


def offered(order: Order, actor: Actor, at: datetime) -> dict[str, Offer]:
    return {offer.key: offer for offer in offers(options(order, actor, now=at), door="portal")}


def put_weekday_rules_in_force(tmp_path: Path, cells: str) -> None:
    """Cancelling is free where the cell fits, and refused otherwise."""
    path = tmp_path / "order-cancellation.toml"
    path.write_text(
        f"""
key = "order-cancellation"
title = "Cancelling an order"
subject = "order"
action = "cancel"
basis = "decision"
inputs = ["weekday", "hour"]
outputs = ["outcome", "message", "refund_share"]
[fallback]
outcome = "request"
message = "Support will look at it."
[[rows]]
id = "open"
{cells}
then.outcome = "allow"
then.message = "We are open."
then.refund_share = 1
[[rows]]
id = "closed"
then.outcome = "refuse"
then.message = "We are closed, please come back when we are open."
""",
        encoding="utf-8",
    )
    install(preset_files.load_file(path), starts_at=LONG_AGO)


def test_tells_every_change_with_its_cost_from_now_on(order: Order, cast: Cast) -> None:
    line = drawn(order, cast.actor("owner"), NOON + 23 * MINUTE)
    assert line is not None
    assert [(each.answer.outcome, each.answer.word, each.start, each.until) for each in line.stretches] == [
        (ALLOW, "You can cancel", NOON + 23 * MINUTE, NOON + HOUR),
        (ALLOW, "You can cancel", NOON + HOUR, NOON + 10 * DAY),
        (REQUEST, "On request", NOON + 10 * DAY, NOON + 42 * DAY),
        (REFUSE, "Not possible", NOON + 42 * DAY, None),
    ]
    assert [each.answer.terms for each in line.stretches] == [
        "Free of charge.",
        "80% of what was paid is refunded.",
        "40% of what was paid is refunded.",
        TOO_LATE,
    ]
    assert [each.length for each in line.stretches] == ["37 minutes", "9 days 23 hours", "32 days", ""]
    assert not line.goes_on
    assert line.looks_until == NOON + 23 * MINUTE + LOOKS_AHEAD


def test_its_heights_are_the_shares_and_its_marks_a_round_unit_apart(order: Order, cast: Cast) -> None:
    line = drawn(order, cast.actor("owner"), NOON + 30 * MINUTE)
    assert line is not None
    assert [(each.answer.level, each.answer.drop) for each in line.stretches] == [
        (100, 0),
        (80, 20),
        (40, 60),
        (0, 100),
    ]
    assert line.is_levelled
    assert (line.stretches[0].apart, line.stretches[0].marks) == (
        "5 minutes",
        ["16.67%", "33.33%", "50.00%", "66.67%", "83.33%"],
    )
    assert (line.stretches[1].apart, len(line.stretches[1].marks)) == ("1 day", 9)
    assert (line.stretches[2].apart, len(line.stretches[2].marks)) == ("7 days", 4)
    assert line.stretches[3].marks == []


def test_its_widths_keep_an_hour_readable_beside_weeks(order: Order, cast: Cast) -> None:
    line = drawn(order, cast.actor("owner"), NOON + 30 * MINUTE)
    assert line is not None
    assert [each.width for each in line.stretches] == [3, 9, 10, 7]
    soon = drawn(order, cast.actor("owner"), NOON + HOUR - timedelta(seconds=5))
    assert soon is not None
    assert (soon.stretches[0].width, soon.stretches[0].length) == (1, "less than a minute")


def test_holds_at_the_last_instant_and_no_longer(order: Order, cast: Cast) -> None:
    last = drawn(order, cast.actor("owner"), NOON + HOUR)
    after = drawn(order, cast.actor("owner"), NOON + HOUR + timedelta(microseconds=1))
    assert last is not None
    assert after is not None
    assert [line.stretches[0].answer.terms for line in (last, after)] == [
        "Free of charge.",
        "80% of what was paid is refunded.",
    ]


def test_a_note_to_staff_is_no_change_to_a_customer(order: Order, cast: Cast) -> None:
    at = NOON + 2 * HOUR
    customers, staffs = drawn(order, cast.actor("owner"), at), drawn(order, cast.actor("support"), at)
    assert customers is not None
    assert staffs is not None
    assert len(customers.stretches) == 3
    assert [each.answer.terms.split(".")[0] for each in staffs.stretches] == [
        "First days",
        "Looked at",
        "Six weeks",
        "Too late",
    ]
    assert "First days" not in str(customers)
    assert "Only staff" not in str(customers)


def test_nothing_is_drawn_where_time_alone_changes_nothing(order: Order, cast: Cast) -> None:
    assert drawn(order, cast.actor("owner"), NOON + 43 * DAY) is None


def test_looks_no_further_than_its_limit(order: Order, cast: Cast) -> None:
    at = NOON + 2 * HOUR
    line = drawn(order, cast.actor("owner"), at, limit=NOON + 20 * DAY)
    assert line is not None
    assert [each.answer.outcome for each in line.stretches] == [ALLOW, REQUEST]
    assert line.looks_until == NOON + 20 * DAY
    assert drawn(order, cast.actor("owner"), at, limit=NOON + 2 * DAY) is None
    assert drawn(order, cast.actor("owner"), at, limit=at) is None


def test_a_refusal_that_time_ends_is_drawn_with_what_follows(order: Order, cast: Cast) -> None:
    pause = offered(order, cast.actor("owner"), NOON + HOUR)["pause"]
    assert pause.refused
    with timezone.override(UTC):
        assert pause.opens == "You can do it yourself from 5 Mar 2026, 12:00 on."
    assert pause.curve is not None
    assert [(each.answer.word, each.answer.terms) for each in pause.curve.stretches] == [
        (
            "Not possible",
            "A case can be paused once it has been with us for a day; if it cannot wait, please contact support.",
        ),
        ("You can pause", "For up to 45 days."),
    ]


def test_a_pause_that_runs_out_ends_what_can_be_told(cast: Cast, catalog: Catalog) -> None:
    put_rules_in_force()
    put_stepped_rules_in_force()
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + 2 * DAY)
    order = Order.objects.get(pk=order.pk)
    line = offered(order, cast.actor("owner"), NOON + 5 * DAY)["cancel"].curve
    assert line is not None
    assert line.looks_until == pause.until < NOON + 5 * DAY + LOOKS_AHEAD
    assert [each.answer.outcome for each in line.stretches] == [ALLOW, REQUEST, REFUSE]


def test_follows_the_days_of_the_week(cast: Cast, catalog: Catalog, tmp_path: Path) -> None:
    put_weekday_rules_in_force(tmp_path, """if.weekday = 'not("saturday", "sunday")'""")
    order = an_order(catalog, cast.actor("owner"))  # a Wednesday
    line = drawn(order, cast.actor("owner"), NOON, limit=NOON + 7 * DAY)
    assert line is not None
    midnight = datetime(2026, 3, 7, tzinfo=UTC)
    assert [(each.answer.outcome, each.start) for each in line.stretches] == [
        (ALLOW, NOON),
        (REFUSE, midnight),
        (ALLOW, midnight + 2 * DAY),
    ]


def test_stops_where_it_would_go_on_and_on_and_says_so(cast: Cast, catalog: Catalog, tmp_path: Path) -> None:
    put_weekday_rules_in_force(tmp_path, "if.hour = '[8..18)'")
    order = an_order(catalog, cast.actor("owner"))
    line = drawn(order, cast.actor("owner"), NOON)
    assert line is not None
    assert len(line.stretches) == MOST_STRETCHES
    assert line.goes_on
    assert line.stretches[-1].until is not None
