from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import assume, given, settings

from reprieve.dmn.analyse import (
    WITNESS_NOW,
    Analysis,
    Conflict,
    Duplicate,
    Gap,
    OrderSensitive,
    Unreachable,
    Witness,
    analyse,
)
from reprieve.dmn.decide import CompiledTable, Decision, ProblemKind, compile_table
from reprieve.dmn.sfeel import Cell, parse_cell, print_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table, TableError, table_from_data, table_to_data
from reprieve.dmn.values import ValueType
from tests.dmn.grid import Spot, busy_table, declared_tables, fits, grid, grid_size
from tests.dmn.oracle import NOW, Answer, slow_decide, slow_verdict
from tests.examples import how_many

ALL = 1_000_000
LARGEST = 4_000  # kinds of facts; more take too long


def decide(table: CompiledTable | Table, witness: Witness) -> Decision:
    compiled = table if isinstance(table, CompiledTable) else compile_table(table)
    return compiled.decide(witness.facts, witness.now)


def decide_slowly(table: Table, witness: Witness) -> str | None:
    return slow_decide(table, witness.facts, witness.now)[0]


# Brute force: what holds of every kind of facts that a table can meet.


@settings(max_examples=how_many(250), deadline=None)
@given(declared_tables())
def test_agrees_with_brute_force_on_tables_of_every_type(table: Table) -> None:
    assume(grid_size(table) <= LARGEST)
    check_analysis(table)


def test_sees_what_a_clock_tells_that_never_gets_near_a_rule() -> None:
    early = Column("age", ValueType.DURATION, clock=Clock.SINCE, maximum=timedelta(hours=-1))
    rule = Row("r0", {"age": parse_cell('> duration("PT1H")', ValueType.DURATION)}, {"answer": "best"})
    answer = Output("answer", ValueType.STRING, domain=("best", "bad"))
    check_analysis(Table("early", (early,), (answer,), (rule,), {"answer": "bad"}, HitPolicy.FIRST, ()))


@pytest.mark.parametrize("hundred", range(4))
def test_agrees_with_brute_force_on_busy_tables(hundred: int) -> None:
    for seed in range(hundred * 100, hundred * 100 + how_many(100)):
        check_analysis(busy_table(seed))


def check_analysis(table: Table) -> None:
    spots = grid(table)
    compiled = compile_table(table)
    found = analyse(compiled, now=NOW, most_gaps=ALL)
    assert not found.has_more_gaps
    check_gaps(compiled, found.gaps, spots)
    check_unreachable(compiled, found.unreachable, spots)
    check_order(compiled, found.order_sensitive, spots)
    check_conflicts(compiled, found.conflicts, spots)
    check_duplicates(table, found.duplicates)


def check_gaps(compiled: CompiledTable, gaps: Sequence[Gap], spots: Sequence[Spot]) -> None:
    table = compiled.table
    for spot in spots:
        inside = [gap for gap in gaps if fits(gap.cells, table, spot.facts)]
        assert bool(inside) == (not spot.fitting)
        assert table.hit_policy is not HitPolicy.UNIQUE or len(inside) <= 1
    for gap in gaps:
        problem = decide(compiled, gap.witness).problem
        assert problem is not None
        assert problem.kind is ProblemKind.NO_ROW
        if gap.suggestion is None:
            assert table.hit_policy is not HitPolicy.FIRST
            assert any(len(cells) > 1 for cells in gap.cells.values())
        else:
            check_suggestion(table, gap, gap.suggestion, spots)


def check_suggestion(table: Table, gap: Gap, row: Row, spots: Sequence[Spot]) -> None:
    longer = table_from_data(table_to_data(replace(table, rows=(*table.rows, row))))  # as if a person had written it
    assert decide_slowly(longer, gap.witness) == row.id
    suggested = {name: (cell,) for name, cell in row.cells.items()}
    for spot in spots:
        fitting = rows_of(table, spot)
        before = slow_verdict(table, fitting)
        after = slow_verdict(longer, [*fitting, *([row] if fits(suggested, table, spot.facts) else [])])
        assert after[1] == before[1]
        assert not fitting or after == before
        assert not fits(gap.cells, table, spot.facts) or after[0] == row.id


