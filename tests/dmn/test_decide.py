import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.decide import Decision, ProblemKind, compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table, TableError
from reprieve.dmn.values import ValueType
from tests.dmn.oracle import HOSTILE, MICROSECOND, NOW, facts_for, slow_decide, tables
from tests.examples import how_many

OUTCOME = Output("outcome", ValueType.STRING, domain=("allow", "request", "refuse"))
STATUS = Column("status", ValueType.STRING, "Status", domain=("processing", "on_hold", "done"))
AGE = Column("submitted", ValueType.DURATION, "Time since submission", clock=Clock.SINCE)


def table_of(*columns: Column, rows: list[tuple[dict[str, str], str]], policy: HitPolicy = HitPolicy.FIRST) -> Table:
    types = {column.name: column.type for column in columns}
    built = tuple(
        Row(f"r{index}", {name: parse_cell(text, types[name]) for name, text in when.items()}, {"outcome": outcome})
        for index, (when, outcome) in enumerate(rows)
    )
    return Table("a table", columns, (OUTCOME,), built, {"outcome": "request"}, policy)


def decide(table: Table, facts: Mapping[str, object], now: datetime = NOW) -> Decision:
    return compile_table(table).decide(facts, now)


@settings(max_examples=how_many(250), deadline=None)
@given(st.data())
def test_decides_as_the_slow_interpreter_does(data: st.DataObject) -> None:
    table = data.draw(tables())
    compiled = compile_table(table)
    for facts in data.draw(st.lists(facts_for(table), min_size=1, max_size=12)):
        now = data.draw(st.sampled_from([NOW, NOW.astimezone(ZoneInfo("Europe/Berlin"))]))
        decision = compiled.decide(facts, now)
        problem = decision.problem
        kind, column = (problem.kind, problem.column) if problem else (None, None)
        assert (decision.row, dict(decision.outputs), kind, column) == slow_decide(table, facts, now)


def test_the_first_row_that_fits_decides() -> None:
    table = table_of(STATUS, rows=[({"status": '"done"'}, "refuse"), ({}, "allow")])
    assert decide(table, {"status": "done"}) == Decision("r0", {"outcome": "refuse"})
    assert decide(table, {"status": "on_hold"}) == Decision("r1", {"outcome": "allow"})


def test_a_first_row_of_only_dashes_decides_everything() -> None:
    """Trap 3."""
    table = table_of(STATUS, rows=[({"status": "-"}, "allow"), ({"status": '"done"'}, "refuse")])
    assert decide(table, {"status": "done"}).row == "r0"
    assert decide(table_of(rows=[({}, "allow")]), {}).row == "r0"


@pytest.mark.parametrize("cell", ["-", 'not("done")', 'not("done", "on_hold")'])
def test_a_new_status_does_not_slide_into_dashes_and_negations(cell: str) -> None:
    """Trap 4: domains are checked before any row is tried."""
    decision = decide(table_of(STATUS, rows=[({"status": cell}, "allow")]), {"status": "lost"})
    assert (decision.row, dict(decision.outputs)) == (None, {"outcome": "request"})
    assert decision.problem is not None
    assert (decision.problem.column, decision.problem.kind) == ("status", ProblemKind.DOMAIN)
    assert decision.problem.message == "Status is lost, which is none of its values"


@pytest.mark.parametrize("facts", [{}, {"status": None}])
def test_a_missing_fact_never_allows(facts: dict[str, object]) -> None:
    """Trap 5: not even where every row would."""
    decision = decide(table_of(STATUS, rows=[({}, "allow")]), facts)
    assert (decision.row, dict(decision.outputs)) == (None, {"outcome": "request"})
    assert decision.problem is not None
    assert (decision.problem.kind, decision.problem.message) == (ProblemKind.MISSING, "Status is not known")


def test_a_fact_that_may_be_missing_is_tested_by_the_cells() -> None:
    """Trap 1."""
    column = Column("stage", ValueType.STRING, domain=("a", "b"), nullable=True)
    for cell, row in [("null", "r0"), ('"a"', None), ('not("a")', "r0"), ('not("a", null)', None), ("-", "r0")]:
        assert decide(table_of(column, rows=[({"stage": cell}, "allow")]), {}).row == row


