from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.horizon import Horizon, Span, curve, horizon
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table
from reprieve.dmn.values import ValueType
from reprieve.policies.presets import files as preset_files
from tests.dmn.oracle import CONSTANTS, MICROSECOND, NOW, ZONES, columns, facts_for, slow_decide, tables_of
from tests.examples import how_many

HOUR = timedelta(hours=1)
LATEST = datetime.max.replace(tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
AGE = Column("age", ValueType.DURATION, clock=Clock.SINCE)
REST = Column("rest", ValueType.DURATION, clock=Clock.UNTIL)
STATUS = Column("status", ValueType.STRING, domain=("held", "done"))
ANSWER = Output("answer", ValueType.STRING, domain=("allow", "request", "refuse"))


def compiled_of(*inputs: Column, rows: list[tuple[dict[str, str], str]]) -> CompiledTable:
    """Rows that give the answer, and a last one that refuses."""
    built = tuple(
        Row(
            f"r{index}",
            {
                name: parse_cell(text, ValueType.STRING if name == "status" else ValueType.DURATION)
                for name, text in when.items()
            },
            {"answer": answer},
        )
        for index, (when, answer) in enumerate([*rows, ({}, "refuse")])
    )
    return compile_table(Table("a table", inputs, (ANSWER,), built, {"answer": "request"}))


def seen(found: Horizon | None) -> tuple[timedelta, bool, Any] | None:
    """From when on, whether that instant still has the old answer, and the new one."""
    return (found.until - NOW, found.inclusive, found.decision.outputs["answer"]) if found else None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<= duration("PT1H")', (40, True, "refuse")),
        ('< duration("PT1H")', (40, False, "refuse")),
        ('> duration("PT1H")', (40, True, "allow")),
        ('>= duration("PT1H")', (40, False, "allow")),
        ('duration("PT1H")', (40, False, "allow")),
        ('not(duration("PT1H"))', (40, False, "refuse")),
        ('not(< duration("PT1H"))', (40, False, "allow")),
        ('[duration("PT1H")..duration("PT2H")]', (40, False, "allow")),
        ('(duration("PT10M")..duration("PT30M"))', (10, False, "refuse")),
        ('<= duration("PT20M")', (0, True, "refuse")),
        ('< duration("PT20M")', None),
        ("-", None),
    ],
)
def test_an_answer_ends_at_the_constant_or_just_after_it(cell: str, expected: tuple[int, bool, str] | None) -> None:
    compiled = compiled_of(AGE, rows=[({"age": cell}, "allow")])
    found = horizon(compiled, {"age": NOW - timedelta(minutes=20)}, NOW)
    assert seen(found) == (expected and (timedelta(minutes=expected[0]), *expected[1:]))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('>= duration("PT24H")', (6, True, "refuse")),
        ('> duration("PT24H")', (6, False, "refuse")),
        ('<= duration("PT24H")', (6, False, "allow")),
        ('< duration("PT0S")', (30, True, "allow")),
    ],
)
def test_time_until_runs_down_and_below_zero(cell: str, expected: tuple[int, bool, str]) -> None:
    compiled = compiled_of(REST, rows=[({"rest": cell}, "allow")])
    found = horizon(compiled, {"rest": NOW + 30 * HOUR}, NOW)
    assert seen(found) == (expected[0] * HOUR, *expected[1:])


def test_the_first_instant_of_the_new_answer_is_exact() -> None:
    for cell, first in [('<= duration("PT1H")', NOW + HOUR + MICROSECOND), ('< duration("PT1H")', NOW + HOUR)]:
        compiled = compiled_of(AGE, rows=[({"age": cell}, "allow")])
        found = horizon(compiled, {"age": NOW}, NOW)
        assert found is not None
        assert found.first == first
        assert compiled.decide({"age": NOW}, first).row == "r1"
        assert compiled.decide({"age": NOW}, first - MICROSECOND).row == "r0"


def test_the_nearest_of_several_clocks_counts() -> None:
    rows = [({"age": '<= duration("PT5H")', "rest": '> duration("PT1H")'}, "allow")]
    compiled = compiled_of(AGE, REST, rows=rows)
    assert seen(horizon(compiled, {"age": NOW, "rest": NOW + 4 * HOUR}, NOW)) == (3 * HOUR, False, "refuse")
    assert seen(horizon(compiled, {"age": NOW, "rest": NOW + 9 * HOUR}, NOW)) == (5 * HOUR, True, "refuse")