def rows_of(table: Table, spot: Spot) -> list[Row]:
    return [row for number, row in enumerate(table.rows) if number in spot.fitting]


def answers(table: Table, spots: Sequence[Spot], kept: Collection[str] | None = None) -> list[Answer]:
    """The answers of the table, or of the kept rows of it."""
    return [
        slow_verdict(table, [row for row in rows_of(table, spot) if kept is None or row.id in kept]) for spot in spots
    ]


def check_unreachable(compiled: CompiledTable, unreachable: Sequence[Unreachable], spots: Sequence[Spot]) -> None:
    table = compiled.table
    deciding = {answer[0] for answer in answers(table, spots)}
    assert [found.row for found in unreachable] == [row.id for row in table.rows if row.id not in deciding]
    for found in unreachable:
        fitted = any(found.row == row.id for spot in spots for row in rows_of(table, spot))
        assert (found.witness is not None) == bool(found.masked_by) == fitted
        if found.witness is not None:
            assert decide(compiled, found.witness).row != found.row
            assert decide_slowly(only(table, [found.row]), found.witness) == found.row
            assert not ever_decides(table, found.row, found.masked_by, spots)
            for spared in found.masked_by:
                rest = [row for row in found.masked_by if row != spared]
                assert ever_decides(table, found.row, rest, spots)


def only(table: Table, rows: Collection[str]) -> Table:
    return replace(table, rows=tuple(row for row in table.rows if row.id in rows))


def ever_decides(table: Table, row: str, others: Sequence[str], spots: Sequence[Spot]) -> bool:
    return any(answer[0] == row for answer in answers(table, spots, kept=[row, *others]))


def check_order(compiled: CompiledTable, pairs: Sequence[OrderSensitive], spots: Sequence[Spot]) -> None:
    table = compiled.table
    expected = set()
    for first, second in combinations(range(len(table.rows)), 2):
        both = [spot for spot in spots if {first, second} <= spot.fitting]
        swapped = swap(table, first, second)
        for spot in both:
            fitting = rows_of(table, spot)
            before = slow_verdict(table, fitting)
            after = slow_verdict(table, [row for row in swapped.rows if row in fitting])
            one, other = table.rows[first].id, table.rows[second].id
            if {before[0], after[0]} == {one, other} and before[1] != after[1]:
                expected.add((before[0], after[0]))
    assert {(pair.earlier, pair.later) for pair in pairs} == expected
    assert len(pairs) == len(expected)
    for pair in pairs:
        check_pair(compiled, pair, spots)


def check_pair(compiled: CompiledTable, pair: OrderSensitive, spots: Sequence[Spot]) -> None:
    table = compiled.table
    numbers = {row.id: number for number, row in enumerate(table.rows)}
    first, second = numbers[pair.earlier], numbers[pair.later]
    assert decide(compiled, pair.witness).row == pair.earlier
    assert decide_slowly(swap(table, first, second), pair.witness) == pair.later
    assert pair.outputs == ("answer",)
    assert pair.is_exception == all(second in spot.fitting for spot in spots if first in spot.fitting)


def swap(table: Table, first: int, second: int) -> Table:
    rows = list(table.rows)
    rows[first], rows[second] = rows[second], rows[first]
    return replace(table, rows=tuple(rows))


def check_conflicts(compiled: CompiledTable, conflicts: Sequence[Conflict], spots: Sequence[Spot]) -> None:
    table = compiled.table
    expected = []
    for first, second in combinations(range(len(table.rows)), 2):
        differ = table.rows[first].outputs != table.rows[second].outputs
        breaks = {HitPolicy.UNIQUE: True, HitPolicy.ANY: differ}.get(table.hit_policy, False)
        if breaks and any({first, second} <= spot.fitting for spot in spots):
            expected.append((table.rows[first].id, table.rows[second].id))
    assert [conflict.rows for conflict in conflicts] == expected
    for conflict in conflicts:
        problem = decide(compiled, conflict.witness).problem
        assert problem is not None
        assert problem.kind is ProblemKind.SEVERAL_ROWS
        for row in conflict.rows:
            assert decide_slowly(only(table, [row]), conflict.witness) == row


