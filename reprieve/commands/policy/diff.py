"""`reprieve policy diff A B`: what is different between two sets of rules. Like diff: 0 the same, 1 not, 2 trouble."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from reprieve.commands.policy.remarks import Unusable
from reprieve.commands.policy.sources import Source, read
from reprieve.dmn.table import Table, TableError
from reprieve.policies.lifecycle.differences import Detail, Difference, Kind, differences, scenario_differences
from reprieve.policies.lifecycle.drafts import as_registered

HELP = "what is different between two sets of rules; ends with status 1 where something is"
TROUBLE = 2
SCENARIOS = {
    Kind.ADDED: "Scenario “%s” is new.",
    Kind.REMOVED: "Scenario “%s” is removed.",
    Kind.CHANGED: "Scenario “%s” is changed.",
}


def add_arguments(parser: ArgumentParser) -> None:
    for name in ("old", "new"):
        parser.add_argument(
            name, metavar="FILE|KEY", help="a DMN file, a preset (.toml), or a policy's key, or KEY@VERSION"
        )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Print the differences. Returns 1 where there are some."""
    try:
        old, new = read(options["old"]), read(options["new"])
    except Unusable as refusal:
        raise CommandError(str(refusal), returncode=TROUBLE) from refusal
    subject = next((source.subject for source in (old, new) if source.subject), None)
    found = [*differences(_registered(old, subject), _registered(new, subject)), *_around(old, new)]
    if options["json"]:
        out.write(json.dumps({"old": old.name, "new": new.name, "differences": [_data(each) for each in found]}))
    else:
        out.write("\n".join(line for each in found for line in _lines(each)) or "No differences.")
    return 1 if found else 0


def _registered(source: Source, subject: str | None) -> Table:
    """The table, in the registry's words where it is compared with a policy, so that only what it says counts."""
    if subject is None:
        return source.table
    try:
        table = as_registered(source.table, subject)
    except TableError:
        return source.table
    return table if source.subject else replace(table, name=source.table.name)


def _around(old: Source, new: Source) -> Iterator[Difference]:
    """What is different about two policies beside their tables."""
    if not (old.subject and new.subject):
        return
    if old.basis != new.basis:
        sentence = "Whose rules an order follows is different."
        yield Difference(Kind.CHANGED, "", sentence, (Detail("Basis", old.basis, new.basis),))
    yield from scenario_differences(old.scenarios, new.scenarios, SCENARIOS)


def _lines(difference: Difference) -> Iterator[str]:
    yield difference.sentence
    for detail in difference.details:
        label = f"{detail.label}: " if detail.label else ""
        yield f"    {label}{detail.before or '–'} → {detail.after or '–'}"


def _data(difference: Difference) -> dict[str, object]:
    details = [{"label": each.label, "before": each.before, "after": each.after} for each in difference.details]
    return {
        "kind": difference.kind.value,
        "row": difference.row or None,
        "sentence": difference.sentence,
        "details": details,
    }