def test_time_is_exact_to_the_microsecond() -> None:
    """Trap 2: no floats for time."""
    table = table_of(AGE, rows=[({"submitted": '< duration("PT1H")'}, "allow"), ({}, "refuse")])
    limit = NOW - timedelta(hours=1)
    facts = [limit - MICROSECOND, limit, limit + MICROSECOND]
    assert [decide(table, {"submitted": fact}).outputs["outcome"] for fact in facts] == ["refuse", "refuse", "allow"]


def test_a_clock_counts_elapsed_time_across_a_change_of_the_clocks() -> None:
    """Two wall clocks of one zone are an hour apart in the night when they go back, or three."""
    berlin = ZoneInfo("Europe/Berlin")
    submitted = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)  # 00:30 UTC
    now = datetime(2026, 10, 25, 3, 0, tzinfo=berlin)  # 02:00 UTC
    table = table_of(AGE, rows=[({"submitted": '< duration("PT1H")'}, "allow"), ({}, "refuse")])
    assert decide(table, {"submitted": submitted}, now).outputs["outcome"] == "refuse"
    assert decide(table, {"submitted": submitted.replace(fold=1)}, now).outputs["outcome"] == "allow"


def test_a_clock_may_run_below_zero() -> None:
    """Trap 8: an instant of the future has a negative age, and one of the past a negative rest."""
    until = Column("start", ValueType.DURATION, clock=Clock.UNTIL)
    for column, fact in [(AGE, NOW + timedelta(hours=1)), (until, NOW - timedelta(hours=1))]:
        table = table_of(column, rows=[({column.name: '< duration("PT0S")'}, "allow"), ({}, "refuse")])
        assert decide(table, {column.name: fact}).outputs["outcome"] == "allow"


