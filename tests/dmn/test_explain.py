from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.decide import compile_table
from reprieve.dmn.explain import Miss, explain, nearest
from reprieve.dmn.sfeel import ANY, parse_cell
from reprieve.dmn.table import HitPolicy, Table, table_from_data
from tests.dmn.oracle import MICROSECOND, NOW, facts_for, slow_decide, slow_fits, tables
from tests.examples import how_many

DATA: dict[str, Any] = {
    "name": "Order cancellation",
    "inputs": [
        {"name": "status", "type": "string", "domain": ["processing", "on_hold", "invoiced"]},
        {"name": "families", "type": "string", "domain": ["crowns", "aligners", "dentures"], "several": True},
        {"name": "submitted", "type": "duration", "clock": "since"},
        {"name": "revisions", "type": "number", "integer": True},
    ],
    "outputs": [{"name": "outcome", "type": "string", "domain": ["allow", "request", "refuse"]}],
    "rows": [
        {"id": "invoiced", "when": {"status": '"invoiced"'}, "then": {"outcome": "refuse"}},
        {"id": "revised", "when": {"revisions": "> 0"}, "then": {"outcome": "refuse"}},
        {"id": "aligners", "when": {"families": '"aligners"'}, "then": {"outcome": "refuse"}},
        {"id": "early", "when": {"submitted": '<= duration("PT1H")'}, "then": {"outcome": "allow"}},
        {"id": "processing", "when": {"status": '"processing"'}, "then": {"outcome": "allow"}},
        {"id": "rest", "when": {}, "then": {"outcome": "request"}},
    ],
    "fallback": {"outcome": "request"},
}
TABLE = table_from_data(DATA)
FACTS = {
    "status": "on_hold",
    "families": ("crowns",),
    "submitted": NOW - timedelta(hours=2),
    "revisions": 0,
}


type Found = tuple[str, list[tuple[str, Any, Any]]]


def wish(facts: Mapping[str, object], wanted: str = "allow", fixed: Collection[str] = ()) -> Found | None:
    """The row, and each change as column, what it sees now, and what it should fit."""
    found = nearest(TABLE, {**FACTS, **facts}, NOW, "outcome", wanted, fixed=fixed)
    if found is None:
        return None
    example = {**FACTS, **facts, **{change.column: change.example_fact for change in found.changes}}
    assert compile_table(TABLE).decide(example, NOW).outputs["outcome"] == wanted
    return found.row, [(change.column, change.seen, change.cell) for change in found.changes]


def test_names_the_first_failing_cell_of_each_earlier_row() -> None:
    explanation = explain(TABLE, FACTS, NOW)
    assert explanation.decision.row == "rest"
    assert explanation.missed == (
        Miss("invoiced", "status", '"invoiced"', "on_hold"),
        Miss("revised", "revisions", "> 0", 0),
        Miss("aligners", "families", '"aligners"', ("crowns",)),
        Miss("early", "submitted", '<= duration("PT1H")', timedelta(hours=2)),
        Miss("processing", "status", '"processing"', "on_hold"),
    )


def test_explains_no_row_below_the_one_that_decided() -> None:
    explanation = explain(TABLE, {**FACTS, "revisions": 1}, NOW)
    assert [miss.row for miss in explanation.missed] == ["invoiced"]


def test_tries_no_row_where_a_fact_is_to_blame() -> None:
    explanation = explain(TABLE, {**FACTS, "status": "lost"}, NOW)
    assert explanation.missed == ()
    assert explanation.decision.problem is not None
    assert explanation.decision.problem.column == "status"


def test_explains_every_row_where_none_fits() -> None:
    table = table_from_data({**DATA, "rows": DATA["rows"][:2]})
    assert [miss.row for miss in explain(table, FACTS, NOW).missed] == ["invoiced", "revised"]


@settings(max_examples=how_many(80), deadline=None)
@given(st.data())
def test_each_miss_is_true_and_no_row_is_left_out(data: st.DataObject) -> None:
    table = data.draw(tables())
    facts = data.draw(facts_for(table))
    explanation = explain(table, facts, NOW)
    row, outputs, kind, column = slow_decide(table, facts, NOW)
    assert (explanation.decision.row, dict(explanation.decision.outputs)) == (row, outputs)
    if column is not None:
        assert (explanation.missed, explanation.decision.problem is None) == ((), kind is None)
        return
    columns = {column.name: column for column in table.inputs}
    misses = {miss.row: miss for miss in explanation.missed}
    for tried in table.rows:
        if tried.id == row:
            break
        failing = [name for name, column in columns.items() if not slow_fits(tried, column, facts, NOW)]
        assert ([misses[tried.id].column] if tried.id in misses else []) == failing[:1]
        if failing:
            cell = parse_cell(misses[tried.id].cell, columns[failing[0]].type)
            seen = misses[tried.id].seen
            assert cell == tried.cells[failing[0]]
            assert not (cell.accepts_any(seen) if isinstance(seen, tuple) else cell.accepts(seen))


@settings(max_examples=how_many(200), deadline=None)
@given(st.data())
def test_the_compiled_explanation_equals_the_careful_one(data: st.DataObject) -> None:
    compiled = compile_table(data.draw(tables()))
    for facts in data.draw(st.lists(facts_for(compiled.table), min_size=1, max_size=8)):
        explanation = compiled.explain(facts, NOW)
        assert explanation.decision == compiled.decide(facts, NOW)
        assert repr(explanation) == repr(compiled.verdicts.explain_carefully(facts, NOW))  # 1 and 1.0 look different


