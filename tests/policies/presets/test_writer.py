"""Presets written as files read back to the same rules and scenarios."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reprieve.dmn.table import HitPolicy, TableError
from reprieve.policies.evidence.scenarios import Scenario
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import Preset
from reprieve.policies.presets.writer import to_toml
from tests.examples import how_many

PRESETS = [preset for name in preset_files.names() for preset in preset_files.load(name)]
NASTY = "tab\t quote\" apostrophe' back\\slash line\nbell\x07 del\x7f € 🦷 ''' \"\"\" # = [x]"


def again(preset: Preset, folder: Path) -> Preset:
    path = folder / "rules.toml"
    path.write_text(to_toml(preset), encoding="utf-8")
    return replace(preset_files.load_file(path), source=preset.source)


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.source for preset in PRESETS])
def test_the_shipped_rules_come_back_as_they_were(preset: Preset, tmp_path: Path) -> None:
    assert again(preset, tmp_path) == preset


@settings(max_examples=how_many(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_any_text_comes_back_as_it_was(text: str, tmp_path: Path) -> None:
    for nasty in (text, NASTY):
        first, *others = PRESETS[0].table.rows
        row = replace(first, note=nasty, outputs={**first.outputs, "message": nasty})
        preset = replace(PRESETS[0], table=replace(PRESETS[0].table, rows=(row, *others)))
        assert again(preset, tmp_path) == preset


def test_scenarios_come_back_as_they_were(tmp_path: Path) -> None:
    later = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC) + timedelta(hours=1)
    facts = {"status": "processing", "design_stage": "not_started"}
    scenarios = (
        Scenario("a", facts, "shipped", "refuse"),
        Scenario("b", facts, None, "allow", later, "S4"),
        Scenario("c", {**facts, "status": "on_hold"}, "", "request"),
        Scenario("d", {"design_stage": "started"}, None, "request"),
        Scenario("e", {}, None, "request"),
    )
    (general,) = preset_files.load("general")
    preset = replace(general, scenarios=scenarios)
    assert again(preset, tmp_path).scenarios == scenarios
    shared = replace(preset, scenarios=scenarios[:3])
    assert '[usual]\nstatus = "processing"\ndesign_stage = "not_started"' in to_toml(shared)
    assert again(shared, tmp_path).scenarios == scenarios[:3]


def test_facts_that_the_table_does_not_ask_for_stay_out(tmp_path: Path) -> None:
    (general,) = preset_files.load("general")
    scenario = Scenario("a", {"status": "shipped", "hour": 12}, None, "refuse")
    assert again(replace(general, scenarios=(scenario,)), tmp_path).scenarios == (
        replace(scenario, facts={"status": "shipped"}),
    )


def test_another_hit_policy_is_refused() -> None:
    preset = replace(PRESETS[0], table=replace(PRESETS[0].table, hit_policy=HitPolicy.UNIQUE))
    with pytest.raises(TableError, match="the first row that fits decides, and this table is UNIQUE"):
        to_toml(preset)
