import copy
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from reprieve.dmn.table import (
    Problem,
    Severity,
    Table,
    TableError,
    check,
    content_hash,
    table_from_data,
    table_to_data,
)
from tests.dmn.oracle import tables
from tests.examples import how_many

DATA: dict[str, Any] = {
    "name": "Order cancellation",
    "hit_policy": "FIRST",
    "inputs": [
        {"name": "status", "type": "string", "label": "Status", "domain": ["processing", "done"]},
        {"name": "age", "type": "duration", "label": "Age", "clock": "since", "nullable": True},
        {"name": "revisions", "type": "number", "label": "Revisions", "integer": True},
        {"name": "families", "type": "string", "label": "Families", "several": True},
    ],
    "outputs": [
        {"name": "outcome", "type": "string", "label": "Outcome", "domain": ["allow", "request", "refuse"]},
        {"name": "share", "type": "number", "label": "Refund share", "optional": True},
        {"name": "pause", "type": "duration", "label": "Longest pause", "optional": True},
    ],
    "rows": [
        {
            "id": "early",
            "when": {"age": '< duration("PT1H"), null', "families": 'not("aligners")'},
            "then": {"outcome": "allow", "share": "0.5", "pause": "P45D"},
            "note": "within the hour",
        },
        {"id": "rest", "when": {}, "then": {"outcome": "refuse", "share": 1}, "note": ""},
    ],
    "fallback": {"outcome": "request"},
}


def changed(**changes: object) -> dict[str, Any]:
    return copy.deepcopy(DATA) | changes


def places(error: pytest.ExceptionInfo[TableError]) -> list[str]:
    return [problem.place for problem in error.value.problems]


def test_reads_and_writes_its_json_form() -> None:
    table = table_from_data(DATA)
    assert table_to_data(table) == DATA
    assert check(table) == []


@settings(max_examples=how_many(60), deadline=None)
@given(tables())
def test_any_table_survives_its_json_form(table: Table) -> None:
    data = json.loads(json.dumps(table_to_data(table)))
    assert table_from_data(data) == table
    assert content_hash(table_from_data(data)) == content_hash(table)


def test_the_hash_does_not_depend_on_how_cells_are_spelt() -> None:
    spelt = changed()
    spelt["rows"][0]["when"] = {"families": ' not( "aligners" )', "age": 'null,<@"PT60M"', "status": "-"}
    assert content_hash(table_from_data(spelt)) == content_hash(table_from_data(DATA))
    spelt["rows"][0]["then"]["share"] = "0.6"
    assert content_hash(table_from_data(spelt)) != content_hash(table_from_data(DATA))


def test_names_every_problem_and_not_only_the_first() -> None:
    data = changed(
        hit_policy="COLLECT",
        colour="red",
        inputs=[*DATA["inputs"], {"name": "x", "type": "money"}],
        rows=[
            {
                "id": "a",
                "when": {"status": "done", "age": 3, "colour": "-"},
                "then": {"outcome": "maybe", "share": 0.5},
            },
            {"id": "a", "when": {"revisions": "> 1.5", "status": '"lost"'}, "then": {"outcome": True, "extra": 1}},
            "row",
        ],
        fallback={},
    )
    with pytest.raises(TableError) as caught:
        table_from_data(data)
    assert sorted(places(caught)) == sorted(
        [
            "/colour",
            "/hit_policy",
            "/inputs/4/type",
            "/rows/0/when/status",
            "/rows/0/when/age",
            "/rows/0/when/colour",
            "/rows/0/then/share",
            "/rows/0/then/outcome",
            "/rows/1/id",
            "/rows/1/when/revisions",
            "/rows/1/when/status",
            "/rows/1/then/outcome",
            "/rows/1/then/extra",
            "/rows/2",
            "/rows/2/id",
            "/rows/2/then",
            "/rows/2/then/outcome",
            "/fallback/outcome",
        ]
    )
    assert all(problem.message and problem.hint for problem in caught.value.problems)


@pytest.mark.parametrize("policy", ["COLLECT", "RULE ORDER", "OUTPUT ORDER"])
def test_refuses_hit_policies_that_answer_with_a_list(policy: str) -> None:
    with pytest.raises(TableError, match="a policy gives one answer"):
        table_from_data(changed(hit_policy=policy))


def test_says_where_in_a_cell_the_problem_is() -> None:
    data = changed()
    data["rows"][1]["when"] = {"status": '"done", crowns'}
    with pytest.raises(TableError) as caught:
        table_from_data(data)
    assert caught.value.problems == (
        Problem(
            "/rows/1/when/status",
            "crowns is a name, and a cell holds constants only (character 9)",
            'text needs quotes: "crowns"',
        ),
    )


