from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings

from reprieve.dmn.analyse import Analysis, Conflict, Duplicate, Gap, OrderSensitive, Unreachable, Witness, analyse
from reprieve.dmn.decide import Decision, ProblemKind, compile_table
from reprieve.dmn.facts import Fact
from reprieve.dmn.sfeel import parse_cell, print_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table, TableError, table_from_data, table_to_data
from reprieve.dmn.values import ValueType
from tests.dmn.grid import Spot, declared_tables, fits, grid
from tests.dmn.oracle import NOW, slow_decide

ALL = 1_000_000


def decide(table: Table, witness: Witness) -> Decision:
    return compile_table(table).decide(witness.facts, witness.now)


# Brute force: what holds of every kind of facts that a table can meet.


@settings(max_examples=400, deadline=None)
@given(declared_tables())
def test_agrees_with_brute_force(table: Table) -> None:
    spots = grid(table)
    found = analyse(table, most_gaps=ALL)
    assert not found.has_more_gaps
    check_gaps(table, found.gaps, spots)
    check_unreachable(table, found.unreachable, spots)
    check_order(table, found.order_sensitive, spots)
    check_conflicts(table, found.conflicts, spots)
    check_duplicates(table, found.duplicates)


def check_gaps(table: Table, gaps: Sequence[Gap], spots: Sequence[Spot]) -> None:
    for spot in spots:
        inside = [gap for gap in gaps if fits(gap.cells, table, spot.facts)]
        assert bool(inside) == (not spot.fitting)
        assert table.hit_policy is not HitPolicy.UNIQUE or len(inside) <= 1
    for gap in gaps:
        problem = decide(table, gap.witness).problem
        assert problem is not None
        assert problem.kind is ProblemKind.NO_ROW
        if gap.suggestion is None:
            assert table.hit_policy is not HitPolicy.FIRST
            assert any(len(cells) > 1 for cells in gap.cells.values())
        else:
            check_suggestion(table, gap, gap.suggestion, spots)


def check_suggestion(table: Table, gap: Gap, row: Row, spots: Sequence[Spot]) -> None:
    longer = table_from_data(table_to_data(replace(table, rows=(*table.rows, row))))  # as if a person had written it
    assert decide(longer, gap.witness).row == row.id
    for spot in spots:
        before, after = slow_decide(table, spot.facts, NOW), slow_decide(longer, spot.facts, NOW)
        if fits(gap.cells, table, spot.facts):
            assert after[0] == row.id
        assert after[1] == before[1]
        assert spot.fitting == frozenset() or after == before


def check_unreachable(table: Table, unreachable: Sequence[Unreachable], spots: Sequence[Spot]) -> None:
    deciding = {slow_decide(table, spot.facts, NOW)[0] for spot in spots}
    assert [found.row for found in unreachable] == [row.id for row in table.rows if row.id not in deciding]
    for found in unreachable:
        fitted = any(table.rows[number].id == found.row for spot in spots for number in spot.fitting)
        assert (found.witness is not None) == bool(found.masked_by) == fitted
        if found.witness is not None:
            decision = decide(table, found.witness)
            assert decision.row in {None, *found.masked_by} or not decides(table, found.row, decision)
            assert decide(only(table, [found.row]), found.witness).row == found.row
            assert not ever_decides(only(table, [found.row, *found.masked_by]), found.row, spots)
            for spared in found.masked_by:
                rest = [row for row in found.masked_by if row != spared]
                assert ever_decides(only(table, [found.row, *rest]), found.row, spots)


def decides(table: Table, row: str, decision: Decision) -> bool:
    return decision.row == row


def only(table: Table, rows: Iterable[str]) -> Table:
    return replace(table, rows=tuple(row for row in table.rows if row.id in rows))


def ever_decides(table: Table, row: str, spots: Sequence[Spot]) -> bool:
    return any(slow_decide(table, spot.facts, NOW)[0] == row for spot in spots)


def check_order(table: Table, pairs: Sequence[OrderSensitive], spots: Sequence[Spot]) -> None:
    expected = set()
    for first, second in combinations(range(len(table.rows)), 2):
        both = [spot for spot in spots if {first, second} <= spot.fitting]
        swapped = swap(table, first, second)
        for spot in both:
            before, after = slow_decide(table, spot.facts, NOW), slow_decide(swapped, spot.facts, NOW)
            one, other = table.rows[first].id, table.rows[second].id
            if {before[0], after[0]} == {one, other} and before[1] != after[1]:
                expected.add((before[0], after[0]))
    assert {(pair.earlier, pair.later) for pair in pairs} == expected
    assert len(pairs) == len(expected)
    for pair in pairs:
        check_pair(table, pair, spots)


def check_pair(table: Table, pair: OrderSensitive, spots: Sequence[Spot]) -> None:
    numbers = {row.id: number for number, row in enumerate(table.rows)}
    first, second = numbers[pair.earlier], numbers[pair.later]
    assert decide(table, pair.witness).row == pair.earlier
    assert decide(swap(table, first, second), pair.witness).row == pair.later
    assert pair.outputs == ("answer",)
    assert pair.is_exception == all(second in spot.fitting for spot in spots if first in spot.fitting)


def swap(table: Table, first: int, second: int) -> Table:
    rows = list(table.rows)
    rows[first], rows[second] = rows[second], rows[first]
    return replace(table, rows=tuple(rows))


def check_conflicts(table: Table, conflicts: Sequence[Conflict], spots: Sequence[Spot]) -> None:
    expected = []
    for first, second in combinations(range(len(table.rows)), 2):
        differ = table.rows[first].outputs != table.rows[second].outputs
        breaks = {HitPolicy.UNIQUE: True, HitPolicy.ANY: differ}.get(table.hit_policy, False)
        if breaks and any({first, second} <= spot.fitting for spot in spots):
            expected.append((table.rows[first].id, table.rows[second].id))
    assert [conflict.rows for conflict in conflicts] == expected
    for conflict in conflicts:
        problem = decide(table, conflict.witness).problem
        assert problem is not None
        assert problem.kind is ProblemKind.SEVERAL_ROWS
        for row in conflict.rows:
            assert decide(only(table, [row]), conflict.witness).row == row


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
