"""The cases of the standard's own test kit: each file is loaded, asked, and written and asked again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reprieve.dmn.decide import compile_table
from reprieve.dmn.dmnxml import dump, load
from reprieve.dmn.table import Table

CASES = "{http://www.omg.org/spec/DMN/20160719/testcase}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
FOLDERS = sorted(path for path in Path(__file__).parent.iterdir() if path.name[0].isdigit())
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def value(element: ET.Element) -> object:
    text = element.text or ""
    match element.attrib[TYPE]:
        case "xsd:decimal":
            return Decimal(text)
        case "xsd:boolean":
            return {"true": True, "false": False}[text]
        case "xsd:string":
            return text
    raise AssertionError(element.attrib)


def expected(result: ET.Element) -> dict[str, object]:
    """By output: those of several are components, the only one of a decision goes by the decision's name."""
    parts = {part.attrib["name"]: part for part in result.iter(f"{CASES}component")} or {result.attrib["name"]: result}
    return {name: value(next(part.iter(f"{CASES}value"))) for name, part in parts.items()}


def ask(table: Table, case: ET.Element) -> Mapping[str, object]:
    facts = {node.attrib["name"]: value(node[0]) for node in case.iter(f"{CASES}inputNode")}
    assert facts.keys() == {column.name for column in table.inputs}
    return compile_table(table).decide(facts, NOW).outputs


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_gives_the_answers_of_the_standard(folder: Path) -> None:
    (model,) = folder.glob("*.dmn")
    (tests,) = folder.glob("*-test-01.xml")
    loaded = load(model.read_bytes())
    written = load(dump(loaded.table, loaded.ids))
    cases = ET.parse(tests).getroot().findall(f"{CASES}testCase")  # noqa: S314 it lies beside this file
    for case in cases:
        (result,) = case.iter(f"{CASES}resultNode")
        assert ask(loaded.table, case) == expected(result), case.attrib
        assert ask(written.table, case) == expected(result), case.attrib
    assert len(cases) == 3


def test_all_nine_cases_are_there() -> None:
    assert len(FOLDERS) == 9


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_ids_of_another_tool_survive(folder: Path) -> None:
    (model,) = folder.glob("*.dmn")
    loaded = load(model.read_bytes())
    again = load(dump(loaded.table, loaded.ids))
    assert again.table == loaded.table
    assert {key: again.ids[key] for key in loaded.ids} == dict(loaded.ids)
    assert all(f'id="{known}"'.encode() in model.read_bytes() for known in loaded.ids.values())
