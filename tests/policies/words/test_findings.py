"""Findings in words: what is said, how grave it is, where it stands, and that its example shows it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reprieve.dmn.decide import compile_table
from reprieve.dmn.dmnxml import load
from reprieve.dmn.table import HitPolicy, Problem, Severity, Table, TableError, table_from_data, table_to_data
from reprieve.policies.presets import files as preset_files
from reprieve.policies.words.findings import Finding, Kind, Place, findings, findings_of_problems, has_errors

TCK = Path(__file__).parents[2] / "dmn" / "tck"
PRESETS = [preset for name in preset_files.names() for preset in preset_files.load(name)]
ALLOW, REQUEST, REFUSE = ({"outcome": outcome} for outcome in ("allow", "request", "refuse"))

type Written = Mapping[str, tuple[Mapping[str, str], Mapping[str, object]]]


def table(rows: Written, **data: object) -> Table:
    return table_from_data(
        {
            "name": "Cancelling",
            "hit_policy": "FIRST",
            "inputs": [
                {"name": "status", "label": "Status", "type": "string", "domain": ["new", "on_hold", "done"]},
                {"name": "age", "label": "Time since submission", "type": "duration", "clock": "since"},
            ],
            "outputs": [{"name": "outcome", "type": "string", "domain": ["allow", "request", "refuse"]}],
            "rows": [{"id": row, "when": when, "then": then, "note": ""} for row, (when, then) in rows.items()],
            "fallback": {"outcome": "request"},
            **data,
        }
    )


def only(found: list[Finding], kind: Kind) -> Finding:
    (finding,) = (each for each in found if each.kind is kind)
    return finding


def test_a_gap_says_where_it_is_and_brings_the_row_that_closes_it() -> None:
    holed = table({"hour": ({"age": '<= duration("PT1H")'}, ALLOW), "done": ({"status": '"done"'}, REFUSE)})
    found = findings(holed)
    gap = only(found, Kind.GAP)
    assert gap.sentence == "No row fits where Status is new or on hold and Time since submission is more than 1 hour."
    assert gap.remedy == "Add a row for it; until then the fallback answers."
    assert (gap.severity, gap.place) == (Severity.WARNING, Place((), ("status", "age")))
    assert [(fact.label, fact.value) for fact in gap.example] == [
        ("Status", "new"),
        ("Time since submission", "2 hours"),
    ]
    assert gap.suggestion is not None
    assert gap.suggestion.outputs == REQUEST
    closed = replace(holed, rows=(*holed.rows, gap.suggestion))
    assert [finding for finding in findings(closed) if finding.kind in {Kind.GAP, Kind.NO_CATCH_ALL}] == []


def test_a_gap_without_a_fallback_is_an_error() -> None:
    whole = table({"done": ({"status": '"done"'}, REFUSE)})
    bare = replace(whole, fallback={}, outputs=(replace(whole.outputs[0], optional=True),))
    gap = only(findings(bare, is_policy=False), Kind.GAP)
    assert gap.severity is Severity.ERROR
    assert gap.remedy == "Add a row for it, or say by default outputs what then holds; now there is no answer at all."


def test_more_gaps_than_anyone_reads_are_told_by_their_number() -> None:
    inputs = [{"name": name, "type": "number", "integer": True} for name in ("n", "m")]
    diagonal = {f"r{number}": ({"n": f"{2 * number}", "m": f"{2 * number}"}, ALLOW) for number in range(52)}
    found = findings(table(diagonal, inputs=inputs))
    assert only(found, Kind.MORE_GAPS).sentence == "There are more gaps than the 50 that are listed."


def test_a_missing_catch_all_is_told_only_where_something_is_left_open() -> None:
    listed = {"rest": ({"status": '"new", "on_hold"'}, REQUEST), "done": ({"status": '"done"'}, REFUSE)}
    assert findings(table(listed)) == []
    found = findings(table({"done": listed["done"]}))
    assert only(found, Kind.NO_CATCH_ALL).sentence == "No row fits everything that the others leave."
    assert only(found, Kind.NO_CATCH_ALL).severity is Severity.WARNING


def test_a_row_that_never_decides_is_an_error_and_names_what_masks_it() -> None:
    masked = table(
        {
            "old": ({"status": '"done"', "age": '> duration("PT1H")'}, REFUSE),
            "young": ({"status": '"done"', "age": '<= duration("PT1H")'}, REFUSE),
            "late": ({"status": '"done"'}, ALLOW),
            "rest": ({}, REQUEST),
        }
    )
    found = only(findings(masked), Kind.MASKED)
    assert found.sentence == "Row “late” never decides: whatever it fits is decided by rows “old” and “young”."
    assert found.remedy == "Move it up, narrow the rows above it, or remove it."
    assert (found.severity, found.place.rows) == (Severity.ERROR, ("late", "old", "young"))
    assert found.witness is not None
    assert compile_table(masked).decide(found.witness.facts, found.witness.now).row in {"old", "young"}


def test_a_row_that_no_facts_fit_is_an_error() -> None:
    impossible = [{"status": '"new"', "age": '> duration("P1D")'}]
    rows = {"never": ({"status": '"new"', "age": '> duration("P2D")'}, ALLOW), "rest": ({}, REQUEST)}
    found = only(findings(table(rows, impossible=impossible)), Kind.NEVER_FITS)
    assert found.sentence == "Row “never” never fits: no facts are possible that all of its cells let through."
    assert (found.severity, found.place, found.example) == (Severity.ERROR, Place(("never",)), ())


def test_a_repeated_row_is_said_once() -> None:
    twice = {"a": ({"status": '"done"'}, REFUSE), "b": ({"status": '"done"'}, REFUSE), "rest": ({}, REQUEST)}
    assert [finding.kind for finding in findings(table(twice))] == [Kind.MASKED]


def test_rows_that_disagree_are_an_error_of_a_table_in_which_all_must_agree() -> None:
    rows = {"a": ({"status": '"done"'}, REFUSE), "b": ({"age": '<= duration("PT1H")'}, ALLOW)}
    found = only(findings(table(rows, hit_policy="ANY")), Kind.CONFLICT)
    assert found.sentence == (
        "Rows “a” and “b” fit the same facts and answer differently, and of this table all that fit must agree."
    )
    assert (found.severity, found.place) == (Severity.ERROR, Place(("a", "b"), ("outcome",)))
    unique = only(findings(table(rows, hit_policy="UNIQUE")), Kind.CONFLICT)
    assert unique.sentence == "Rows “a” and “b” fit the same facts, and of this table only one row may."


def test_a_row_that_agrees_with_those_that_mask_it_is_only_worth_a_look() -> None:
    loaded = load((TCK / "0117-multi-any-hitpolicy" / "0117-multi-any-hitpolicy.dmn").read_bytes())
    found = findings(loaded.table, is_policy=False)
    assert [(each.kind, each.severity) for each in found] == [(Kind.MASKED, Severity.WARNING)]
    assert not has_errors(found)


def test_rows_that_agree_and_repeat_each_other_are_told_as_such() -> None:
    rows = {"a": ({"status": '"done"'}, REFUSE), "b": ({"status": '"done"'}, REFUSE)}
    reachable = replace(table(rows), hit_policy=HitPolicy.ANY)
    assert {finding.kind for finding in findings(reachable)} == {Kind.MASKED, Kind.GAP}


def test_the_order_is_told_where_a_permission_stands_above_a_refusal_and_not_the_other_way_round() -> None:
    rows = {
        "young": ({"age": '<= duration("PT1H")'}, ALLOW),
        "held": ({"status": '"on_hold"'}, REQUEST),
        "done": ({"status": '"done"'}, REFUSE),
        "rest": ({}, REQUEST),
    }
    found = only(findings(table(rows)), Kind.ORDER)
    assert found.sentence == (
        "Row “young” decides before rows “held” and “done” wherever they fit as well, and they answer differently."
    )
    assert (found.severity, found.place) == (Severity.HINT, Place(("young", "held", "done"), ("outcome",)))
    strict_first = {name: rows[name] for name in ("done", "held", "young", "rest")}
    assert findings(table(strict_first)) == []


def test_what_is_gravest_comes_first() -> None:
    rows = {
        "young": ({"age": '<= duration("PT1H")'}, ALLOW),
        "done": ({"status": '"done"'}, REFUSE),
        "again": ({"status": '"done"'}, REFUSE),
    }
    assert [finding.severity for finding in findings(table(rows))] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.WARNING,
        Severity.HINT,
    ]


def test_a_policy_answers_with_an_outcome() -> None:
    foreign = table({"rest": ({}, {"fee": 1})}, outputs=[{"name": "fee", "type": "number"}], fallback={"fee": 2})
    found = only(findings(foreign), Kind.TERMS)
    assert found.sentence == "The table gives no outcome, and so says neither yes nor no."
    assert found.remedy == "Add the output outcome with the values allow, request, refuse."
    assert findings(foreign, is_policy=False) == []


def test_a_fallback_that_allows_is_an_error() -> None:
    found = only(findings(table({"rest": ({}, REQUEST)}, fallback=ALLOW)), Kind.TERMS)
    assert found.sentence == "The fallback must never allow: it answers where a fact is missing or no row fits."
    assert (found.severity, found.place) == (Severity.ERROR, Place((), ("outcome",)))


def test_a_customer_who_would_read_nothing_is_told() -> None:
    outputs = [{"name": "outcome", "type": "string"}, {"name": "message", "type": "string"}]
    silent = table(
        {"rest": ({}, {"outcome": "request", "message": " "})},
        outputs=outputs,
        fallback={"outcome": "request", "message": "Please ask us."},
    )
    found = only(findings(silent), Kind.TERMS)
    assert found.sentence == "Row “rest” tells the customer nothing."
    assert (found.severity, found.place) == (Severity.WARNING, Place(("rest",), ("message",)))


def test_a_row_that_allows_a_pause_says_for_how_long() -> None:
    outputs = [
        {"name": "outcome", "type": "string", "domain": ["allow", "request", "refuse"]},
        {"name": "longest_pause", "type": "duration", "optional": True},
    ]
    endless = table({"rest": ({}, ALLOW)}, outputs=outputs)
    assert only(findings(endless), Kind.TERMS).sentence == "Row “rest” allows a pause without saying for how long."


def test_a_table_that_cannot_be_read_is_told_by_row_and_column() -> None:
    data = table_to_data(table({"rest": ({"status": '"new"'}, REQUEST)}))
    data["rows"][0]["when"] = {"status": "whenever"}  # type: ignore[index]
    with pytest.raises(TableError) as refused:
        table_from_data(data)
    (found,) = findings_of_problems(refused.value.problems, data)
    assert (found.kind, found.severity, found.place) == (Kind.UNSOUND, Severity.ERROR, Place(("rest",), ("status",)))
    assert found.sentence == "whenever is a name, and a cell holds constants only (character 1)."
    assert has_errors([found])


def test_a_place_that_the_data_does_not_have_is_the_whole_table() -> None:
    problems = [Problem(place, "This is wrong", "mend it") for place in ("", "/rows/7", "/rows/0/id", "/inputs/1/type")]
    found = findings_of_problems(problems, {"rows": "none", "inputs": [{"name": "a"}, {"name": 7}]})
    assert [finding.place for finding in found] == [Place()] * 4


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.source for preset in PRESETS])
def test_the_shipped_rules_have_neither_errors_nor_warnings(preset: preset_files.Preset) -> None:
    assert {finding.severity for finding in findings(preset.table)} <= {Severity.HINT}
