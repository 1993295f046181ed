"""Whether a preset's TOML file has the parts that it needs, each of its kind: before anything in it is believed."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reprieve.dmn.table import Problem, pointer
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.models import Basis

LONGEST: Final = {"key": 60, "action": 20, "title": 120}
"""Characters that the database keeps."""
_TEXTS: Final = ("key", "title", "subject", "action", "basis")
_LISTS: Final = ("inputs", "outputs", "rows")
_NEEDED: Final = (*_TEXTS, *_LISTS, "fallback")
_OPTIONAL: Final = ("domains", "impossible", "usual", "scenarios")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ROW: Final = ("id", "clause", "if", "then")


def problems_of(data: Mapping[str, object]) -> list[Problem]:
    """Everything about the file's shape that keeps it from being read."""
    missing = [_missing(name) for name in _NEEDED if name not in data]
    return [
        *missing,
        *_unknown(data),
        *_wrong_kinds(data),
        *_names(data),
        *_choices(data),
        *_rows(data),
        *_tables(data),
    ]


def _missing(name: str) -> Problem:
    hints = {"rows": "write [[rows]] for each rule", "fallback": 'write [fallback] with outcome = "request" under it'}
    hints |= {name: f"write {name} = […]" for name in ("inputs", "outputs")}
    return Problem("", f"The file has no {name}", hints.get(name, f'write {name} = "…" above the first […]'))


def _unknown(data: Mapping[str, object]) -> Iterator[Problem]:
    for name in data:
        if name not in {*_NEEDED, *_OPTIONAL}:
            known = ", ".join((*_NEEDED, *_OPTIONAL))
            yield Problem(pointer(name), f"{name} is no part of such a file", f"use: {known}")


def _wrong_kinds(data: Mapping[str, object]) -> Iterator[Problem]:
    for name in _TEXTS:
        if name in data and not (isinstance(data[name], str) and str(data[name]).strip()):
            yield Problem(pointer(name), f"The {name} is text", f'write {name} = "…"')
    for name in ("inputs", "outputs"):
        raw = data.get(name, [])
        if not (isinstance(raw, list) and all(isinstance(item, str) for item in raw)):
            yield Problem(pointer(name), f"The {name} are a list of names", f'write {name} = ["…", "…"]')
    for name in ("rows", "scenarios", "impossible"):
        raw = data.get(name, [])
        if not (isinstance(raw, list) and all(isinstance(item, dict) for item in raw)):
            yield Problem(pointer(name), f"The {name} are a list of tables", f"write [[{name}]] for each")
    for name in ("fallback", "domains", "usual"):
        if not isinstance(data.get(name, {}), dict):
            yield Problem(pointer(name), f"{name} is a table", f"write [{name}] with its values under it")


def _names(data: Mapping[str, object]) -> Iterator[Problem]:
    for name, longest in LONGEST.items():
        written = data.get(name)
        if not isinstance(written, str) or not written:
            continue
        if len(written) > longest:
            yield Problem(pointer(name), f"The {name} is too long", f"use at most {longest} characters")
        elif name != "title" and not _NAME.fullmatch(written):
            yield Problem(pointer(name), f"{written} is no {name}", "use small letters, digits and dashes")


def _choices(data: Mapping[str, object]) -> Iterator[Problem]:
    basis, subject = data.get("basis"), data.get("subject")
    if isinstance(basis, str) and basis not in Basis.values:
        yield Problem("/basis", f"{basis} is not known as basis", f"use one of: {', '.join(Basis.values)}")
    if isinstance(subject, str) and not _has_facts(subject):
        yield Problem("/subject", f"There are no facts about {subject}", 'write what rules can be about: "order"')


def _has_facts(subject: str) -> bool:
    try:
        return bool(columns_of(subject))
    except KeyError:
        return False


def _rows(data: Mapping[str, object]) -> Iterator[Problem]:
    rows = data.get("rows")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, dict):
            continue
        place = ("rows", index)
        if not isinstance(row.get("id"), str):
            yield Problem(pointer(*place), "The row has no id", 'write id = "…", which stays the same for ever')
        for name in row:
            if name not in _ROW:
                yield Problem(pointer(*place, name), f"{name} is no part of a row", f"use: {', '.join(_ROW)}")
        if not isinstance(row.get("then"), dict):
            yield Problem(pointer(*place), "The row answers nothing", 'write then.outcome = "…"')
        if not isinstance(row.get("if", {}), dict):
            yield Problem(pointer(*place), "The row's conditions are cells by fact", "write if.status = '\"…\"'")


def _tables(data: Mapping[str, object]) -> Iterator[Problem]:
    domains = data.get("domains")
    for name, values in domains.items() if isinstance(domains, dict) else ():
        if not isinstance(values, list):
            yield Problem(pointer("domains", name), "The allowed values are a list", f'write {name} = ["…", "…"]')
    scenarios = data.get("scenarios")
    for index, scenario in enumerate(scenarios if isinstance(scenarios, list) else ()):
        if isinstance(scenario, dict) and not isinstance(scenario.get("facts", {}), dict):
            hint = 'write facts = { status = "processing" }'
            yield Problem(pointer("scenarios", index, "facts"), "The facts of a scenario are values by name", hint)
