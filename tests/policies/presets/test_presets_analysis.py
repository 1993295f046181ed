"""The shipped rules leave nothing open, and every row of them decides something."""

from dataclasses import replace

import pytest

from reprieve.dmn.analyse import Analysis, analyse
from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell, print_cell
from reprieve.dmn.table import Row, Table
from reprieve.dmn.values import ValueType
from reprieve.policies.evidence.scenarios import USUAL_NOW
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import Preset

PRESETS = [preset for name in preset_files.names() for preset in preset_files.load(name)]
each_preset = pytest.mark.parametrize("preset", PRESETS, ids=[preset.source for preset in PRESETS])


def analysis(preset: Preset) -> Analysis:
    return analyse(preset.table, now=USUAL_NOW)


@each_preset
def test_every_row_decides_something(preset: Preset) -> None:
    assert analysis(preset).unreachable == ()


@each_preset
def test_no_facts_are_left_without_a_row(preset: Preset) -> None:
    found = analysis(preset)
    assert (found.gaps, found.has_more_gaps) == ((), False)


@each_preset
def test_rows_neither_repeat_nor_contradict_each_other(preset: Preset) -> None:
    found = analysis(preset)
    assert (found.duplicates, found.conflicts) == ((), ())


@each_preset
def test_what_hangs_on_the_order_shows_it(preset: Preset) -> None:
    decide = compile_table(preset.table).decide
    for pair in analysis(preset).order_sensitive:
        assert decide(pair.witness.facts, pair.witness.now).row == pair.earlier


@each_preset
def test_no_scenario_is_of_facts_that_cannot_be(preset: Preset) -> None:
    rows = [
        Row(f"impossible {number}", cells, preset.table.fallback)
        for number, cells in enumerate(preset.table.impossible)
    ]
    decide = compile_table(replace(preset.table, rows=(*rows, Row("possible", {}, preset.table.fallback)))).decide
    found = {scenario.name: decide(scenario.facts_for(preset.table), scenario.now).row for scenario in preset.scenarios}
    assert found == dict.fromkeys(found, "possible")


def test_what_cannot_be_leaves_no_gap() -> None:
    """What has shipped was ready to ship, so that a rule for all that is ready needs none beside it for the shipped."""
    (preset,) = (preset for preset in PRESETS if preset.source == "dandy/order-cancellation")
    *rows, last = (row for row in preset.table.rows if row.id != "shipped")
    ready = {"production_stage": parse_cell('"ready_to_ship"', ValueType.STRING)}
    table = replace(preset.table, rows=(*rows, replace(last, cells=ready)))
    assert gaps(table) == []
    (gap,) = gaps(replace(table, impossible=()))
    assert gap == {"status": '"shipped"', "production_stage": '"not_started", "fabricating"'}


def gaps(table: Table) -> list[dict[str, str]]:
    types = {column.name: column.type for column in table.inputs}
    found = (gap.cells for gap in analyse(table, now=USUAL_NOW).gaps)
    return [{name: print_cell(cell, types[name]) for name, (cell,) in cells.items()} for cells in found]


@pytest.mark.parametrize("fact", ["pauses", "paused_in_all", "since_submission"])
def test_no_gap_is_below_zero(fact: str) -> None:
    column = columns_of("order")[fact]
    cell = ">= 0" if column.type is ValueType.NUMBER else '>= duration("PT0S")'
    row = Row("any", {fact: parse_cell(cell, column.type)}, {"outcome": "refuse"})
    table = Table("a table", (column,), (OUTPUTS["outcome"],), (row,), {"outcome": "request"})
    assert gaps(table) == []
    assert len(gaps(replace(table, inputs=(replace(column, minimum=None),)))) == 1