def test_points_into_names_that_hold_slashes() -> None:
    data = changed()
    data["rows"][1]["when"] = {"a/b~c": "-"}
    with pytest.raises(TableError) as caught:
        table_from_data(data)
    assert places(caught) == ["/rows/1/when/a~1b~0c"]


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ({"name": "status", "type": "string"}, "/inputs/4/name"),
        ({"name": " ", "type": "string"}, "/inputs/4/name"),
        ({"name": "x", "type": "number", "clock": "since"}, "/inputs/4/type"),
        ({"name": "x", "type": "duration", "clock": "since", "several": True}, "/inputs/4/several"),
        ({"name": "x", "type": "duration", "clock": "since", "domain": ["PT1H"]}, "/inputs/4/domain"),
        ({"name": "x", "type": "duration", "clock": "ago"}, "/inputs/4/clock"),
        ({"name": "x", "type": "string", "integer": True}, "/inputs/4/integer"),
        ({"name": "x", "type": "string", "nullable": "yes"}, "/inputs/4/nullable"),
        ({"name": "x", "type": "string", "domain": []}, "/inputs/4/domain"),
        ({"name": "x", "type": "string", "domain": "a"}, "/inputs/4/domain"),
        ({"name": "x", "type": "string", "domain": ["a", "a"]}, "/inputs/4/domain/1"),
        ({"name": "x", "type": "number", "domain": [1, "one"]}, "/inputs/4/domain/1"),
        ({"type": "string"}, "/inputs/4/name"),
    ],
)
def test_refuses_columns_that_make_no_sense(column: dict[str, object], place: str) -> None:
    with pytest.raises(TableError) as caught:
        table_from_data(changed(inputs=[*DATA["inputs"], column]))
    assert place in places(caught)


PROMISES = changed(
    inputs=[
        *DATA["inputs"],
        {"name": "share", "type": "number", "label": "", "minimum": 0, "maximum": "0.75"},
        {"name": "rest", "type": "duration", "label": "", "clock": "until", "minimum": "-PT1H"},
    ],
    impossible=[{"status": '"done"', "age": '< duration("PT1H")'}, {"share": "> 0.5"}],
)


def test_reads_and_writes_what_a_table_promises() -> None:
    table = table_from_data(PROMISES)
    assert table_to_data(table) == PROMISES
    assert check(table) == []
    assert (table.inputs[4].minimum, table.inputs[4].maximum) == (0, Decimal("0.75"))
    assert table.inputs[5].minimum == timedelta(hours=-1)
    assert content_hash(table) != content_hash(table_from_data(changed(inputs=PROMISES["inputs"])))


def test_a_table_that_promises_nothing_keeps_its_hash() -> None:
    """Versions are known by their hashes: what was published before there were promises keeps its own."""
    empty = changed(inputs=[{**column, "minimum": None} for column in DATA["inputs"]], impossible=[])
    digest = "8939664465518cfeaab520983dfcccabafaac21944f56ea9105a93fb105f73ff"
    assert content_hash(table_from_data(DATA)) == content_hash(table_from_data(empty)) == digest


@pytest.mark.parametrize(
    ("ends", "place"),
    [
        ({"type": "string", "minimum": "a"}, "/inputs/4/minimum"),
        ({"type": "boolean", "maximum": True}, "/inputs/4/maximum"),
        ({"type": "number", "minimum": 0.5}, "/inputs/4/minimum"),
        ({"type": "number", "minimum": "one"}, "/inputs/4/minimum"),
        ({"type": "number", "integer": True, "maximum": "0.5"}, "/inputs/4/maximum"),
        ({"type": "number", "domain": [1, 2], "maximum": 2}, "/inputs/4/maximum"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "/inputs/4/maximum"),
        ({"type": "duration", "minimum": "P1M"}, "/inputs/4/minimum"),
    ],
)
def test_refuses_ranges_that_make_no_sense(ends: dict[str, object], place: str) -> None:
    with pytest.raises(TableError) as caught:
        table_from_data(changed(inputs=[*DATA["inputs"], {"name": "x", **ends}]))
    assert places(caught) == [place]


REFUND = {"name": "refund", "type": "number", "label": "Refund", "minimum": 0, "maximum": 1, "optional": True}
GRACE = {"name": "grace", "type": "duration", "label": "", "minimum": "PT0S", "optional": True}
FEE = {"name": "fee", "type": "number", "label": "Fee", "maximum": 9, "optional": True}


def answering(**answer: object) -> dict[str, Any]:
    """The table with outputs that have limits, and the answer in its second row and its fallback."""
    first, second, *rows = DATA["rows"]
    told = {**second, "then": second["then"] | answer}
    return changed(
        outputs=[*DATA["outputs"], REFUND, GRACE, FEE], rows=[first, told, *rows], fallback=DATA["fallback"] | answer
    )