def check_duplicates(table: Table, duplicates: Sequence[Duplicate]) -> None:
    alone = replace(table, impossible=())
    fitted = [
        {
            number: frozenset(
                repr(spot.facts) for spot in grid(replace(alone, inputs=(column,))) if number in spot.fitting
            )
            for number in range(len(table.rows))
        }
        for column in table.inputs
    ]
    expected: dict[tuple[object, ...], list[str]] = {}
    for number, row in enumerate(table.rows):
        sets = tuple(column[number] for column in fitted)
        if all(sets):
            expected.setdefault(sets, []).append(row.id)
    assert [found.rows for found in duplicates] == [tuple(rows) for rows in expected.values() if len(rows) > 1]


# What people meet.

STATUS = Column("status", ValueType.STRING, domain=("new", "held", "sent"))
FAMILIES = Column("families", ValueType.STRING, several=True)
STAGE = Column("stage", ValueType.STRING, domain=("not_started", "started", "completed"))
DELIVERED = Column("delivered", ValueType.BOOLEAN)
AGE = Column("age", ValueType.DURATION, clock=Clock.SINCE)
OUTCOME = Output("outcome", ValueType.STRING, domain=("allow", "request", "refuse"))
NOTE = Output("note", ValueType.STRING, optional=True)

type When = dict[str, str]


def table_of(
    *columns: Column,
    rows: Sequence[tuple[When, str]],
    policy: HitPolicy = HitPolicy.FIRST,
    impossible: Sequence[When] = (),
) -> Table:
    types = {column.name: column.type for column in columns}

    def parsed(when: When) -> dict[str, Cell]:
        return {name: parse_cell(text, types[name]) for name, text in when.items()}

    return Table(
        name="a table",
        inputs=columns,
        outputs=(OUTCOME, NOTE),
        rows=tuple(Row(f"r{index}", parsed(when), {"outcome": answer}) for index, (when, answer) in enumerate(rows)),
        fallback={"outcome": "request"},
        hit_policy=policy,
        impossible=tuple(parsed(when) for when in impossible),
    )


def printed(table: Table, gap: Gap) -> dict[str, list[str]]:
    types = {column.name: column.type for column in table.inputs}
    return {name: [print_cell(cell, types[name]) for cell in cells] for name, cells in gap.cells.items()}


def gaps_of(table: Table) -> list[dict[str, list[str]]]:
    return [printed(table, gap) for gap in analyse(table).gaps]


def test_finds_nothing_in_a_sound_table() -> None:
    table = table_of(STATUS, rows=[({"status": '"new"'}, "allow"), ({"status": 'not("new")'}, "refuse")])
    assert analyse(table) == Analysis(
        (), has_more_gaps=False, unreachable=(), order_sensitive=(), conflicts=(), duplicates=()
    )


def test_a_gap_shows_itself_and_the_row_that_closes_it() -> None:
    rows = [({"status": '"new"', "age": '<= duration("PT1H")'}, "allow"), ({"status": '"sent"'}, "refuse")]
    table = table_of(STATUS, AGE, rows=rows)
    held, late = analyse(table).gaps
    assert printed(table, held) == {"status": ['"held"']}
    assert printed(table, late) == {"status": ['"new", "held"'], "age": ['> duration("PT1H")']}
    assert late.witness == Witness({"status": "new", "age": WITNESS_NOW - timedelta(hours=2)}, WITNESS_NOW)
    assert late.suggestion == Row("gap-2", {name: cell for name, (cell,) in late.cells.items()}, {"outcome": "request"})
    closed = replace(table, rows=(*table.rows, *(gap.suggestion for gap in (held, late) if gap.suggestion)))
    assert analyse(closed).gaps == ()


def test_a_suggested_row_takes_an_id_that_is_free() -> None:
    table = table_of(STATUS, rows=[({"status": '"new"'}, "allow")])
    taken = replace(table, rows=(replace(table.rows[0], id="gap-1"),))
    assert [gap.suggestion.id for gap in analyse(taken).gaps if gap.suggestion] == ["gap-2"]


