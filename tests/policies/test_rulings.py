"""Until when a ruling holds where its facts follow the clock on the wall."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reprieve.accounts.actors import ActorKind
from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, Row, Table
from reprieve.dmn.values import ValueType
from reprieve.policies.facts import wall_clock
from reprieve.policies.facts.registry import Asking, Fact, Registry
from reprieve.policies.facts.stored import Known
from reprieve.policies.in_force import Rules
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.rulings import LOOK_AHEAD, Ruling, rule

BERLIN = ZoneInfo("Europe/Berlin")
MICROSECOND = timedelta(microseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SATURDAY = datetime(2026, 10, 24, 9, 30, tzinfo=UTC)  # 11:30 in Berlin, where the clocks go back in the night


@dataclass(frozen=True)
class Thing:
    """What is asked about."""

    since: datetime


FACTS: Registry[Thing] = Registry(
    "thing",
    [
        Fact(Column("since", ValueType.DURATION, clock=Clock.SINCE), lambda it, _: it.since, lambda _: Known(None)),
        Fact.asked(
            Column("weekday", ValueType.STRING, domain=wall_clock.WEEKDAYS),
            lambda asking: wall_clock.weekday(asking.now, asking.zone),
            turns=wall_clock.next_weekday,
        ),
        Fact.asked(
            Column("hour", ValueType.NUMBER, integer=True),
            lambda asking: wall_clock.hour(asking.now, asking.zone),
            turns=wall_clock.next_hour,
        ),
    ],
)


def ruled(*rows: tuple[Mapping[str, str], str], now: datetime = SATURDAY, since: datetime = SATURDAY) -> Ruling:
    """By rows that give the outcome, and a last one that refuses."""
    columns = FACTS.columns()
    built = [
        Row(
            f"r{number}",
            {name: parse_cell(cell, columns[name].type) for name, cell in cells.items()},
            {"outcome": outcome},
        )
        for number, (cells, outcome) in enumerate([*rows, ({}, "refuse")])
    ]
    table = Table("a table", tuple(columns.values()), (OUTPUTS["outcome"],), tuple(built), {"outcome": "request"})
    asking = Asking(now=now, who=ActorKind.CUSTOMER, reason=None, zone=BERLIN)
    return rule(Rules(1, 1, compile_table(table)), FACTS, Thing(since), action="cancel", asking=asking)


def end_of(ruling: Ruling) -> tuple[datetime, bool, object] | None:
    end = next(ruling.changes, None)
    return (end.until, end.inclusive, end.decision.outputs["outcome"]) if end else None


OPEN = {"weekday": 'not("saturday", "sunday")', "hour": "[8..17]"}


def test_a_weekday_ends_at_midnight() -> None:
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert end_of(ruled(({"weekday": '"saturday"'}, "allow"))) == (midnight, False, "refuse")


def test_a_day_of_25_hours_is_as_long_as_it_is() -> None:
    sunday = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert end_of(ruled(({"weekday": '"sunday"'}, "allow"), now=sunday)) == (sunday + 25 * HOUR, False, "refuse")


def test_an_hour_that_comes_twice_lasts_twice_as_long() -> None:
    two = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    assert end_of(ruled(({"hour": "2"}, "allow"), now=two)) == (datetime(2026, 10, 25, 2, tzinfo=UTC), False, "refuse")


def test_opening_hours_begin_again_on_monday() -> None:
    assert end_of(ruled((OPEN, "allow"))) == (datetime(2026, 10, 26, 7, tzinfo=UTC), False, "allow")


@pytest.mark.parametrize(
    ("cell", "until", "inclusive"),
    [
        ('<= duration("PT2H")', 2 * HOUR, True),
        ('< duration("PT2H")', 2 * HOUR, False),
        ('<= duration("PT12H30M")', 12 * HOUR + timedelta(minutes=30), False),  # midnight comes first
        ('<= duration("P9D")', 12 * HOUR + timedelta(minutes=30), False),
    ],
)
def test_the_earlier_of_an_age_and_a_turn_counts(cell: str, until: timedelta, inclusive: bool) -> None:  # noqa: FBT001
    found = end_of(ruled(({"since": cell, "weekday": '"saturday"'}, "allow")))
    assert found == (SATURDAY + until, inclusive, "refuse")


def test_an_age_that_is_met_on_a_later_day_is_exact() -> None:
    ruling = ruled(({"since": '<= duration("P3D")'}, "allow"), ({"weekday": '"sunday"'}, "refuse"))
    assert end_of(ruling) == (SATURDAY + 3 * DAY, True, "refuse")


def test_turns_that_change_no_answer_are_passed_over() -> None:
    assert end_of(ruled(({"weekday": '"saturday"'}, "refuse"))) is None


def test_no_end_is_told_beyond_what_was_looked_at() -> None:
    far = LOOK_AHEAD // DAY + 1
    late = {"since": f'> duration("P{far}D")'}
    assert end_of(ruled((late, "allow"), ({"hour": "99"}, "allow"))) is None
    assert end_of(ruled((late, "allow"))) == (SATURDAY + far * DAY, True, "allow")


def test_facts_that_no_row_tests_do_not_turn() -> None:
    assert ruled(({"since": '<= duration("PT2H")'}, "allow")).later is None
    assert ruled(({"hour": "3"}, "allow")).later is not None


def test_the_curve_equals_stepping_through_time() -> None:
    """Every quarter of an hour for nine days around the change of the clocks, and to the microsecond at each change."""
    ruling = ruled(
        (OPEN | {"since": '<= duration("P4DT1H20M")'}, "allow"),
        ({"weekday": '"sunday"', "hour": "2"}, "request"),
        ({"since": '> duration("P6D")', "hour": ">= 20"}, "request"),
    )
    limit = SATURDAY + 9 * DAY
    found = [
        (span.start if span.includes_start else span.start + MICROSECOND, span.decision.outputs["outcome"])
        for span in ruling.curve(limit)
    ]
    firsts = [first for first, _ in found[1:]]
    instants = [SATURDAY + step * timedelta(minutes=15) for step in range(9 * 24 * 4 + 1)]
    assert found == stepped(ruling, [*instants, *firsts, *(first - MICROSECOND for first in firsts)])
    assert len(found) > 10


def stepped(ruling: Ruling, instants: Iterable[datetime]) -> list[tuple[datetime, object]]:
    asking = Asking(now=SATURDAY, who=ActorKind.CUSTOMER, reason=None, zone=BERLIN)
    answers: list[tuple[datetime, object]] = []
    for now in sorted(set(instants)):
        facts = FACTS.gather(FACTS.facts, Thing(SATURDAY), replace(asking, now=now))
        outcome = ruling.rules.compiled.decide(facts, now).outputs["outcome"]
        if not answers or answers[-1][1] != outcome:
            answers.append((now, outcome))
    return answers
