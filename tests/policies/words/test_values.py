from datetime import UTC, datetime, timedelta

import pytest

from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, Row, Table
from reprieve.dmn.values import ValueType
from reprieve.policies.words.values import (
    ReadFact,
    answer_in_words,
    cell_in_words,
    duration_in_words,
    either,
    facts_in_words,
    seen_in_words,
    with_row_names,
)

STRING, NUMBER, BOOLEAN, DURATION = ValueType.STRING, ValueType.NUMBER, ValueType.BOOLEAN, ValueType.DURATION
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("-", STRING, ""),
        ('"on_hold"', STRING, "on hold"),
        ('"on_hold", "processing"', STRING, "on hold or processing"),
        ('"on_hold", "processing", "paused"', STRING, "on hold, processing or paused"),
        ('not("on_hold", "paused")', STRING, "not on hold or paused"),
        ('"on_hold", null', STRING, "on hold or not known"),
        ('not("on_hold", null)', STRING, "not on hold or not known"),
        ("not(null)", STRING, "known"),
        ("true", BOOLEAN, "yes"),
        ("false", BOOLEAN, "no"),
        ("> 0", NUMBER, "more than 0"),
        ("[1..3)", NUMBER, "at least 1 and less than 3"),
        ("not(< 3)", NUMBER, "not less than 3"),
        ('<= duration("PT1H")', DURATION, "at most 1 hour"),
        ('< @"PT90M"', DURATION, "less than 1 hour 30 minutes"),
        ('> duration("P14D")', DURATION, "more than 14 days"),
        ('duration("P45D")', DURATION, "45 days"),
        ('<= duration("P14DT2H30M")', DURATION, "at most 14 days 2 hours 30 minutes"),
        ('< duration("PT1M30.5S")', DURATION, "less than 1 minute 30.5 seconds"),
        ('> duration("PT0S")', DURATION, "more than 0 minutes"),
        ('< duration("PT1S")', DURATION, "less than 1 second"),
        ('< duration("-PT20S")', DURATION, "less than −20 seconds"),
    ],
)
def test_reads_a_cell_out(text: str, kind: ValueType, words: str) -> None:
    assert cell_in_words(parse_cell(text, kind)) == words


def test_of_nothing_there_is_none() -> None:
    assert either([]) == "none"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0 minutes"),
        (timedelta(seconds=59), "0 minutes"),
        (timedelta(minutes=61), "1 hour 1 minute"),
        (timedelta(days=2, hours=3, minutes=4), "2 days 3 hours"),
        (timedelta(days=1, minutes=5), "1 day 5 minutes"),
        (-timedelta(hours=2), "−2 hours"),
    ],
)
def test_says_a_duration_in_its_two_largest_units(length: timedelta, words: str) -> None:
    assert duration_in_words(length) == words


@pytest.mark.parametrize(
    ("length", "asked", "words"),
    [
        (timedelta(days=45, hours=2, minutes=1), '> duration("P45DT2H")', "45 days 2 hours 1 minute"),
        (timedelta(days=45, hours=2, minutes=1), '<= duration("P45DT2H")', "45 days 2 hours 1 minute"),
        (timedelta(days=45, hours=2, minutes=1), '<= duration("P45D")', "45 days 2 hours"),
        (timedelta(seconds=3600.5), '<= duration("PT1H")', "1 hour 0.5 seconds"),
        (timedelta(hours=1), '<= duration("PT1H")', "1 hour"),
        (timedelta(seconds=45), '<= duration("PT30S")', "45 seconds"),
    ],
)
def test_says_a_length_of_time_to_the_second_only_near_a_limit(length: timedelta, asked: str, words: str) -> None:
    assert seen_in_words(length, parse_cell(asked, DURATION)) == words


@pytest.mark.parametrize("name", ["message", "staff_note"])
def test_leaves_what_people_wrote_as_they_wrote_it(name: str) -> None:
    assert answer_in_words(name, "Please re-order it as on_hold.") == "Please re-order it as on_hold."


def test_says_a_key_among_the_answers_in_words() -> None:
    assert answer_in_words("refund_to", "store_credit") == "store credit"


def test_names_rows_only_where_their_ids_are_quoted() -> None:
    words = with_row_names("Row “about-to-ship” decides before row “a row”, not about-to-ship.", ["about-to-ship"])
    assert words == "Rule “About to ship” decides before rule “a row”, not about-to-ship."


def test_reads_facts_out_as_they_were_with_those_first_that_the_row_asked_about() -> None:
    table = Table(
        name="t",
        inputs=(
            Column("status", STRING, "Status"),
            Column("families", STRING, "Families", several=True),
            Column("age", DURATION, "Age", clock=Clock.SINCE),
            Column("reason", STRING, "Reason", nullable=True),
        ),
        outputs=(),
        rows=(Row("young", {"age": parse_cell('< duration("PT2H")', DURATION)}, {}),),
        fallback={},
    )
    data = {"status": "in_production", "families": ["crowns", "design"], "age": "2026-03-04T11:00:00Z", "reason": None}
    assert facts_in_words(table, data, at=NOON, row="young") == [
        ReadFact("Age", "1 hour", "less than 2 hours"),
        ReadFact("Status", "in production", ""),
        ReadFact("Families", "crowns, design", ""),
        ReadFact("Reason", "not known", ""),
    ]


def test_reads_out_a_fact_that_could_not_be_used() -> None:
    table = Table("t", (Column("count", NUMBER, "Count"),), (), (), {})
    unreadable = facts_in_words(table, {"count": {"unreadable": "float: 0.1"}}, at=NOON, row="")
    assert unreadable == [ReadFact("Count", "{'unreadable': 'float: 0.1'}", "")]