def test_passes_over_constants_that_change_no_answer() -> None:
    rows = [
        ({"age": '< duration("PT1H")', "status": '"done"'}, "request"),
        ({"age": '< duration("PT2H")'}, "allow"),
        ({"age": '< duration("PT3H")'}, "allow"),
    ]
    compiled = compiled_of(AGE, STATUS, rows=rows)
    facts = {"age": NOW, "status": "held"}
    assert seen(horizon(compiled, facts, NOW)) == (3 * HOUR, False, "refuse")
    assert seen(horizon(compiled, facts, NOW, by_row=True)) == (2 * HOUR, False, "allow")
    assert seen(horizon(compiled, {**facts, "status": "done"}, NOW)) == (HOUR, False, "allow")


def test_a_fact_that_may_be_missing_does_not_age_while_it_is() -> None:
    column = Column("age", ValueType.DURATION, clock=Clock.SINCE, nullable=True)
    compiled = compiled_of(column, rows=[({"age": 'null, < duration("PT1H")'}, "allow")])
    assert horizon(compiled, {"age": None}, NOW) is None
    assert horizon(compiled, {}, NOW) is None
    assert seen(horizon(compiled, {"age": NOW}, NOW)) == (HOUR, False, "refuse")


@pytest.mark.parametrize("facts", [{}, {"age": NOW}, {"age": NOW, "status": "lost"}, {"age": 1, "status": "held"}])
def test_an_answer_for_want_of_facts_stays(facts: dict[str, object]) -> None:
    compiled = compiled_of(AGE, STATUS, rows=[({"age": '< duration("PT1H")'}, "allow")])
    assert horizon(compiled, facts, NOW) is None
    (span,) = curve(compiled, facts, NOW, NOW + 9 * HOUR)
    assert span == Span(NOW, NOW + 9 * HOUR, True, True, compiled.decide(facts, NOW))
    assert span.decision.problem is not None


def test_spans_join_without_a_gap_and_show_an_answer_of_one_instant() -> None:
    compiled = compiled_of(AGE, rows=[({"age": 'duration("PT1H")'}, "allow")])
    spans = curve(compiled, {"age": NOW}, NOW, NOW + 2 * HOUR)
    assert [(s.start - NOW, s.until - NOW, s.includes_start, s.includes_until, s.decision.row) for s in spans] == [
        (0 * HOUR, HOUR, True, False, "r1"),
        (HOUR, HOUR, True, True, "r0"),
        (HOUR, 2 * HOUR, False, True, "r1"),
    ]


def test_a_curve_includes_its_limit_and_nothing_after_it() -> None:
    facts = {"age": NOW}
    for cell, limit, rows in [
        ('< duration("PT1H")', HOUR - MICROSECOND, ["r0"]),
        ('< duration("PT1H")', HOUR, ["r0", "r1"]),
        ('<= duration("PT1H")', HOUR, ["r0"]),
        ('<= duration("PT1H")', HOUR + MICROSECOND, ["r0", "r1"]),
        ("-", 0 * HOUR, ["r0"]),
    ]:
        compiled = compiled_of(AGE, rows=[({"age": cell}, "allow")])
        spans = curve(compiled, facts, NOW, NOW + limit)
        assert [span.decision.row for span in spans] == rows
        assert spans[-1].until == NOW + limit


def test_refuses_instants_without_time_zone_and_a_limit_before_now() -> None:
    compiled = compiled_of(AGE, rows=[])
    naive = NOW.replace(tzinfo=None)
    for act in (
        lambda: horizon(compiled, {"age": NOW}, naive),
        lambda: curve(compiled, {"age": NOW}, naive, NOW),
        lambda: curve(compiled, {"age": NOW}, NOW, naive),
        lambda: curve(compiled, {"age": NOW}, NOW, NOW - MICROSECOND),
    ):
        with pytest.raises(ValueError, match="aware"):
            act()


