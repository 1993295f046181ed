from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reprieve.dmn.table import TableError, table_from_data
from reprieve.policies.evidence.scenarios import (
    USUAL_NOW,
    Scenario,
    problems_of,
    run,
    scenarios_from_data,
    scenarios_to_data,
)
from reprieve.policies.facts.registry import columns_of

HOUR = timedelta(hours=1)
TABLE = table_from_data(
    {
        "name": "Cancelling",
        "inputs": [
            {"name": "status", "type": "string", "domain": ["processing", "shipped"]},
            {"name": "since_submission", "type": "duration", "clock": "since"},
            {"name": "delivery", "type": "duration", "clock": "until", "nullable": True},
        ],
        "outputs": [{"name": "outcome", "type": "string", "domain": ["allow", "request", "refuse"]}],
        "rows": [
            {"id": "shipped", "when": {"status": '"shipped"'}, "then": {"outcome": "refuse"}},
            {"id": "soon", "when": {"delivery": '< duration("P1D")'}, "then": {"outcome": "refuse"}},
            {"id": "early", "when": {"since_submission": '<= duration("PT1H")'}, "then": {"outcome": "allow"}},
        ],
        "fallback": {"outcome": "request"},
    }
)


def scenario(row: str | None = "early", outcome: str = "allow", **facts: object) -> Scenario:
    return Scenario("an example", {"status": "processing", "since_submission": "PT1H", **facts}, row, outcome)


def test_passes_where_its_row_decides_as_it_says() -> None:
    (result,) = run(TABLE, [scenario()])
    assert (result.passed, result.row, result.outcome, result.why) == (True, "early", "allow", "")


def test_a_clock_reads_a_length_of_time_before_or_after_now() -> None:
    facts = scenario(delivery="PT23H").facts_for(TABLE)
    assert facts == {"status": "processing", "since_submission": USUAL_NOW - HOUR, "delivery": USUAL_NOW + 23 * HOUR}
    assert run(TABLE, [scenario("soon", "refuse", delivery="PT23H")])[0].passed


def test_the_last_instant_counts() -> None:
    (result,) = run(TABLE, [scenario(since_submission="PT1H0.000001S")])
    assert (result.passed, result.row, result.outcome) == (False, "", "request")
    assert result.why == (
        "The fallback answers “Ask support” (no row of the table fits); expected was “Allow” by row “early”."
    )


def test_another_row_fails_even_with_the_same_outcome() -> None:
    (result,) = run(TABLE, [scenario("soon", "refuse", status="shipped")])
    assert (result.passed, result.row) == (False, "shipped")
    assert result.why == "Row “shipped” answers “Refuse”; expected was “Refuse” by row “soon”."


def test_any_row_will_do_where_none_is_named() -> None:
    assert run(TABLE, [scenario(None, "refuse", status="shipped")])[0].passed
    assert not run(TABLE, [scenario(None, "allow", status="shipped")])[0].passed


def test_the_fallback_can_be_expected() -> None:
    assert run(TABLE, [scenario("", "request", status=None)])[0].passed
    assert not run(TABLE, [scenario("", "request", status="shipped")])[0].passed


def test_a_row_that_is_gone_is_named() -> None:
    (result,) = run(TABLE, [scenario("first-hour")])
    assert result.why.endswith("by row “first-hour”, which the table does not have.")


def test_what_the_table_does_not_ask_for_is_ignored_and_what_it_misses_is_missing() -> None:
    assert run(TABLE, [scenario(moon="full")])[0].passed
    (result,) = run(TABLE, [Scenario("no time", {"status": "processing"}, "early", "allow")])
    assert (result.passed, result.outcome) == (False, "request")
    assert "(since_submission is not known)" in result.why


@pytest.mark.parametrize("raw", ["yesterday", 3, "P999999999D"])
def test_what_cannot_be_read_is_decided_by_the_fallback(raw: object) -> None:
    (result,) = run(TABLE, [scenario(since_submission=raw)])
    assert (result.passed, result.row) == (False, "")


def test_survives_being_stored() -> None:
    later = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    scenarios = (
        scenario(),
        Scenario("any row", {"product_family": ["crowns"]}, None, "refuse", later, "C5"),
        scenario("", "request"),
    )
    data = scenarios_to_data(scenarios)
    assert data[0] == {
        "name": "an example",
        "facts": {"status": "processing", "since_submission": "PT1H"},
        "row": "early",
        "outcome": "allow",
    }
    assert (data[1]["now"], "row" in data[1]) == ("2026-11-21T09:30:00+00:00", False)
    assert scenarios_from_data(data) == scenarios


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("text", "/scenarios"),
        (["text"], "/scenarios/0"),
        ([{"name": "x", "facts": 3, "outcome": "allow"}], "/scenarios/0"),
        ([{"name": "x", "facts": {}, "outcome": "allow", "rule": "early"}], "/scenarios/0/rule"),
        ([{"name": "x", "facts": {}, "outcome": "allow", "now": "2026-11-21T09:30:00"}], "/scenarios/0/now"),
    ],
)
def test_names_what_has_no_shape(data: Any, place: str) -> None:  # noqa: ANN401
    with pytest.raises(TableError) as caught:
        scenarios_from_data(data)
    assert [problem.place for problem in caught.value.problems] == [place]


@pytest.mark.parametrize(
    ("facts", "message", "hint"),
    [
        ({"stauts": "processing"}, "There is no fact stauts", None),
        ({"status": "procesing"}, "Status is procesing, which is none of its values", None),
        ({"files_submitted": "yes"}, "Files submitted is not true or false", "write true or false"),
        ({"product_family": "crowns"}, "Product family is not a collection of values", "write a list of values"),
        (
            {"since_submission": "an hour"},
            "Time since submission is no length of time",
            "write it as PT1H (an hour), PT30M (minutes) or P45D (days)",
        ),
    ],
)
def test_says_what_is_wrong_with_a_fact(facts: dict[str, object], message: str, hint: str | None) -> None:
    (problem,) = problems_of([Scenario("an example", facts, None, "allow")], columns_of("order"))
    (name,) = facts
    assert (problem.place, problem.message) == (f"/scenarios/0/facts/{name}", message)
    assert hint is None or problem.hint == hint


def test_a_fact_may_be_missing_on_purpose() -> None:
    assert problems_of([Scenario("an example", {"status": None}, "", "request")], columns_of("order")) == []


def test_says_what_is_wrong_with_names_and_outcomes() -> None:
    twice = [
        Scenario("an example", {}, None, "allow"),
        Scenario("an example", {}, None, "maybe"),
        Scenario("", {}, "", ""),
    ]
    assert [problem.place for problem in problems_of(twice, columns_of("order"))] == [
        "/scenarios/1/name",
        "/scenarios/1/outcome",
        "/scenarios/2/name",
        "/scenarios/2/outcome",
    ]
