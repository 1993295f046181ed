"""Writes a table as a DMN 1.3 file with its diagram, so that Camunda Modeler and dmn-js open it.

What DMN has no word for stands in attributes of our own namespace, which other tools keep: a column's clock and range
and whether it is nullable, integer or holds several values, what never comes together, names that are no FEEL names,
ids that are no XML ids. To other engines a column with a clock is a duration that the caller works out.
"""

import json
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from reprieve.dmn.check import check
from reprieve.dmn.dmnxml.diagram import add_diagram
from reprieve.dmn.dmnxml.names import Unique, is_simple_name, not_in_xml, simple_name, xml_name
from reprieve.dmn.dmnxml.vocabulary import DIAGRAM, LINES, MODEL, OURS, SHAPES, TABLES, TYPE_NAMES
from reprieve.dmn.dmnxml.writable import unwritable
from reprieve.dmn.model import Column, Output, Row, Severity, Table, TableError, pointer
from reprieve.dmn.sfeel import ANY, Cell, print_cell
from reprieve.dmn.values import Value, ValueType, value_to_text


def dump(table: Table, ids: Mapping[str, str] | None = None) -> bytes:
    """Write a table; `load` reads it back to an equal one, and equal tables give equal bytes.

    Args:
        table: what to write.
        ids: the ids that its parts had in the file that it came from (`Loaded.ids`); others are made from names.

    Raises:
        TableError: the table has errors (`check`), or holds what no DMN file can: control characters in a name or note,
            numbers that need an exponent.
    """
    problems = [problem for problem in check(table) if problem.severity is Severity.ERROR]
    problems += unwritable(table)
    if problems:
        raise TableError(problems)
    return _Writer(table, ids or {}).file()


