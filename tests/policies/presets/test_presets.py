"""The shipped rules: every scenario, every clause, and what must hold whatever the facts are."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, combinations, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reprieve.dmn.check import check
from reprieve.dmn.decide import CompiledTable, Decision, compile_table
from reprieve.dmn.facts import ProblemKind
from reprieve.dmn.table import Clock, Column, Table
from reprieve.dmn.values import Value, ValueType
from reprieve.orders.facts import ORDER_FACTS
from reprieve.policies.evidence.scenarios import USUAL_NOW, Scenario
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import Preset

NOW = USUAL_NOW
CLAUSES = {"C3", "C4", "C5", "C6", "C7", "D5", "D6", "D7", "D9", "S1", "S4"}
OVER = {"cancelled", "shipped", "completed", "invoiced"}
STRICTNESS = ("refuse", "request", "allow")
HANDBOOK = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")

PRESETS = [preset for name in preset_files.names() for preset in preset_files.load(name)]
CANCELLATIONS = [preset for preset in PRESETS if preset.action == "cancel"]
HOURLY = [preset for preset in PRESETS if preset.source in {"cae/order-cancellation", "lab/order-cancellation"}]
SCENARIOS = [(preset, scenario) for preset in PRESETS for scenario in preset.scenarios]
ALLOWED = [(preset, scenario) for preset, scenario in SCENARIOS if scenario.outcome == "allow"]


def named(found: list[Preset]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("preset", found, ids=[preset.source for preset in found])


def told(found: list[tuple[Preset, Scenario]]) -> pytest.MarkDecorator:
    ids = [f"{scenario.clause}-{preset.source}-{re.sub(r'\W+', '-', scenario.name)}" for preset, scenario in found]
    return pytest.mark.parametrize(("preset", "scenario"), found, ids=ids)


def decide(preset: Preset, facts: Mapping[str, object], now: datetime = NOW) -> Decision:
    return compiled(preset.source).decide(facts, now)


@cache
def compiled(source: str) -> CompiledTable:
    return compile_table(by_source(source).table)


def by_source(source: str) -> Preset:
    return next(preset for preset in PRESETS if preset.source == source)


def outcome(preset: Preset, facts: Mapping[str, object], now: datetime = NOW) -> str:
    return str(decide(preset, facts, now).outputs["outcome"])


def families(facts: Mapping[str, object]) -> tuple[str, ...]:
    held = facts["product_family"]
    assert isinstance(held, tuple)
    return held


class TestScenarios:
    @told(SCENARIOS)
    def test_is_decided_by_its_row(self, preset: Preset, scenario: Scenario) -> None:
        decision = decide(preset, scenario.facts_for(preset.table), scenario.now)
        assert (decision.row, decision.outputs["outcome"]) == (scenario.row, scenario.outcome), decision.problem

    def test_prove_every_clause(self) -> None:
        assert {scenario.clause for _, scenario in SCENARIOS} >= CLAUSES

    @named(PRESETS)
    def test_hit_every_row(self, preset: Preset) -> None:
        assert {scenario.row for scenario in preset.scenarios} == {row.id for row in preset.table.rows}

    @named(PRESETS)
    def test_have_a_name_each(self, preset: Preset) -> None:
        names = [scenario.name for scenario in preset.scenarios]
        assert sorted(set(names)) == sorted(names)


class TestTables:
    @named(PRESETS)
    def test_have_no_problem_and_no_warning(self, preset: Preset) -> None:
        assert check(preset.table) == []

    @named(PRESETS)
    def test_bear_a_clause_at_every_row(self, preset: Preset) -> None:
        for row in preset.table.rows:
            assert re.fullmatch(r"own|[CDS]\d+( [CDS]\d+)*", row.note), row.id

    @named(PRESETS)
    def test_answer_in_one_sentence(self, preset: Preset) -> None:
        for message in messages(preset):
            assert re.fullmatch(r"[A-Z][^.!?]+\.", message), message

    @named(PRESETS)
    def test_point_to_support_when_they_do_not_allow(self, preset: Preset) -> None:
        answers = [row.outputs for row in preset.table.rows] + [preset.table.fallback]
        silent = [a["message"] for a in answers if a["outcome"] != "allow" and "support" not in str(a["message"])]
        assert silent == []

    @named(PRESETS)
    def test_spell_cancelled_with_two_ls(self, preset: Preset) -> None:
        words = " ".join(chain(messages(preset), (scenario.name for scenario in preset.scenarios)))
        assert re.findall(r"(?i)cancel(?:ed|ing|ation)", words) == []


def messages(preset: Preset) -> list[str]:
    return [str(row.outputs["message"]) for row in preset.table.rows] + [str(preset.table.fallback["message"])]


class TestAnyFacts:
    """Every combination of listed values, and of both sides of every limit, whether or not it can happen."""

    @named(PRESETS)
    def test_are_decided_by_a_row(self, preset: Preset) -> None:
        fallen = [facts for facts in every_combination(preset.table) if decide(preset, facts).row is None]
        assert fallen == []

    @named(CANCELLATIONS)
    def test_never_allow_cancelling_what_is_over(self, preset: Preset) -> None:
        over = [facts for facts in every_combination(preset.table) if facts["status"] in OVER]
        assert {outcome(preset, facts) for facts in over} == {"refuse"}

    @pytest.mark.parametrize("policy", ["dandy/order-cancellation", "lab/order-cancellation"])
    def test_never_allow_cancelling_what_is_about_to_ship(self, policy: str) -> None:
        preset = by_source(policy)
        ready = [facts for facts in every_combination(preset.table) if facts["production_stage"] == "ready_to_ship"]
        assert {outcome(preset, facts) for facts in ready} == {"refuse"}

    @pytest.mark.parametrize("policy", ["dandy/order-pause", "lab/order-pause"])
    def test_never_allow_pausing_aligners(self, policy: str) -> None:
        preset = by_source(policy)
        with_aligners = [facts for facts in every_combination(preset.table) if "aligners" in families(facts)]
        assert {outcome(preset, facts) for facts in with_aligners} == {"refuse"}

    @pytest.mark.parametrize("policy", ["dandy/order-pause", "lab/order-pause"])
    def test_allow_pausing_only_what_is_in_work(self, policy: str) -> None:
        preset = by_source(policy)
        allowed = {f["status"] for f in every_combination(preset.table) if outcome(preset, f) == "allow"}
        assert allowed == {"processing", "on_hold", "in_production"}

    @pytest.mark.parametrize("policy", ["dandy/order-resume", "lab/order-resume"])
    def test_allow_resuming_only_what_is_paused(self, policy: str) -> None:
        preset = by_source(policy)
        allowed = {f["status"] for f in every_combination(preset.table) if outcome(preset, f) == "allow"}
        assert allowed == {"paused"}

    def test_treat_a_mixed_case_as_strictly_as_each_of_its_products(self) -> None:
        preset = by_source("lab/order-cancellation")
        mixed = [facts for facts in every_combination(preset.table) if len(families(facts)) > 1]
        assert mixed
        for facts in mixed:
            alone = [outcome(preset, facts | {"product_family": (family,)}) for family in families(facts)]
            assert outcome(preset, facts) == min(alone, key=STRICTNESS.index), facts


def every_combination(table: Table) -> Iterator[dict[str, object]]:
    names = [column.name for column in table.inputs]
    for values in product(*(candidates(column, table) for column in table.inputs)):
        yield dict(zip(names, values, strict=True))


def candidates(column: Column, table: Table) -> list[object]:
    """The listed values, or both sides of every constant that a cell names; of several values, none to two, and all."""
    if column.several:
        domain = column.domain or ()
        return [*chain(*(combinations(domain, size) for size in (1, 2))), domain]
    if column.type is ValueType.BOOLEAN:
        return [True, False]
    if column.domain is not None:
        return list(column.domain)
    seen = sorted({near for constant in constants(column, table) for near in around(constant)})
    return [instant(column, length) if isinstance(length, timedelta) else length for length in seen]


def constants(column: Column, table: Table) -> Iterator[Value]:
    for cell in (row.cells[column.name] for row in table.rows if column.name in row.cells):
        yield from cell.points
        for interval in cell.intervals:
            yield from (end for end in (interval.low, interval.high) if end is not None)


def around(constant: Value) -> list[int | timedelta]:
    if isinstance(constant, timedelta):
        return [timedelta(), *(constant + timedelta(microseconds=step) for step in (-1, 0, 1))]
    assert isinstance(constant, int)
    return [0, *(constant + step for step in (-1, 0, 1) if constant + step >= 0)]


def instant(column: Column, length: timedelta) -> object:
    if column.clock is None:
        return length
    return NOW - length if column.clock is Clock.SINCE else NOW + length


def relevant(preset: Preset, decision: Decision) -> set[str]:
    """The facts that the deciding row asked about."""
    return set(preset.table.row(decision.row).cells) if decision.row else set()


class TestFactsNobodyKnows:
    @told(ALLOWED)
    def test_never_allow_when_one_is_missing(self, preset: Preset, scenario: Scenario) -> None:
        scenario_facts = scenario.facts_for(preset.table)
        known = [column for column in preset.table.inputs if scenario_facts[column.name] is not None]
        for column in known:
            without = {name: fact for name, fact in scenario_facts.items() if name != column.name}
            for facts in (without, without | {column.name: None}):
                decision = decide(preset, facts, scenario.now)
                if column.nullable:
                    assert decision.outputs["outcome"] != "allow" or column.name not in relevant(preset, decision)
                    continue
                assert decision.row is None
                assert decision.outputs["outcome"] == preset.table.fallback["outcome"] != "allow"
                assert decision.problem is not None
                assert (decision.problem.column, decision.problem.kind) == (column.name, ProblemKind.MISSING)

    @told(ALLOWED)
    def test_never_allow_when_one_is_foreign(self, preset: Preset, scenario: Scenario) -> None:
        scenario_facts = scenario.facts_for(preset.table)
        for column in (column for column in preset.table.inputs if column.domain is not None):
            known = scenario_facts[column.name]
            foreign = [("surfboards",), (*known, "surfboards")] if isinstance(known, tuple) else ["surfboards"]
            for value in foreign:
                decision = decide(preset, {**scenario_facts, column.name: value}, scenario.now)
                assert decision.row is None
                assert decision.outputs["outcome"] == preset.table.fallback["outcome"] != "allow"
                assert decision.problem is not None
                assert (decision.problem.column, decision.problem.kind) == (column.name, ProblemKind.DOMAIN)

    @named(PRESETS)
    def test_are_for_support_when_cancelling_and_refused_when_not(self, preset: Preset) -> None:
        assert preset.table.fallback["outcome"] == ("request" if preset.action == "cancel" else "refuse")


class TestTheFirstHour:
    """C5: elapsed time between two instants, whatever the clocks on the wall do meanwhile."""

    @named(HOURLY)
    @pytest.mark.parametrize(
        ("elapsed", "expected"),
        [
            (timedelta(minutes=59, seconds=59, microseconds=999_999), "allow"),
            (timedelta(hours=1), "allow"),
            (timedelta(hours=1, microseconds=1), "request"),
        ],
    )
    def test_includes_its_last_instant(self, preset: Preset, elapsed: timedelta, expected: str) -> None:
        assert outcome(preset, self.first_hour(preset) | {"since_submission": NOW - elapsed}) == expected

    @named(HOURLY)
    @pytest.mark.parametrize(
        ("submitted", "later"),
        [
            (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # 2:30, 2:30 again
            (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # 1:30, 3:30
        ],
        ids=["clocks go back", "clocks go forward"],
    )
    def test_is_an_hour_of_elapsed_time(self, preset: Preset, submitted: datetime, later: datetime) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        facts = self.first_hour(preset) | {"since_submission": submitted.astimezone(berlin)}
        assert outcome(preset, facts, later.astimezone(berlin)) == "allow"
        past = later + timedelta(microseconds=1)
        assert outcome(preset, facts, past.astimezone(berlin)) == "request"

    def first_hour(self, preset: Preset) -> dict[str, object]:
        scenario = next(s for s in preset.scenarios if s.name == "one hour after submission is within one hour")
        return scenario.facts_for(preset.table)


class TestPauses:
    @pytest.mark.parametrize("policy", ["dandy/order-pause", "lab/order-pause"])
    def test_last_45_days_of_24_hours(self, policy: str) -> None:
        allowing = [row for row in by_source(policy).table.rows if row.outputs["outcome"] == "allow"]
        assert [(row.id, row.outputs["longest_pause"]) for row in allowing] == [("before-shipping", timedelta(days=45))]
        assert [row.outputs["grace"] for row in allowing] == [timedelta(days=14)]

    @named([preset for preset in PRESETS if preset.action == "pause"])
    def test_always_have_an_end_and_a_grace(self, preset: Preset) -> None:
        for row in preset.table.rows:
            if row.outputs["outcome"] == "allow":
                assert {"longest_pause", "grace"} <= row.outputs.keys(), row.id


class TestMoney:
    @named(HOURLY)
    def test_keeps_the_processing_fee_before_design_and_is_for_staff_afterwards(self, preset: Preset) -> None:
        for scenario in (scenario for scenario in preset.scenarios if scenario.outcome != "refuse"):
            facts = scenario.facts_for(preset.table)
            terms = decide(preset, facts, scenario.now).outputs
            known = scenario.row != "anything-else"
            kept = (1, True) if known and facts["design_stage"] == "not_started" else (None, None)
            kept = (1, False) if scenario.row == "made-first-hour" else kept  # the lab's own courtesy
            assert (terms.get("refund_share"), terms.get("keep_processing_fee")) == kept, scenario.name

    @named([preset for preset in PRESETS if preset.source.startswith("dandy")])
    def test_leaves_the_refund_open_where_the_source_names_none(self, preset: Preset) -> None:
        assert "refund_share" not in {output.name for output in preset.table.outputs}


class TestUndoing:
    @named(CANCELLATIONS)
    def test_is_granted_by_the_lab_alone_for_half_an_hour_and_only_before_fabrication(self, preset: Preset) -> None:
        granted = {row.id: row.outputs["undo_window"] for row in preset.table.rows if "undo_window" in row.outputs}
        allowing = {row.id for row in preset.table.rows if row.outputs["outcome"] == "allow"}
        of_the_lab = preset.source == "lab/order-cancellation"
        expected = allowing - {"made-in-fabrication"} if of_the_lab else set()
        assert granted == dict.fromkeys(expected, timedelta(minutes=30))

    @named(CANCELLATIONS)
    def test_is_never_granted_for_what_is_being_made(self, preset: Preset) -> None:
        for scenario in preset.scenarios:
            if scenario.facts.get("production_stage") not in (None, "not_started"):
                facts = scenario.facts_for(preset.table)
                assert "undo_window" not in decide(preset, facts, scenario.now).outputs, scenario.name


class TestTheHandbook:
    @pytest.mark.parametrize("fact", ORDER_FACTS.facts)
    def test_explains_every_fact(self, fact: str) -> None:
        assert f"\n| `{fact}` |" in HANDBOOK

    @pytest.mark.parametrize("output", OUTPUTS)
    def test_explains_every_output(self, output: str) -> None:
        assert f"\n| `{output}` |" in HANDBOOK

    @pytest.mark.parametrize("clause", sorted(CLAUSES))
    def test_states_every_clause(self, clause: str) -> None:
        assert f"\n| {clause} |" in HANDBOOK

    @named(PRESETS)
    def test_lists_every_rule_of_every_preset(self, preset: Preset) -> None:
        assert [row.id for row in preset.table.rows if f"`{row.id}`" not in HANDBOOK] == []

    def test_shows_an_example_that_loads(self, tmp_path: Path) -> None:
        (example,) = re.findall(r"```toml\n(.*?)```", HANDBOOK, re.DOTALL)
        path = tmp_path / "order-cancellation.toml"
        path.write_text(example, encoding="utf-8")
        preset = preset_files.load_file(path)
        assert check(preset.table) == []
        decisions = [compile_table(preset.table).decide(s.facts_for(preset.table), s.now).row for s in preset.scenarios]
        assert decisions == [scenario.row for scenario in preset.scenarios] != []