@pytest.mark.parametrize("cell", ["-", 'not("sent")'])
def test_a_value_outside_the_domain_is_no_gap_and_a_new_one_slides_in_silently(cell: str) -> None:
    """Trap 4: the analysis counts on the domain, as does the decision; a value that joins it may find a row."""
    rows = [({"status": '"sent"'}, "refuse"), ({"status": cell}, "allow")]
    assert gaps_of(table_of(STATUS, rows=rows)) == []
    assert gaps_of(table_of(replace(STATUS, domain=None), rows=rows)) == []
    listed = [({"status": '"sent"'}, "refuse"), ({"status": '"new", "held"'}, "allow")]
    assert gaps_of(table_of(STATUS, rows=listed)) == []
    grown = replace(STATUS, domain=(*(STATUS.domain or ()), "lost"))
    assert gaps_of(table_of(grown, rows=listed)) == [{"status": ['"lost"']}]
    assert gaps_of(table_of(replace(STATUS, domain=None), rows=listed)) == [{"status": ['not("sent", "new", "held")']}]


def test_nothing_lies_between_whole_numbers() -> None:
    """Trap 8: no false gap from (1..2) on a count, and a row that asks for it never decides."""
    count = Column("count", ValueType.NUMBER, integer=True)
    rows = [({"count": "<= 1"}, "allow"), ({"count": ">= 2"}, "refuse")]
    assert gaps_of(table_of(count, rows=rows)) == []
    assert gaps_of(table_of(replace(count, integer=False), rows=rows)) == [{"count": ["(1..2)"]}]
    found = analyse(table_of(count, rows=[({"count": "(1..2)"}, "allow"), ({}, "refuse")]))
    assert found.unreachable == (Unreachable("r0", (), None),)


def test_durations_run_below_zero_unless_the_column_declares_otherwise() -> None:
    """Trap 8: the minimum belongs to the column."""
    rows = [({"age": '[duration("PT0S")..duration("PT1H"))'}, "allow"), ({"age": '>= duration("PT1H")'}, "refuse")]
    table = table_of(AGE, rows=rows)
    (gap,) = analyse(table).gaps
    assert printed(table, gap) == {"age": ['< duration("PT0S")']}
    assert gap.witness.facts == {"age": WITNESS_NOW + timedelta(hours=1)}
    assert gaps_of(table_of(replace(AGE, minimum=timedelta()), rows=rows)) == []


def test_a_range_reaches_up_to_its_own_ends() -> None:
    share = Column("share", ValueType.NUMBER, minimum=0, maximum=1)
    rows = [({"share": "(0..1)"}, "allow")]
    assert gaps_of(table_of(share, rows=rows)) == [{"share": ["<= 0, >= 1"]}]
    assert [gap.witness.facts for gap in analyse(table_of(share, rows=rows)).gaps] == [{"share": 0}]
    beyond = [({"share": "> 1"}, "allow"), ({}, "refuse")]
    assert [found.row for found in analyse(table_of(share, rows=beyond)).unreachable] == ["r0"]


def test_a_gap_lies_only_where_facts_can_be() -> None:
    """Trap 8: delivered, yet design not started, is declared impossible."""
    rows = [
        ({"delivered": "true", "stage": '"completed"'}, "refuse"),
        ({"delivered": "false"}, "allow"),
    ]
    assert gaps_of(table_of(DELIVERED, STAGE, rows=rows)) == [
        {"delivered": ["true"], "stage": ['"not_started", "started"']}
    ]
    declared = table_of(DELIVERED, STAGE, rows=rows, impossible=[{"delivered": "true", "stage": 'not("completed")'}])
    assert gaps_of(declared) == []


def test_a_row_that_fits_only_the_impossible_never_decides() -> None:
    """Trap 8."""
    rows = [({"delivered": "true", "stage": '"not_started"'}, "refuse"), ({}, "allow")]
    table = table_of(DELIVERED, STAGE, rows=rows, impossible=[{"delivered": "true", "stage": '"not_started"'}])
    assert analyse(table).unreachable == (Unreachable("r0", (), None),)
    assert analyse(table).order_sensitive == ()