class _Writer:
    """Builds the elements of one file. `data_names` are the facts' names in it, which are FEEL names."""

    def __init__(self, table: Table, ids: Mapping[str, str]) -> None:
        self.table = table
        self.known_ids = {key: known for key, known in ids.items() if known and not_in_xml(known) is None}
        self.unique = Unique(self.known_ids.values())
        self.given: set[str] = set()
        self.row_ids = {row.id: self.id(xml_name(row.id), "rows", row.id) for row in table.rows}
        names = Unique(column.name for column in table.inputs if is_simple_name(column.name))
        self.data_names = {
            column.name: column.name if is_simple_name(column.name) else names.take(simple_name(column.name))
            for column in table.inputs
        }

    def id(self, otherwise: str, *key: str) -> str:
        """The id of a part: the one that it had, or one that is made of its name; never one that is taken."""
        known = self.known_ids.get(pointer(*key))
        if known is None or known in self.given:
            return self.unique.take(otherwise)
        self.given.add(known)
        return known

    def file(self) -> bytes:
        root = ET.Element(
            "definitions",
            {
                "xmlns": MODEL,
                "xmlns:dmndi": DIAGRAM,
                "xmlns:dc": SHAPES,
                "xmlns:di": LINES,
                "xmlns:reprieve": OURS,
                "id": self.id("definitions", "definitions"),
                "name": self.table.name,
                "namespace": TABLES,
                "exporter": "Reprieve",
            },
        )
        decision = ET.SubElement(root, "decision", {"id": self.id("decision", "decision"), "name": self.table.name})
        ET.SubElement(decision, "variable", {"id": self.id("decision_variable"), "name": self.table.name})
        requirements = self.facts(root, decision)
        self.decision_table(decision)
        add_diagram(root, decision.attrib["id"], requirements, self.unique)
        ET.indent(root)
        # ElementTree leaves a carriage return in a text as it is, and a parser would read it as a line feed.
        text = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()

    def facts(self, root: ET.Element, decision: ET.Element) -> dict[str, str]:
        """The facts that the decision requires; from the id of each to the id of its requirement."""
        requirements = {}
        for column in self.table.inputs:
            name = self.data_names[column.name]
            fact_id = self.id(f"fact_{xml_name(column.name)}", "data", name)
            fact = ET.SubElement(root, "inputData", {"id": fact_id, "name": name})
            ET.SubElement(fact, "variable", {"id": self.id(f"{fact_id}_variable"), **_typed(name, column.type)})
            requirement = ET.SubElement(decision, "informationRequirement", {"id": self.id(f"requires_{fact_id}")})
            ET.SubElement(requirement, "requiredInput", {"href": f"#{fact_id}"})
            requirements[fact_id] = requirement.attrib["id"]
        return requirements

    def decision_table(self, decision: ET.Element) -> None:
        attributes = {"id": self.id("table", "table"), "hitPolicy": self.table.hit_policy.value}
        attributes |= self.impossible()
        element = ET.SubElement(decision, "decisionTable", attributes)
        for column in self.table.inputs:
            self.input(element, column)
        for output in self.table.outputs:
            self.output(element, output)
        for row in self.table.rows:
            self.rule(element, row)

    def impossible(self) -> dict[str, str]:
        types = {column.name: column.type for column in self.table.inputs}
        texts = [
            {name: print_cell(cell, types[name]) for name, cell in cells.items()} for cells in self.table.impossible
        ]
        return {"reprieve:impossible": json.dumps(texts, ensure_ascii=False)} if texts else {}

    def input(self, table: ET.Element, column: Column) -> None:
        input_id = self.id(f"input_{xml_name(column.name)}", "inputs", column.name)
        attributes = {"id": input_id} | _label(column.label)
        name = self.data_names[column.name]
        attributes |= {"reprieve:name": column.name} if name != column.name else {}
        attributes |= {"reprieve:clock": column.clock.value} if column.clock else {}
        attributes["reprieve:nullable"] = _boolean(column.nullable)
        attributes |= {"reprieve:integer": "true"} if column.integer else {}
        attributes |= {"reprieve:several": "true"} if column.several else {}
        attributes |= _range(column)
        element = ET.SubElement(table, "input", attributes)
        expression = {"id": self.id(f"{input_id}_expression"), "typeRef": TYPE_NAMES[column.type]}
        _with_text(element, "inputExpression", expression, name)
        self.domain(element, "inputValues", column.domain, column.type)

    def output(self, table: ET.Element, output: Output) -> None:
        output_id = self.id(f"output_{xml_name(output.name)}", "outputs", output.name)
        attributes = {"id": output_id} | _label(output.label) | _typed(output.name, output.type)
        attributes |= {"reprieve:optional": _boolean(output.optional)} | _range(output)
        element = ET.SubElement(table, "output", attributes)
        self.domain(element, "outputValues", output.domain, output.type)
        if output.name in self.table.fallback:
            text = _literal(self.table.fallback[output.name], output.type)
            _with_text(element, "defaultOutputEntry", {"id": self.id(f"{output_id}_default")}, text)

    def domain(self, column: ET.Element, name: str, values: Sequence[Value] | None, value_type: ValueType) -> None:
        if values is not None:
            text = print_cell(Cell(tuple(values)), value_type)
            _with_text(column, name, {"id": self.id(f"{column.attrib['id']}_values")}, text)

    def rule(self, table: ET.Element, row: Row) -> None:
        rule_id = self.row_ids[row.id]
        ours = {"reprieve:id": row.id} if rule_id != row.id else {}
        element = ET.SubElement(table, "rule", {"id": rule_id} | ours)
        if row.note:
            ET.SubElement(element, "description").text = row.note
        for column in self.table.inputs:
            cell_id = self.id(f"{rule_id}_{xml_name(column.name)}", "rows", row.id, "when", column.name)
            text = print_cell(row.cells.get(column.name, ANY), column.type)
            _with_text(element, "inputEntry", {"id": cell_id}, text)
        for output in self.table.outputs:
            cell_id = self.id(f"{rule_id}_{xml_name(output.name)}", "rows", row.id, "then", output.name)
            value = row.outputs.get(output.name)
            text = "" if value is None else _literal(value, output.type)
            _with_text(element, "outputEntry", {"id": cell_id}, text)


def _with_text(parent: ET.Element, name: str, attributes: dict[str, str], text: str) -> None:
    ET.SubElement(ET.SubElement(parent, name, attributes), "text").text = text


def _typed(name: str, value_type: ValueType) -> dict[str, str]:
    return {"name": name, "typeRef": TYPE_NAMES[value_type]}


def _label(label: str) -> dict[str, str]:
    return {"label": label} if label else {}


def _range(column: Column | Output) -> dict[str, str]:
    ends = {"reprieve:minimum": column.minimum, "reprieve:maximum": column.maximum}
    return {name: value_to_text(end) for name, end in ends.items() if end is not None}


def _boolean(value: bool) -> str:  # noqa: FBT001 its only argument
    return "true" if value else "false"


def _literal(value: Value, value_type: ValueType) -> str:
    return print_cell(Cell((value,)), value_type)