def test_shows_facts_in_their_canonical_form() -> None:
    class Text(StrEnum):
        HELD = "on_hold"
        DENTURES = "dentures"

    rows = [{"id": "dear", "when": {"amount": "> 5"}, "then": {"outcome": "allow"}}, *DATA["rows"]]
    table = table_from_data({**DATA, "inputs": [*DATA["inputs"], {"name": "amount", "type": "number"}], "rows": rows})
    facts = {**FACTS, "status": Text.HELD, "families": ["crowns", Text.DENTURES, "crowns"], "amount": Decimal("5.00")}
    seen = {miss.row: miss.seen for miss in explain(table, facts, NOW).missed}
    assert (
        repr([seen["dear"], seen["invoiced"], seen["aligners"]]) == "[5, 'on_hold', ('crowns', 'dentures', 'crowns')]"
    )


def test_explanations_cannot_be_changed_and_compare_by_value() -> None:
    explanation = explain(TABLE, FACTS, NOW)
    assert explanation == explain(compile_table(TABLE), FACTS, NOW)
    assert explanation != explain(TABLE, {**FACTS, "revisions": 1}, NOW)
    assert len({*explanation.missed, *explain(TABLE, FACTS, NOW).missed}) == 5
    with pytest.raises(AttributeError):
        explanation.missed = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        explanation.missed[0].seen = "paused"  # type: ignore[misc]


def test_refuses_to_explain_at_a_now_without_time_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        explain(TABLE, FACTS, NOW.replace(tzinfo=None))


def test_finds_the_row_that_needs_the_fewest_changes() -> None:
    assert wish({}) == ("early", [("submitted", timedelta(hours=2), '<= duration("PT1H")')])
    assert wish({}, fixed={"submitted"}) == ("processing", [("status", "on_hold", '"processing"')])


def test_moves_an_earlier_row_out_of_the_way() -> None:
    assert wish({"status": "processing", "revisions": 2}) == ("processing", [("revisions", 2, "<= 0")])
    assert wish({"status": "processing", "families": ("aligners", "crowns")}) == (
        "processing",
        [("families", ("aligners", "crowns"), 'not("aligners")')],
    )


def test_keeps_what_need_not_leave_a_collection() -> None:
    found = nearest(
        TABLE, {**FACTS, "status": "processing", "families": ("aligners", "crowns")}, NOW, "outcome", "allow"
    )
    assert found is not None
    assert found.changes[0].example == ("crowns",)


def test_changes_as_many_facts_as_it_takes() -> None:
    found = wish({"status": "invoiced", "revisions": 1})
    assert found is not None
    assert (found[0], [column for column, _, _ in found[1]]) == ("processing", ["status", "revisions"])
    assert found[1][0] == ("status", "invoiced", '"processing"')


def test_a_missing_fact_is_among_the_changes() -> None:
    assert wish({"status": None, "submitted": NOW}) == ("early", [("status", None, '"processing", "on_hold"')])


def test_finds_nothing_where_nothing_leads_there() -> None:
    assert wish({"revisions": 1}, fixed={"revisions"}) is None
    assert wish({}, "request") is None  # it is the answer already
    with pytest.raises(KeyError):
        nearest(TABLE, FACTS, NOW, "colour", "red")


def test_is_exact_at_the_boundary_of_a_clock() -> None:
    limit = NOW - timedelta(hours=1)
    assert wish({"submitted": limit}, "allow") is None
    assert wish({"submitted": limit - MICROSECOND}, "allow") is not None


@settings(max_examples=how_many(100), deadline=None)
@given(st.data())
def test_nearest_is_proven_by_deciding_and_nothing_smaller_exists(data: st.DataObject) -> None:
    table: Table = data.draw(tables())
    facts = data.draw(facts_for(table))
    wanted = data.draw(st.sampled_from(["best", "good", "bad"]))
    found = nearest(table, facts, NOW, "answer", wanted)
    if slow_decide(table, facts, NOW)[1]["answer"] == wanted:
        assert found is None
        return
    if found is not None:
        example = {**facts, **{change.column: change.example_fact for change in found.changes}}
        row, outputs, _, _ = slow_decide(table, example, NOW)
        assert (row, outputs["answer"]) == (found.row, wanted)
        proven_cells(table, example, found.changes, wanted, data)
    for _ in range(5):
        other = data.draw(facts_for(table))
        columns = [column.name for column in table.inputs]
        budget = len(columns) if found is None else len(found.changes) - 1
        names = data.draw(st.lists(st.sampled_from(columns), max_size=budget, unique=True)) if columns else []
        row, outputs, _, _ = slow_decide(table, {**facts, **{name: other.get(name) for name in names}}, NOW)
        assert row is None or outputs["answer"] != wanted


def proven_cells(table: Table, example: Mapping[str, object], changes: Any, wanted: str, data: st.DataObject) -> None:  # noqa: ANN401
    """Any fact that fits the cell of a change leads there, with the other changes at their examples."""
    columns = {column.name: column for column in table.inputs}
    for change in changes:
        column = columns[change.column]
        assert change.cell is not None or column.several
        if change.cell is None:
            continue
        cell = parse_cell(change.cell, column.type)
        fact = data.draw(facts_for(table)).get(column.name)
        probe = table_probe(table, column.name, cell)
        if fact is not None and slow_decide(probe, {column.name: fact}, NOW)[0] == "probe":
            assert slow_decide(table, {**example, column.name: fact}, NOW)[1]["answer"] == wanted


def table_probe(table: Table, name: str, cell: Any) -> Table:  # noqa: ANN401
    """A table of the one column, whose one row fits where the cell does."""
    column = next(column for column in table.inputs if column.name == name)
    row = type(table.rows[0])("probe", {} if cell == ANY else {name: cell}, {"answer": "best"})
    return Table("probe", (column,), table.outputs, (row,), {"answer": "bad"}, HitPolicy.FIRST)