def test_what_may_be_missing_is_a_value_like_others() -> None:
    """Trap 1."""
    stage = replace(STAGE, nullable=True)
    rows = [({"stage": '"not_started"'}, "allow"), ({"stage": '"started", "completed"'}, "refuse")]
    table = table_of(stage, rows=rows)
    (gap,) = analyse(table).gaps
    assert (printed(table, gap), gap.witness.facts) == ({"stage": ["null"]}, {"stage": None})
    assert gaps_of(table_of(stage, rows=[({"stage": "null"}, "allow")])) == [{"stage": ["not(null)"]}]
    assert gaps_of(table_of(stage, rows=[({"stage": 'not("started")'}, "allow")])) == [{"stage": ['"started"']}]


def test_a_fact_of_several_values_is_any_set_of_them() -> None:
    rows = [({"families": '"crowns"'}, "allow"), ({"families": 'not("aligners")'}, "refuse")]
    table = table_of(FAMILIES, rows=rows)
    (gap,) = analyse(table).gaps
    assert printed(table, gap) == {"families": ['"aligners"', 'not("crowns")']}
    assert gap.witness.facts == {"families": ("aligners",)}
    assert gap.suggestion is not None
    assert {name: print_cell(cell, ValueType.STRING) for name, cell in gap.suggestion.cells.items()} == {
        "families": '"aligners"'
    }
    assert gaps_of(table_of(FAMILIES, rows=[({"families": '"crowns", "design"'}, "allow")])) == [
        {"families": ['not("crowns", "design")']}
    ]


def test_suggests_nothing_where_a_row_would_break_the_policy() -> None:
    rows = [({"families": '"crowns"'}, "allow"), ({"families": 'not("aligners", "crowns")'}, "refuse")]
    table = table_of(FAMILIES, rows=rows, policy=HitPolicy.UNIQUE)
    (gap,) = analyse(table).gaps
    assert printed(table, gap) == {"families": ['"aligners"', 'not("crowns")']}
    assert gap.suggestion is None


def test_names_the_row_that_masks_another() -> None:
    rows = [({}, "request"), ({"status": 'not("sent")'}, "allow"), ({"status": '"new"'}, "refuse")]
    table = table_of(STATUS, DELIVERED, rows=rows[1:])
    (found,) = analyse(table).unreachable
    assert (found.row, found.masked_by) == ("r1", ("r0",))
    assert found.witness is not None
    assert decide(table, found.witness).row == "r0"
    assert [found.masked_by for found in analyse(table_of(STATUS, rows=rows)).unreachable] == [("r0",), ("r0",)]


def test_names_the_rows_that_mask_another_together_and_no_more() -> None:
    rows = [
        ({"delivered": "true", "status": '"new", "sent"'}, "allow"),
        ({"stage": '"started"'}, "refuse"),
        ({"delivered": "false"}, "request"),
        ({"status": '"sent"'}, "refuse"),
    ]
    (found,) = analyse(table_of(STATUS, STAGE, DELIVERED, rows=rows)).unreachable
    assert (found.row, found.masked_by) == ("r3", ("r0", "r2"))


def test_overlap_is_normal_and_only_what_hangs_on_the_order_is_told() -> None:
    """Trap 9: of six pairs that overlap one answers alike, and one never decides where it meets."""
    rows = [
        ({"status": '"new"', "delivered": "true"}, "refuse"),
        ({"status": '"new"'}, "allow"),
        ({"delivered": "true"}, "refuse"),
        ({}, "request"),
    ]
    found = analyse(table_of(STATUS, DELIVERED, rows=rows))
    assert (found.gaps, found.unreachable, found.conflicts, found.duplicates) == ((), (), (), ())
    pairs = [(pair.earlier, pair.later, pair.is_exception) for pair in found.order_sensitive]
    assert pairs == [("r0", "r1", True), ("r0", "r3", True), ("r1", "r3", True), ("r2", "r3", True)]


def test_two_rows_of_which_each_has_its_own_are_no_exception_and_rule() -> None:
    """Trap 9."""
    rows = [({"status": '"new"'}, "allow"), ({"delivered": "true"}, "refuse")]
    (pair,) = analyse(table_of(STATUS, DELIVERED, rows=rows)).order_sensitive
    witness = Witness({"status": "new", "delivered": True}, WITNESS_NOW)
    assert pair == OrderSensitive("r0", "r1", ("outcome",), is_exception=False, witness=witness)


