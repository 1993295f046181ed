"""Rules as a preset's TOML file, which `presets.files` reads back to the same rules and scenarios."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reprieve.dmn.cell import Cell
from reprieve.dmn.sfeel import print_cell
from reprieve.dmn.table import HitPolicy, Problem, Table, TableError
from reprieve.dmn.values import value_to_data
from reprieve.policies.evidence.scenarios import USUAL_NOW, Scenario
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.models import PolicyVersion
from reprieve.policies.presets.files import Preset

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def to_toml(preset: Preset) -> str:
    """The file. Facts that most scenarios share stand once, under [usual].

    Raises:
        TableError: in such a file the first row that fits decides, and the table wants it otherwise.
    """
    table = preset.table
    if table.hit_policy is not HitPolicy.FIRST:
        message = f"In such a file the first row that fits decides, and this table is {table.hit_policy}"
        raise TableError([Problem("/hit_policy", message, "export it as DMN")])
    asked = {column.name for column in table.inputs}
    scenarios = [_asking(scenario, asked) for scenario in preset.scenarios]
    usual = _usual(scenarios)
    blocks = [
        _head(preset),
        *_named("domains", _domains(table, preset.subject)),
        *_named("fallback", {name: value_to_data(value) for name, value in table.fallback.items()}),
        *_rows(table),
        *("\n".join(["[[impossible]]", *_cells("", table, cells)]) for cells in table.impossible),
        *_named("usual", usual),
        *(_scenario(scenario, usual) for scenario in scenarios),
    ]
    return "\n\n".join(blocks) + "\n"


def preset_of(version: PolicyVersion, table: Table, scenarios: Iterable[Scenario]) -> Preset:
    """A stored version, with the table and the scenarios that it holds, as a preset."""
    policy = version.policy
    return Preset(
        source=str(version),
        key=policy.key,
        title=table.name,
        subject=policy.subject,
        action=policy.action,
        basis=version.basis,
        table=table,
        scenarios=tuple(scenarios),
    )


def _head(preset: Preset) -> str:
    values = {name: getattr(preset, name) for name in ("key", "title", "subject", "action", "basis")}
    values["inputs"] = [column.name for column in preset.table.inputs]
    values["outputs"] = [output.name for output in preset.table.outputs]
    return "\n".join(_pairs(values))


def _domains(table: Table, subject: str) -> dict[str, object]:
    """The values that the table was written for, where the registry would let in others."""
    known = columns_of(subject)
    return {
        column.name: [value_to_data(value) for value in column.domain]
        for column in table.inputs
        if column.domain is not None and (column.name not in known or known[column.name].domain != column.domain)
    }


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        lines = ["[[rows]]", f"id = {_text(row.id)}"]
        lines += [f"clause = {_text(row.note)}"] if row.note else []
        lines += _cells("if.", table, row.cells)
        lines += _pairs({name: value_to_data(value) for name, value in row.outputs.items()}, "then.")
        yield "\n".join(lines)


def _cells(prefix: str, table: Table, cells: Mapping[str, Cell]) -> list[str]:
    types = {column.name: column.type for column in table.inputs}
    return [f"{prefix}{_key(name)} = {_literal(print_cell(cell, types[name]))}" for name, cell in cells.items()]


def _asking(scenario: Scenario, asked: Collection[str]) -> Scenario:
    """The scenario without the facts that its table does not ask for, which such a file does not hold."""
    return replace(scenario, facts={name: fact for name, fact in scenario.facts.items() if name in asked})


def _usual(scenarios: Iterable[Scenario]) -> dict[str, object]:
    """Of each fact that every scenario has, the value that most have, if several do."""
    given = [scenario.facts for scenario in scenarios]
    usual: dict[str, object] = {}
    for name in given[0] if given else ():
        if all(facts.get(name) is not None for facts in given):
            written, times = Counter(_value(facts[name]) for facts in given).most_common(1)[0]
            if times > 1:
                usual[name] = next(facts[name] for facts in given if _value(facts[name]) == written)
    return usual


def _scenario(scenario: Scenario, usual: Mapping[str, object]) -> str:
    values: dict[str, object] = {"clause": scenario.clause} if scenario.clause else {}
    values["name"] = scenario.name
    values |= {"now": scenario.now} if scenario.now != USUAL_NOW else {}
    own = {
        name: fact
        for name, fact in scenario.facts.items()
        if fact is not None and not (name in usual and _value(usual[name]) == _value(fact))
    }
    values |= {"facts": own} if own else {}
    values |= {} if scenario.row is None else {"row": scenario.row}
    return "\n".join(["[[scenarios]]", *_pairs(values | {"outcome": scenario.outcome})])


def _named(name: str, values: Mapping[str, object]) -> list[str]:
    return ["\n".join([f"[{name}]", *_pairs(values)])] if values else []


def _pairs(values: Mapping[str, object], prefix: str = "") -> list[str]:
    return [f"{prefix}{_key(name)} = {_value(value)}" for name, value in values.items()]


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_pairs(value))} }}"
    return json.dumps(value)  # numbers, true and false


def _literal(text: str) -> str:
    """Text that is full of quotation marks, readable where it can be."""
    return _text(text) if "'" in text or _ESCAPED.search(text.replace('"', "").replace("\\", "")) else f"'{text}'"


def _text(text: str) -> str:
    escaped = _ESCAPED.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04X}"), text)
    return f'"{escaped}"'