def test_tells_in_utc_across_a_change_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)  # 00:30 UTC, half an hour before the clocks go back
    compiled = compiled_of(AGE, rows=[({"age": '< duration("PT1H")'}, "allow")])
    found = horizon(compiled, {"age": now}, now)
    assert found is not None
    assert (found.until, found.until.tzinfo) == (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "cell", ['<= duration("P999999999D")', '>= duration("-P999999999D")', '<= duration("P3652060D")']
)
def test_what_lies_beyond_the_calendar_never_comes(cell: str) -> None:
    for column in (AGE, REST):
        compiled = compiled_of(column, rows=[({column.name: cell}, "allow")])
        for fact in (EARLIEST, NOW, LATEST):
            assert horizon(compiled, {column.name: fact}, NOW) is None


def test_the_last_instant_of_the_calendar_has_none_after_it() -> None:
    inclusive = compiled_of(REST, rows=[({"rest": '>= duration("PT0S")'}, "allow")])
    exclusive = compiled_of(REST, rows=[({"rest": '> duration("PT0S")'}, "allow")])
    assert horizon(inclusive, {"rest": LATEST}, NOW) is None
    assert horizon(exclusive, {"rest": LATEST}, NOW) == Horizon(
        LATEST, False, exclusive.decide({"rest": LATEST}, LATEST)
    )
    assert horizon(exclusive, {"rest": LATEST}, LATEST) is None
    assert len(curve(exclusive, {"rest": LATEST}, EARLIEST, LATEST)) == 2


def test_the_demo_lab_lets_a_design_be_cancelled_within_its_first_hour() -> None:
    compiled = compile_table(preset_files.load_file(preset_files.PRESETS / "lab" / "order-cancellation.toml").table)
    facts = {
        "status": "in_production",
        "product_family": ("design",),
        "production_stage": "not_started",
        "design_stage": "not_started",
        "files_delivered": False,
        "revisions_in_progress": 0,
        "files_submitted": False,
        "since_submission": NOW - timedelta(minutes=23),
    }
    found = horizon(compiled, facts, NOW)
    assert compiled.decide(facts, NOW).row == "design-first-hour"
    assert found is not None
    assert (found.until, found.inclusive) == (NOW + timedelta(minutes=37), True)
    assert (found.decision.row, found.decision.outputs["outcome"]) == ("design-not-begun", "request")
    assert horizon(compiled, facts, found.until) == found  # the hour is not over yet
    assert horizon(compiled, facts, found.first) is None
    assert horizon(compiled, {**facts, "files_submitted": True}, NOW) is None


# Against time itself: every instant at which an age meets a constant, a tick before and after it, and others between.


@st.composite
def ageing_tables(draw: st.DrawFn) -> Table:
    clocks = [
        Column(name, ValueType.DURATION, nullable=draw(st.booleans()), clock=draw(st.sampled_from(Clock)))
        for name in draw(st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]]))
    ]
    others = [draw(columns(name)) for name in draw(st.sampled_from([[], ["x"]]))]
    return draw(tables_of((*clocks, *others)))


@st.composite
def ageing_facts(draw: st.DrawFn, table: Table) -> dict[str, object]:
    """Mostly sound facts, whose ages meet constants within the next two days."""
    facts = draw(facts_for(table))
    moments = st.integers(-30 * 3600, 30 * 3600).map(lambda seconds: NOW + timedelta(seconds=seconds, microseconds=7))
    whole = st.integers(-30, 30).map(lambda hours: NOW + hours * HOUR)  # several clocks then meet constants at once
    for column in table.inputs:
        if column.clock and draw(st.integers(0, 9)):
            facts[column.name] = draw(st.one_of(moments, whole)).astimezone(draw(st.sampled_from(ZONES)))
    return facts


type Known = list[tuple[datetime, Mapping[str, object]]]
"""The facts from instants on, in the order of time."""


def steps(table: Table, known: Known, others: list[datetime], limit: datetime) -> list[datetime]:
    instants = {limit, *others, *(instant for instant, _ in known)}
    for column in table.inputs:
        for fact in (facts.get(column.name) for _, facts in known):
            if column.clock and isinstance(fact, datetime) and fact.tzinfo:
                for constant in CONSTANTS[ValueType.DURATION]:
                    assert isinstance(constant, timedelta)
                    meets = fact.astimezone(UTC) + (constant if column.clock is Clock.SINCE else -constant)
                    instants |= {meets + tick * MICROSECOND for tick in (-2, -1, 0, 1, 2)}
    return sorted(instant for instant in instants if NOW <= instant <= limit)