@pytest.mark.parametrize("answer", [{"refund": 0}, {"refund": 1}, {"grace": "PT0S"}, {"fee": -3}, {"fee": 9}])
def test_an_answer_may_lie_on_the_limits_of_its_output(answer: dict[str, object]) -> None:
    data = answering(**answer)
    assert table_to_data(table_from_data(data)) == data


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        ({"refund": "1.01"}, "Refund is never 1.01", "write a value from 0 to 1"),
        ({"refund": "-0.01"}, "Refund is never -0.01", "write a value from 0 to 1"),
        ({"grace": "-PT1S"}, "grace is never -PT1S", "write a value from PT0S"),
        ({"fee": "9.5"}, "Fee is never 9.5", "write a value up to 9"),
    ],
)
def test_refuses_an_answer_outside_the_limits_of_its_output(answer: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(TableError) as caught:
        table_from_data(answering(**answer))
    (name,) = answer
    assert places(caught) == [f"/rows/1/then/{name}", f"/fallback/{name}"]
    assert [(problem.message, problem.hint) for problem in caught.value.problems] == [(message, hint)] * 2


@pytest.mark.parametrize(
    ("ends", "place"),
    [
        ({"type": "string", "minimum": "a"}, "/outputs/3/minimum"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "/outputs/3/maximum"),
        ({"type": "number", "domain": [1, 2], "maximum": 2}, "/outputs/3/maximum"),
        ({"type": "number", "minimum": "one"}, "/outputs/3/minimum"),
    ],
)
def test_refuses_limits_of_an_output_that_make_no_sense(ends: dict[str, object], place: str) -> None:
    output = {"name": "x", "optional": True, **ends}
    with pytest.raises(TableError) as caught:
        table_from_data(changed(outputs=[*DATA["outputs"], output]))
    assert places(caught) == [place]


@pytest.mark.parametrize(
    ("impossible", "place"),
    [
        ({"status": '"lost"'}, "/impossible/0/status"),
        ({"age": "< 3"}, "/impossible/0/age"),
        ({"revisions": "> 0.5"}, "/impossible/0/revisions"),
        ({"state": '"done"'}, "/impossible/0/state"),
        ({"status": "-"}, "/impossible/0"),
        ({}, "/impossible/0"),
    ],
)
def test_refuses_impossible_combinations_that_make_no_sense(impossible: dict[str, str], place: str) -> None:
    with pytest.raises(TableError) as caught:
        table_from_data(changed(impossible=[impossible]))
    assert places(caught) == [place]


@pytest.mark.parametrize("impossible", ["status", [["status"]], {"status": '"done"'}])
def test_refuses_impossible_combinations_of_the_wrong_shape(impossible: object) -> None:
    with pytest.raises(TableError) as caught:
        table_from_data(changed(impossible=impossible))
    assert places(caught)[0].startswith("/impossible")


def test_a_fraction_on_a_whole_number_is_a_problem() -> None:
    """Trap 8: nothing lies between 1 and 2 revisions."""
    data = changed()
    data["rows"][0]["when"] = {"revisions": "> 0.5"}
    with pytest.raises(TableError, match=r"never 0\.5"):
        table_from_data(data)


def test_an_interval_of_whole_numbers_needs_no_fraction_inside() -> None:
    """Trap 8: (1..2) is a cell like any other, though no count lies in it."""
    data = changed()
    data["rows"][0]["when"] = {"revisions": "(1..2)"}
    assert [problem.severity for problem in check(table_from_data(data))] == []


def test_warns_of_a_table_without_a_catch_all() -> None:
    table = table_from_data(changed(rows=DATA["rows"][:1]))
    assert [(problem.place, problem.severity) for problem in check(table)] == [("/rows", Severity.WARNING)]


def test_warns_of_null_where_a_fact_is_never_missing() -> None:
    data = changed()
    data["rows"][0]["when"] = {"status": '"done", null', "families": "not(null)"}
    problems = check(table_from_data(data))
    assert [problem.place for problem in problems] == ["/rows/0/when/status", "/rows/0/when/families"]
    assert {problem.severity for problem in problems} == {Severity.WARNING}


def test_priority_needs_ranked_values() -> None:
    outputs = [{"name": "outcome", "type": "string"}]
    rows = [{"id": "rest", "when": {}, "then": {"outcome": "allow"}}]
    with pytest.raises(TableError, match="best first"):
        table_from_data(changed(hit_policy="PRIORITY", outputs=outputs, rows=rows))


@pytest.mark.parametrize("data", [[], "table", {}, {"inputs": 1, "outputs": {}, "rows": None}, None])
def test_refuses_what_is_no_table(data: Any) -> None:  # noqa: ANN401
    with pytest.raises(TableError) as caught:
        table_from_data(data)
    assert caught.value.problems
