"""Every clause of what the product promises is named by a test or by a scenario of a published set of rules."""

import re
import tomllib
from pathlib import Path

HERE = Path(__file__)
PRESETS = HERE.parents[1] / "reprieve" / "policies" / "presets"
CLAUSES = {
    *(f"C{number}" for number in range(1, 17)),
    *(f"D{number}" for number in range(1, 10)),
    *(f"S{number}" for number in (1, *range(3, 8), 9)),
}
IN_WORDS = re.compile(r"\b[CDS]\d+\b")
IN_A_NAME = re.compile(r"def test_((?:[cds]\d+_)+)")


def named_by_tests() -> set[str]:
    """Clauses in the words of a test, such as its docstring or an id, and at the beginning of its name."""
    named: set[str] = set()
    for path in HERE.parent.rglob("test_*.py"):
        if path != HERE:
            text = path.read_text(encoding="utf-8")
            named.update(IN_WORDS.findall(text))
            named.update(clause.upper() for found in IN_A_NAME.findall(text) for clause in found.split("_"))
    return named


def named_by_scenarios() -> set[str]:
    """Clauses that a scenario proves; a scenario runs in tests/policies/presets/test_presets.py."""
    policies = (tomllib.loads(path.read_text(encoding="utf-8")) for path in PRESETS.rglob("*.toml"))
    scenarios = (scenario for policy in policies for scenario in policy["scenarios"])
    return {clause for scenario in scenarios for clause in IN_WORDS.findall(scenario.get("clause", ""))}


def test_every_clause_is_named_by_a_test_or_a_scenario() -> None:
    assert CLAUSES - named_by_tests() - named_by_scenarios() == set()