@st.composite
def known_facts(draw: st.DrawFn, table: Table) -> Known:
    """Facts from now on, and others from up to three later instants on, some of which are met by an age too."""
    moments = st.integers(1, 90 * 60).map(lambda minutes: timedelta(minutes=minutes))
    whole = st.integers(1, 90).map(lambda hours: hours * HOUR)
    ticks = st.integers(-1, 1).map(lambda tick: tick * MICROSECOND)
    afters = st.builds(lambda after, tick: NOW + after + tick, st.one_of(moments, whole), ticks)
    instants = [NOW, *sorted(draw(st.lists(afters, max_size=3, unique=True)))]
    return [(instant, draw(ageing_facts(table))) for instant in instants]


@settings(max_examples=how_many(200), deadline=None)
@given(st.data())
def test_equals_stepping_through_time(data: st.DataObject) -> None:
    by_row = data.draw(st.booleans())
    table = data.draw(ageing_tables())
    known = data.draw(known_facts(table))
    (_, facts), *further = known
    compiled = compile_table(table)
    limit = NOW + data.draw(st.sampled_from([0 * HOUR, HOUR, 100 * HOUR]))
    minutes = data.draw(st.lists(st.integers(0, 100 * 60), max_size=5))
    others = [NOW + timedelta(minutes=minute, seconds=13) for minute in minutes]

    def answer(row: str | None, outputs: Mapping[str, object]) -> object:
        return (row, dict(outputs)) if by_row else dict(outputs)

    stepped: list[tuple[datetime, object]] = []
    for instant in steps(table, known, others, limit):
        row, outputs, _, _ = slow_decide(table, [facts for since, facts in known if since <= instant][-1], instant)
        if not stepped or stepped[-1][1] != answer(row, outputs):
            stepped.append((instant, answer(row, outputs)))

    spans = curve(compiled, facts, NOW, limit, later=further, by_row=by_row)
    firsts = [span.start if span.includes_start else span.start + MICROSECOND for span in spans]
    assert [
        (first, answer(span.decision.row, span.decision.outputs)) for first, span in zip(firsts, spans, strict=True)
    ] == stepped
    found = horizon(compiled, facts, NOW, later=further, by_row=by_row)
    change = (found.first, answer(found.decision.row, found.decision.outputs)) if found else None
    if found and found.first <= limit:
        assert change == stepped[1]
    else:
        assert len(stepped) == 1
    for earlier, later in pairwise(spans):
        assert (earlier.until, earlier.includes_until) == (later.start, not later.includes_start)


def test_facts_that_turn_are_read_only_as_far_as_the_next_change() -> None:
    compiled = compiled_of(AGE, STATUS, rows=[({"status": '"held"', "age": '<= duration("PT3H")'}, "allow")])

    def later() -> Iterator[tuple[datetime, dict[str, object]]]:
        yield NOW + HOUR, {"age": NOW, "status": "held"}
        yield NOW + 2 * HOUR, {"age": NOW, "status": "done"}
        raise AssertionError

    assert seen(horizon(compiled, {"age": NOW, "status": "held"}, NOW, later=later())) == (2 * HOUR, False, "refuse")
    soon = [(NOW + 3 * HOUR + MICROSECOND, {"age": NOW, "status": "done"})]
    found = horizon(compiled, {"age": NOW, "status": "held"}, NOW, later=soon)
    assert seen(found) == (3 * HOUR + MICROSECOND, False, "refuse")
    assert found is not None
    assert found.first == NOW + 3 * HOUR + MICROSECOND


def test_finds_an_answer_that_returns_under_every_hit_policy() -> None:
    for policy in HitPolicy:
        rows = (
            Row("early", {"age": parse_cell('< duration("PT1H")', ValueType.DURATION)}, {"answer": "allow"}),
            Row("late", {"age": parse_cell('> duration("PT2H")', ValueType.DURATION)}, {"answer": "allow"}),
        )
        compiled = compile_table(Table("t", (AGE,), (ANSWER,), rows, {"answer": "request"}, policy))
        spans = curve(compiled, {"age": NOW}, NOW, NOW + 3 * HOUR)
        assert [span.decision.row for span in spans] == ["early", None, "late"]
