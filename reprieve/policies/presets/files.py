"""Rules as data files: a preset is a folder beside this file, one TOML file a policy, with scenarios that must hold.

A file names facts and outputs of the registries; types, domains and clocks come from there. `[domains]` narrows the
domain of a fact to what this table was written for: anything else goes to a human. Each `[[impossible]]` holds cells
that nothing ever fits together: a promise to the analysis, so that it finds no gap where nothing can be.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reprieve.dmn.check import unknown_name
from reprieve.dmn.table import (
    Column,
    Problem,
    Table,
    TableError,
    pointer,
    table_from_data,
    table_to_data,
)
from reprieve.dmn.values import value_from_data
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.outputs import OUTPUTS

PRESETS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Preset:
    source: str
    key: str
    title: str
    subject: str
    action: str
    basis: str
    table: Table
    scenarios: tuple[Scenario, ...]


def names() -> list[str]:
    return sorted(folder.name for folder in PRESETS.iterdir() if any(folder.glob("*.toml")))


def load(name: str) -> list[Preset]:
    """Every policy of a preset. Raises KeyError for an unknown preset, TableError for a table that is not sound."""
    if name not in names():
        raise KeyError(name)
    return [load_file(path) for path in sorted((PRESETS / name).glob("*.toml"))]


def load_file(path: Path) -> Preset:
    """One file. Raises TOMLDecodeError, KeyError for a part that is not there, TableError for what does not fit."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if problems := list(_unknown_names(data)):
        raise TableError(problems)
    table = table_from_data(_table_data(data))
    return Preset(
        source=f"{path.parent.name}/{path.stem}",
        key=data["key"],
        title=data["title"],
        subject=data["subject"],
        action=data["action"],
        basis=data["basis"],
        table=table,
        scenarios=_scenarios(data),
    )


def _unknown_names(data: Mapping[str, Any]) -> Iterator[Problem]:
    """The facts and outputs that the registries do not know, and those of the rest that the table does not ask for.

    A scenario that misspells a fact would otherwise go on to prove something else.
    """
    yield from _unknown("inputs", "fact", data["inputs"], columns_of(data["subject"]))
    yield from _unknown("outputs", "output", data["outputs"], OUTPUTS)
    for part in ("domains", "usual"):
        yield from _unknown(part, "input", data.get(part, ()), data["inputs"])
    for index, scenario in enumerate(data.get("scenarios", ())):
        yield from _unknown(f"scenarios/{index}/facts", "input", scenario.get("facts", ()), data["inputs"])


def _unknown(part: str, noun: str, names: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    return (unknown_name(f"/{part}{pointer(name)}", noun, name, known) for name in names if name not in known)


def _table_data(data: Mapping[str, Any]) -> dict[str, object]:
    columns = columns_of(data["subject"])
    domains: Mapping[str, list[object]] = data.get("domains", {})
    table = Table(
        name=data["title"],
        inputs=tuple(_narrowed(columns[name], domains.get(name)) for name in data["inputs"]),
        outputs=tuple(OUTPUTS[name] for name in data["outputs"]),
        rows=(),
        fallback={},
    )
    rows = [
        {
            "id": row["id"],
            "when": row.get("if", {}),
            "then": row["then"],
            "note": row.get("clause", ""),
        }
        for row in data["rows"]
    ]
    promises = {"impossible": data["impossible"]} if "impossible" in data else {}
    return table_to_data(table) | {"rows": rows, "fallback": data["fallback"]} | promises


def _narrowed(column: Column, domain: list[object] | None) -> Column:
    if domain is None:
        return column
    listed = tuple(value_from_data(value, column.type) for value in domain)
    return replace(column, domain=listed, minimum=None, maximum=None)


def _scenarios(data: Mapping[str, Any]) -> tuple[Scenario, ...]:
    usual = data.get("usual", {})
    raw = [scenario | {"facts": {**usual, **scenario.get("facts", {})}} for scenario in data.get("scenarios", ())]
    return scenarios_from_data(raw)
