"""`reprieve policy check FILE`: what is wrong with rules, or worth a look."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import OutputWrapper

from reprieve.commands.policy.remarks import Remark, Unusable, of_finding, of_problems
from reprieve.commands.policy.sources import Source, read
from reprieve.dmn.table import Severity
from reprieve.policies.evidence.scenarios import Result, problems_of
from reprieve.policies.evidence.scenarios import run as run_scenarios
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.words.findings import findings

HELP = "what is wrong with rules, or worth a look; ends with status 1 where there are errors"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("rules", metavar="FILE", help="a DMN file (.dmn, .xml), a preset (.toml), or a policy's key")
    parser.add_argument("--decision", metavar="NAME", help="which one, where a DMN file holds several decisions")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Print the findings. Returns 1 where there are errors."""
    name = options["rules"]
    try:
        source = read(name, options["decision"])
    except Unusable as refusal:
        remarks: Sequence[Remark] = refusal.remarks
    else:
        remarks = remarks_on(source)
    out.write(_as_data(name, remarks) if options["json"] else _as_lines(name, remarks))
    return 1 if _count(remarks, Severity.ERROR) else 0


def remarks_on(source: Source) -> list[Remark]:
    """Everything that is to be said of rules that can be read: the gravest first."""
    found = [of_finding(finding, source.table) for finding in findings(source.table, is_policy=source.is_policy)]
    remarks = [*_scenarios(source), *source.remarks, *found]
    return sorted(remarks, key=lambda remark: list(Severity).index(remark.severity))


def _scenarios(source: Source) -> list[Remark]:
    """What keeps scenarios from saying anything; if nothing does, those that fail."""
    columns = columns_of(source.subject) if source.subject else {}
    if problems := problems_of(source.scenarios, columns):
        data = {"scenarios": [{"name": scenario.name} for scenario in source.scenarios]}
        return of_problems(problems, data)
    failed = [result for result in run_scenarios(source.table, source.scenarios) if not result.passed]
    return [_failure(result) for result in failed]


def _failure(result: Result) -> Remark:
    place, remedy = f"scenario “{result.scenario.name}”", "Correct the rules, or the scenario."
    return Remark(Severity.ERROR, "scenario", place, result.why, remedy)


def _as_lines(name: str, remarks: Sequence[Remark]) -> str:
    counts = [
        f"{_count(remarks, severity)} {severity}{'s' * (_count(remarks, severity) != 1)}" for severity in Severity
    ]
    return "\n".join([*(remark.line(name) for remark in remarks), f"{name}: {', '.join(counts)}"])


def _as_data(name: str, remarks: Sequence[Remark]) -> str:
    counts = {f"{severity}s": _count(remarks, severity) for severity in Severity}
    return json.dumps({"rules": name, **counts, "findings": [remark.to_data() for remark in remarks]})


def _count(remarks: Sequence[Remark], severity: Severity) -> int:
    return sum(remark.severity is severity for remark in remarks)
