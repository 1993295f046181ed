"""The shipped rules leave nothing open, and every row of them decides something."""

import pytest

from reprieve.dmn.analyse import Analysis, analyse
from reprieve.dmn.decide import compile_table
from reprieve.policies import preset_files
from reprieve.policies.preset_files import Preset

PRESETS = [preset for name in preset_files.names() for preset in preset_files.load(name)]
each_preset = pytest.mark.parametrize("preset", PRESETS, ids=[preset.source for preset in PRESETS])


def analysis(preset: Preset) -> Analysis:
    return analyse(preset.table, now=preset_files.USUAL_NOW)


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