def test_refuses_a_now_without_time_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        decide(table_of(rows=[({}, "allow")]), {}, datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("fact", [0.5, 1.0, True, "1", Decimal("NaN"), Decimal("Infinity"), Decimal("1.5")])
def test_falls_back_on_what_is_no_whole_number(fact: object) -> None:
    column = Column("count", ValueType.NUMBER, integer=True)
    decision = decide(table_of(column, rows=[({}, "allow")]), {"count": fact})
    assert decision.problem is not None
    assert (decision.row, decision.problem.kind) == (None, ProblemKind.TYPE)


@pytest.mark.parametrize(
    ("value_type", "fact"),
    [
        (ValueType.BOOLEAN, 1),
        (ValueType.BOOLEAN, 0),
        (ValueType.BOOLEAN, "true"),
        (ValueType.NUMBER, True),
        (ValueType.NUMBER, Decimal("NaN")),
        (ValueType.NUMBER, Decimal("Infinity")),
        (ValueType.DATE, NOW),
        (ValueType.DATE_TIME, NOW.date()),
    ],
)
def test_takes_nothing_for_what_it_merely_equals_or_resembles(value_type: ValueType, fact: object) -> None:
    decision = decide(table_of(Column("x", value_type), rows=[({}, "allow")]), {"x": fact})
    assert decision.problem is not None
    assert (decision.row, decision.problem.kind) == (None, ProblemKind.TYPE)


def test_takes_equal_facts_alike_however_they_are_written() -> None:
    class Status(StrEnum):
        DONE = "done"

    table = table_of(STATUS, Column("n", ValueType.NUMBER), rows=[({"status": '"done"', "n": "1"}, "allow")])
    for status, number in [("done", 1), (Status.DONE, Decimal("1.00"))]:
        assert decide(table, {"status": status, "n": number}).row == "r0"


def test_falls_back_where_no_row_fits() -> None:
    decision = decide(table_of(STATUS, rows=[({"status": '"done"'}, "allow")]), {"status": "on_hold"})
    assert decision.problem is not None
    assert (decision.row, decision.problem.kind, decision.problem.column) == (None, ProblemKind.NO_ROW, None)


@pytest.mark.parametrize(
    ("policy", "outcomes", "row"),
    [
        (HitPolicy.FIRST, ("refuse", "allow"), "r0"),
        (HitPolicy.UNIQUE, ("allow", "allow"), None),
        (HitPolicy.ANY, ("allow", "allow"), "r0"),
        (HitPolicy.ANY, ("allow", "refuse"), None),
        (HitPolicy.PRIORITY, ("refuse", "allow"), "r1"),
    ],
)
def test_each_hit_policy_picks_its_row(policy: HitPolicy, outcomes: tuple[str, str], row: str | None) -> None:
    table = table_of(STATUS, rows=[({}, outcome) for outcome in outcomes], policy=policy)
    decision = decide(table, {"status": "done"})
    assert decision.row == row
    if row is None:
        assert decision.problem is not None
        assert decision.problem.kind is ProblemKind.SEVERAL_ROWS
        assert decision.outputs["outcome"] == "request"


def test_several_values_fit_if_any_of_them_does() -> None:
    families = Column("families", ValueType.STRING, domain=("crowns", "aligners", "dentures"), several=True)
    table = table_of(families, rows=[({"families": '"aligners"'}, "refuse"), ({"families": 'not("crowns")'}, "allow")])
    expected = {
        ("aligners",): "r0",
        ("crowns", "aligners"): "r0",
        ("crowns", "dentures", "aligners"): "r0",
        ("crowns",): None,
        ("dentures",): "r1",
        (): "r1",
    }
    for values, row in expected.items():
        for kind in (tuple, frozenset, list, set):
            assert decide(table, {"families": kind(values)}).row == row
    assert decide(table, {"families": "crowns"}).problem is not None
    assert decide(table, {"families": ("crowns", "wings")}).problem is not None


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if text.strip()])
def test_hostile_names_and_constants_are_only_data(hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 7: no text of a table reaches the compiler."""
    sources: list[str] = []

    def watch(event: str, args: tuple[object, ...]) -> None:
        if event == "compile":
            sources.append(str(args[0]))

    _watchers.append(watch)
    try:
        column = Column(hostile, ValueType.STRING, hostile, domain=(hostile, "x"))
        row = Row(hostile, {hostile: parse_cell('not("x")', ValueType.STRING)}, {hostile: hostile}, hostile)
        output = Output(hostile, ValueType.STRING, domain=(hostile,))
        compiled = compile_table(Table(hostile, (column,), (output,), (row,), {hostile: hostile}))
    finally:
        _watchers.remove(watch)
    assert compiled.decide({hostile: hostile}, NOW) == Decision(hostile, {hostile: hostile})
    assert compiled.explain({hostile: "x"}, NOW).missed == ((hostile, hostile, 'not("x")', "x"),)
    assert len(sources) == 2  # one to decide, one to explain
    assert "values0[facts[name0]]" in sources[0]
    assert len(hostile) < 4 or all(hostile not in source for source in sources)


_watchers: list[object] = []


def _audit(event: str, args: tuple[object, ...]) -> None:
    for watch in _watchers:
        watch(event, args)  # type: ignore[operator]


sys.addaudithook(_audit)  # cannot be removed again, hence the list


def test_refuses_to_compile_a_table_with_errors() -> None:
    broken = table_of(STATUS, rows=[({"status": '"lost"'}, "allow"), ({}, "perhaps")])
    with pytest.raises(TableError) as caught:
        compile_table(broken)
    assert [problem.place for problem in caught.value.problems] == ["/rows/0/when/status", "/rows/1/then/outcome"]


def test_decisions_cannot_be_changed_by_who_gets_them() -> None:
    decision = decide(table_of(rows=[({}, "allow")]), {})
    with pytest.raises(TypeError):
        decision.outputs["outcome"] = "refuse"  # type: ignore[index]


def test_facts_of_the_calendars_edge_fall_back() -> None:
    edge = datetime.max.replace(tzinfo=ZoneInfo("America/New_York"))
    decision = decide(table_of(AGE, rows=[({}, "allow")]), {"submitted": edge})
    assert decision.problem is not None
    assert decision.problem.kind is ProblemKind.TYPE
    assert decide(table_of(AGE, rows=[({}, "allow")]), {"submitted": datetime.min.replace(tzinfo=UTC)}).row == "r0"