def test_names_the_outputs_that_hang_on_the_order() -> None:
    table = table_of(STATUS, rows=[({"status": '"new"'}, "allow"), ({}, "allow")])
    noted = replace(table.rows[0], outputs={"outcome": "allow", "note": "call first"})
    assert [pair.outputs for pair in analyse(replace(table, rows=(noted, table.rows[1]))).order_sensitive] == [
        ("note",)
    ]
    assert analyse(table).order_sensitive == ()


def test_duplicates_are_rows_of_the_same_meaning() -> None:
    count = Column("count", ValueType.NUMBER, integer=True, minimum=0)
    rows = [({"count": "0"}, "allow"), ({"count": "<= 0"}, "refuse"), ({"count": "not(> 0)"}, "allow"), ({}, "refuse")]
    assert analyse(table_of(count, rows=rows)).duplicates == (Duplicate(("r0", "r1", "r2"), ("outcome",)),)


@pytest.mark.parametrize(
    ("policy", "answers", "conflicting"),
    [
        (HitPolicy.UNIQUE, ("allow", "allow"), True),
        (HitPolicy.ANY, ("allow", "refuse"), True),
        (HitPolicy.ANY, ("allow", "allow"), False),
        (HitPolicy.PRIORITY, ("allow", "refuse"), False),
        (HitPolicy.FIRST, ("allow", "refuse"), False),
    ],
)
def test_overlap_breaks_some_policies(policy: HitPolicy, answers: tuple[str, str], conflicting: bool) -> None:  # noqa: FBT001
    rows = [({"status": '"new"'}, answers[0]), ({"delivered": "true"}, answers[1])]
    table = table_of(STATUS, DELIVERED, rows=rows, policy=policy)
    found = analyse(table).conflicts
    assert [conflict.rows for conflict in found] == ([("r0", "r1")] if conflicting else [])
    for conflict in found:
        problem = decide(table, conflict.witness).problem
        assert problem is not None
        assert problem.kind is ProblemKind.SEVERAL_ROWS


def test_under_priority_the_rank_decides_and_only_equals_hang_on_the_order() -> None:
    rows = [({"status": '"new"'}, "refuse"), ({}, "allow"), ({"delivered": "true"}, "allow")]
    table = table_of(STATUS, DELIVERED, rows=rows, policy=HitPolicy.PRIORITY)
    noted = replace(table.rows[2], outputs={"outcome": "allow", "note": "delivered"})
    found = analyse(replace(table, rows=(*table.rows[:2], noted)))
    assert [(masked.row, masked.masked_by) for masked in found.unreachable] == [("r0", ("r1",)), ("r2", ("r1",))]
    assert [(pair.earlier, pair.later, pair.outputs) for pair in found.order_sensitive] == [("r1", "r2", ("note",))]


def test_lists_no_more_gaps_than_asked_for_and_says_so() -> None:
    table = table_of(STATUS, STAGE, rows=[({"status": '"new"', "stage": '"started"'}, "allow")])
    assert len(analyse(table).gaps) == 2
    assert not analyse(table).has_more_gaps
    assert len(analyse(table, most_gaps=1).gaps) == 1
    assert analyse(table, most_gaps=1).has_more_gaps


def test_an_instant_beyond_the_calendar_is_no_gap() -> None:
    """A clock sees no duration that leads out of the years 1 to 9999."""
    rows = [({"age": '<= duration("P2000000D")'}, "allow")]
    assert gaps_of(table_of(AGE, rows=rows)) == []
    assert gaps_of(table_of(replace(AGE, clock=None), rows=rows)) == [{"age": ['> duration("P2000000D")']}]


def test_numbers_lie_between_any_two() -> None:
    amount = Column("amount", ValueType.NUMBER)
    (gap,) = analyse(table_of(amount, rows=[({"amount": "<= 0.1"}, "allow"), ({"amount": ">= 0.2"}, "allow")])).gaps
    assert gap.witness.facts == {"amount": Decimal("0.15")}


def test_refuses_a_table_with_errors_and_a_now_without_zone() -> None:
    with pytest.raises(TableError):
        analyse(table_of(STATUS, rows=[({"status": '"lost"'}, "allow")]))
    with pytest.raises(ValueError, match="aware"):
        analyse(table_of(STATUS, rows=[({}, "allow")]), now=datetime(2026, 1, 1))  # noqa: DTZ001
