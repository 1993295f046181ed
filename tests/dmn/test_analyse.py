from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import assume, given, settings

from reprieve.dmn.analyse import Analysis, Conflict, Duplicate, Gap, OrderSensitive, Unreachable, Witness, analyse
from reprieve.dmn.decide import CompiledTable, Decision, ProblemKind, compile_table
from reprieve.dmn.facts import Fact
from reprieve.dmn.sfeel import parse_cell, print_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table, TableError, table_from_data, table_to_data
from reprieve.dmn.values import ValueType
from tests.dmn.grid import Spot, busy_table, declared_tables, fits, grid, grid_size
from tests.dmn.oracle import NOW, Answer, slow_decide, slow_verdict

ALL = 1_000_000
LARGEST = 4_000  # kinds of facts; more take too long


def decide(table: CompiledTable | Table, witness: Witness) -> Decision:
    compiled = table if isinstance(table, CompiledTable) else compile_table(table)
    return compiled.decide(witness.facts, witness.now)


def decide_slowly(table: Table, witness: Witness) -> str | None:
    return slow_decide(table, witness.facts, witness.now)[0]


# Brute force: what holds of every kind of facts that a table can meet.


@settings(max_examples=250, deadline=None)
@given(declared_tables())
def test_agrees_with_brute_force_on_tables_of_every_type(table: Table) -> None:
    assume(grid_size(table) <= LARGEST)
    check_analysis(table)


@pytest.mark.parametrize("hundred", range(4))
def test_agrees_with_brute_force_on_busy_tables(hundred: int) -> None:
    for seed in range(hundred * 100, hundred * 100 + 100):
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
