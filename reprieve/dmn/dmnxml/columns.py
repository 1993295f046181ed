"""The columns of a table in a DMN file, each with its cells: a cell can be read once its column's type is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reprieve.dmn.dmnxml.names import is_made_from, is_simple_name, simple_name
from reprieve.dmn.dmnxml.report import Report
from reprieve.dmn.dmnxml.tree import Node
from reprieve.dmn.dmnxml.typerefs import TypeBook, TypeUse, type_of_cells, written_type
from reprieve.dmn.model import Clock, Column, Output
from reprieve.dmn.sfeel import ANY, Cell, CellError, parse_cell
from reprieve.dmn.values import NotAValueError, Value, ValueType, value_from_text


@dataclass(frozen=True, slots=True)
class InputPart:
    node: Node
    column: Column
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class OutputPart:
    """An output, its value in each row, and the default that the file gives; None stands for no value."""

    node: Node
    output: Output
    values: tuple[Value | None, ...]
    default: Value | None


class ColumnReader:
    def __init__(self, root: Node, decision: Node, table: Node, report: Report) -> None:
        self._types = TypeBook(root, report)
        self._facts = {node.attributes.get("name", ""): node for node in root.each("inputData")}
        self._decision = decision
        self._table = table
        self._is_only_output = len(table.each("output")) == 1
        self._report = report

    def input(self, node: Node, entries: Sequence[Node]) -> InputPart | None:
        """An input column; None after a problem that leaves it unknown."""
        self._report.account_for(node, {"inputExpression", "inputValues"})
        expression = node.child("inputExpression")
        if expression is None:
            self._report.problem(node, "The input names no fact", "give it an inputExpression with the fact's name")
            return None
        self._report.account_for(expression, {"text"})
        self._report.check_language(expression, node.child("inputValues"), *entries)
        name = self._input_name(node, expression)
        use = self._input_type(expression, entries)
        if name is None or use is None:
            return None
        cells = tuple(self._cell(entry, use.type) for entry in entries)
        domain, null_is_listed = self._domain(node.child("inputValues") or use.allowed, use.type)
        column = Column(
            name=name,
            type=use.type,
            label=node.attributes.get("label", ""),
            domain=domain,
            nullable=self._flag(node, "nullable", default=null_is_listed or any(cell.names_null for cell in cells)),
            clock=self._choice(node, "clock", Clock),
            integer=self._flag(node, "integer", default=use.integer),
            several=self._flag(node, "several", default=False),
            minimum=self._end(node, "minimum", use.type),
            maximum=self._end(node, "maximum", use.type),
        )
        return InputPart(node, column, cells)

    def output(self, node: Node, entries: Sequence[Node]) -> OutputPart | None:
        """An output column; None after a problem that leaves it unknown."""
        self._report.account_for(node, {"outputValues", "defaultOutputEntry"})
        default = node.child("defaultOutputEntry")
        self._report.check_language(node.child("outputValues"), default, *entries)
        name = node.attributes.get("name") or (decision_name(self._decision) if self._is_only_output else None)
        if name is None:
            self._report.problem(node, "The output has no name", "name each of several outputs")
            return None
        use = self._output_type(node, name, entries)
        if use is None:
            return None
        values = tuple(self._constant(entry, use.type) for entry in entries)
        domain, _ = self._domain(node.child("outputValues") or use.allowed, use.type)
        table_label = self._table.attributes.get("outputLabel", "") if self._is_only_output else ""
        output = Output(
            name=name,
            type=use.type,
            label=node.attributes.get("label", table_label),
            domain=domain,
            optional=self._flag(node, "optional", default=None in values),
            minimum=self._end(node, "minimum", use.type),
            maximum=self._end(node, "maximum", use.type),
        )
        return OutputPart(node, output, values, self._constant(default, use.type) if default else None)

    def _input_name(self, node: Node, expression: Node) -> str | None:
        text = text_of(expression).strip()
        ours = node.ours("name")
        if ours is not None and is_made_from(text, simple_name(ours)):
            return ours
        if is_simple_name(text) or text in self._facts:
            return text
        message = f"{_shown(text)} is no name of a fact" if text else "The input names no fact"
        self._report.problem(expression, message, "name one fact; what is calculated becomes a fact of its own")
        return None

    def _input_type(self, expression: Node, entries: Sequence[Node]) -> TypeUse | None:
        fact = self._facts.get(text_of(expression).strip())
        written = [written_type(expression), written_type(fact.child("variable") if fact else None)]
        return self._type(expression, [name for name in written if name], entries)

    def _output_type(self, node: Node, name: str, entries: Sequence[Node]) -> TypeUse | None:
        whole = written_type(self._table) or written_type(self._decision.child("variable"))
        part = self._types.component(whole, name)
        of_decision = whole if self._is_only_output and part is None and written_type(node) is None else None
        written = [written_type(node), written_type(part), of_decision]
        use = self._type(node, [name for name in written if name], entries)
        allowed = part.child("allowedValues") if part else None
        return TypeUse(use.type, use.integer, use.allowed or allowed) if use else None

    def _type(self, node: Node, written: Sequence[str], entries: Sequence[Node]) -> TypeUse | None:
        """The first type that is written; what the others allow holds as well."""
        uses = [self._types.resolve(name, node) for name in written]
        if uses:
            first = uses[0]
            allowed = next(
                (use.allowed for use in uses if use and first and use.type is first.type and use.allowed), None
            )
            return TypeUse(first.type, first.integer, allowed) if first else None
        guess = type_of_cells([text_of(entry) for entry in entries])
        if guess is None:
            self._report.problem(node, "The column has no type", "give it a typeRef, such as string or number")
            return None
        self._report.warn(node, f"The column has no type; its cells say {guess.noun}", "give it a typeRef")
        return TypeUse(guess)

    def _domain(self, node: Node | None, value_type: ValueType) -> tuple[tuple[Value, ...] | None, bool]:
        """The allowed values of a column, and whether null is listed among them."""
        cell = self._cell(node, value_type) if node else ANY
        if node and (cell.intervals or (cell.negated and not cell.is_any)):
            self._report.problem(
                node,
                "The allowed values are a range, and only lists of values are understood",
                "list the values, or leave the range out and add a row for what lies outside it",
            )
        return (None if cell.negated else cell.points or None), cell.names_null

    def _constant(self, node: Node, value_type: ValueType) -> Value | None:
        if text_of(node).strip() in {"", "null"}:
            return None
        cell = self._test(node, value_type)
        if cell is None:
            return None
        if len(cell.points) != 1 or cell != Cell(cell.points):
            self._report.problem(node, "An answer is one constant", "write one value, or nothing for none")
            return None
        return cell.points[0]

    def _cell(self, node: Node, value_type: ValueType) -> Cell:
        cell = self._test(node, value_type) if text_of(node).strip() else None
        return cell or ANY

    def _test(self, node: Node, value_type: ValueType) -> Cell | None:
        """The unary tests of an element; None after a problem."""
        self._report.account_for(node, {"text"})
        text = text_of(node).strip()
        try:
            return parse_cell(text, value_type)
        except CellError as error:
            where = f"character {error.position + 1} of {_shown(text)}"
            self._report.problem(node, f"{error.message} ({where})", error.hint)
            return None

    def _flag(self, node: Node, name: str, *, default: bool) -> bool:
        written = node.ours(name)
        if written is not None and written not in {"true", "false"}:
            self._report.problem(node, f"{name} is {written}", "write true or false")
        return default if written is None else written == "true"

    def _end(self, node: Node, name: str, value_type: ValueType) -> Value | None:
        """The least or the greatest value of a column, where we wrote one and its type was not changed elsewhere."""
        written = node.ours(name)
        try:
            return None if written is None else value_from_text(written, value_type)
        except NotAValueError as error:
            self._report.warn(node, f"The {name} is left out: {error.message}", "nothing: it changes no answer")
            return None

    def _choice[E: StrEnum](self, node: Node, name: str, choices: type[E]) -> E | None:
        written = node.ours(name)
        if written is None or written in {choice.value for choice in choices}:
            return None if written is None else choices(written)
        self._report.problem(node, f"{name} is {written}", f"use one of: {', '.join(choices)}")
        return None


def text_of(node: Node) -> str:
    child = node.child("text")
    return child.text if child else ""


def decision_name(decision: Node) -> str:
    """The name of a decision; its id where it has none."""
    return decision.attributes.get("name", decision.id or "")


def _shown(text: str) -> str:
    return f"{' '.join(text.split()):.80}"
