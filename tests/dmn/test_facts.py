import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.decide import compile_table
from reprieve.dmn.explain import facts_from_data, facts_to_data
from reprieve.dmn.facts import FactError, ProblemKind, read_fact
from reprieve.dmn.table import Clock, Column, Table
from reprieve.dmn.values import ValueType
from tests.dmn.oracle import NOW, facts_for, tables
from tests.examples import how_many

COLUMNS = (
    Column("status", ValueType.STRING),
    Column("amount", ValueType.NUMBER),
    Column("count", ValueType.NUMBER, integer=True),
    Column("paid", ValueType.BOOLEAN),
    Column("due", ValueType.DATE),
    Column("opens", ValueType.TIME),
    Column("placed", ValueType.DATE_TIME),
    Column("paused", ValueType.DURATION),
    Column("submitted", ValueType.DURATION, clock=Clock.SINCE),
    Column("families", ValueType.STRING, several=True),
)
TABLE = Table("t", COLUMNS, (), (), {})


def test_keeps_facts_exactly_and_by_type() -> None:
    facts = {
        "status": "processing",
        "amount": Decimal("0.50"),
        "count": 3,
        "paid": False,
        "due": date(2026, 11, 21),
        "opens": time(8, 30),
        "placed": datetime(2026, 11, 21, 14, 30, 0, 1, tzinfo=timezone(timedelta(hours=1))),
        "paused": timedelta(days=1, microseconds=1),
        "submitted": datetime(2026, 11, 21, 13, 30, tzinfo=UTC),
        "families": frozenset({"dentures", "crowns"}),
        "unused": object(),
    }
    data = facts_to_data(TABLE, facts)
    assert json.loads(json.dumps(data)) == {
        "status": "processing",
        "amount": "0.5",
        "count": 3,
        "paid": False,
        "due": "2026-11-21",
        "opens": "08:30:00",
        "placed": "2026-11-21T13:30:00.000001Z",
        "paused": "P1DT0.000001S",
        "submitted": "2026-11-21T13:30:00Z",
        "families": ["crowns", "dentures"],
    }
    read = facts_from_data(TABLE, data)
    assert read == {name: fact for name, fact in facts.items() if name != "unused"} | {
        "families": ("crowns", "dentures")
    }
    assert facts_to_data(TABLE, read) == data


@settings(max_examples=how_many(80), deadline=None)
@given(st.data())
def test_a_stored_decision_replays(data: st.DataObject) -> None:
    """Whatever was decided on, sound or broken, is decided alike on what was stored of it."""
    table = data.draw(tables())
    compiled = compile_table(table)
    facts = data.draw(facts_for(table))
    stored = json.loads(json.dumps(facts_to_data(table, facts)))
    before, after = compiled.decide(facts, NOW), compiled.decide(facts_from_data(table, stored), NOW)
    assert (after.row, after.outputs) == (before.row, before.outputs)
    assert (after.problem and (after.problem.column, after.problem.kind)) == (
        before.problem and (before.problem.column, before.problem.kind)
    )


def test_a_fact_of_a_wrong_type_is_kept_as_what_it_looked_like() -> None:
    assert facts_to_data(TABLE, {"paused": "PT1H"})["paused"] == {"unreadable": "str: PT1H"}
    assert facts_from_data(TABLE, {"paused": {"unreadable": "str: PT1H"}})["paused"] == {"unreadable": "str: PT1H"}


@pytest.mark.parametrize(
    ("column", "fact", "kind", "message"),
    [
        (Column("n", ValueType.NUMBER, "Revisions"), None, ProblemKind.MISSING, "Revisions is not known"),
        (
            Column("n", ValueType.NUMBER),
            0.5,
            ProblemKind.TYPE,
            "n is not exact as the float 0.5, but could be as a decimal",
        ),
        (Column("n", ValueType.NUMBER, integer=True), Decimal("0.5"), ProblemKind.TYPE, "n is not a whole number"),
        (Column("n", ValueType.NUMBER), True, ProblemKind.TYPE, "n is not a number"),
        (Column("d", ValueType.DATE), NOW, ProblemKind.TYPE, "d is not a date"),
        (Column("t", ValueType.TIME), time(1, tzinfo=UTC), ProblemKind.TYPE, "t is not a time of day"),
        (Column("s", ValueType.STRING, domain=("a",)), "b", ProblemKind.DOMAIN, "s is b, which is none of its values"),
        (Column("s", ValueType.STRING, several=True), "ab", ProblemKind.TYPE, "s is not a collection of values"),
        (
            Column("c", ValueType.DURATION, clock=Clock.SINCE),
            timedelta(1),
            ProblemKind.TYPE,
            "c is not a date and time",
        ),
    ],
)
def test_says_what_is_wrong_with_a_fact(column: Column, fact: object, kind: ProblemKind, message: str) -> None:
    with pytest.raises(FactError) as caught:
        read_fact(column, fact)
    assert (caught.value.problem.column, caught.value.problem.kind) == (column.name, kind)
    assert caught.value.problem.message == message
