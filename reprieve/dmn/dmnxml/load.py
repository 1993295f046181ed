"""Reads a decision table from a DMN file; what cannot be read is refused by name and line, never dropped silently."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from reprieve.dmn.check import check
from reprieve.dmn.dmnxml.columns import ColumnReader, InputPart, OutputPart, decision_name, text_of
from reprieve.dmn.dmnxml.names import Unique
from reprieve.dmn.dmnxml.problems import FileProblem
from reprieve.dmn.dmnxml.report import Report
from reprieve.dmn.dmnxml.tree import Node, parse
from reprieve.dmn.model import Column, HitPolicy, Output, Row, Severity, Table, pointer
from reprieve.dmn.sfeel import Cell, CellError, parse_cell
from reprieve.dmn.values import Value

_LIST_POLICIES = {"COLLECT", "RULE ORDER", "OUTPUT ORDER"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table from a file.

    Attributes:
        table: it has no errors (`check`).
        warnings: what was left out or guessed, in the order of the file.
        ids: the ids that the file gave to its parts, for `dump` to give again; a plain map, fit for JSON.
    """

    table: Table
    warnings: tuple[FileProblem, ...]
    ids: Mapping[str, str]


def load(data: bytes, decision: str | None = None, fallback: Mapping[str, Value] | None = None) -> Loaded:
    """Read the decision table of a DMN 1.1 to 1.5 file.

    Args:
        data: the file.
        decision: the id or name of the decision; needed only where there are several.
        fallback: answers for those outputs to which the file gives no default. An output without either gets none:
            where no row fits or a fact is missing it stays empty, as DMN has it, and a warning says so.

    Raises:
        DmnError: the file is no such table; it carries every problem with element, id and line.
    """
    root = parse(data)
    report = Report()
    layout = {node.name for node in root.children if node.name.endswith("}DMNDI")}
    report.account_for(root, {"decision", "inputData", "itemDefinition"} | layout)
    report.check_language(root)
    chosen = _choose(root, decision, report)
    for other in root.each("decision"):
        if other is not chosen:
            report.warn(other, f"The decision {decision_name(other)} is left out", "import it by itself")
    return _TableReader(root, chosen, report).read(fallback or {})


def _choose(root: Node, wanted: str | None, report: Report) -> Node:
    decisions = root.each("decision")
    if not decisions:
        report.refuse(root, "The file holds no decision", "export the table anew as DMN")
    named = [node for node in decisions if wanted in {node.id, node.attributes.get("name")}]
    chosen = [node for node in named if node.id == wanted] or named if wanted is not None else decisions
    known = ", ".join(decision_name(node) + (f" (id {node.id})" if node.id else "") for node in decisions)
    if not chosen:
        report.refuse(root, f"The file holds no decision {wanted}", f"choose one of: {known}")
    if len(chosen) > 1:
        report.refuse(root, f"The file holds several decisions: {known}", "choose one by its id")
    return chosen[0]


def _table_of(decision: Node, report: Report) -> Node:
    report.account_for(decision, {"variable", "informationRequirement", "decisionTable"})
    for requirement in decision.each("informationRequirement"):
        for needed in requirement.each("requiredDecision"):
            message = f"The decision needs the answer of another ({needed.attributes.get('href', '')})"
            report.problem(requirement, message, "make that answer a fact, or write both as one table")
    table = decision.child("decisionTable")
    if table is None:
        report.demand_nothing_wrong()  # what stands in its place has been named
        message = f"The decision {decision_name(decision)} holds no decision table"
        report.refuse(decision, message, "write it as a decision table whose inputs are facts")
    return table


class _TableReader:
    def __init__(self, root: Node, decision: Node, report: Report) -> None:
        self.root = root
        self.decision = decision
        self.table = _table_of(decision, report)
        self.rules = self.table.each("rule")
        self.annotations = [node.attributes.get("name", "") for node in self.table.each("annotation")]
        self.widths = {kind: len(self.table.each(kind)) for kind in ("input", "output")}
        self.report = report

    def read(self, fallback: Mapping[str, Value]) -> Loaded:
        self.report.account_for(self.table, {"input", "output", "rule", "annotation"})
        self.report.check_language(self.table)
        hit_policy = self.hit_policy()
        self.rules = [rule for rule in self.rules if self.has_an_entry_a_column(rule)]
        columns = ColumnReader(self.root, self.decision, self.table, self.report)
        inputs = self.parts("input", columns.input)
        outputs = self.parts("output", columns.output)
        self.report.demand_nothing_wrong()
        given = {
            part.output.name: fallback.get(part.output.name) if part.default is None else part.default
            for part in outputs
        }
        answers = {name: value for name, value in given.items() if value is not None}
        table = Table(
            name=decision_name(self.decision),
            inputs=tuple(part.column for part in inputs),
            outputs=tuple(self.with_its_default(part, answers) for part in outputs),
            rows=tuple(self.rows(inputs, outputs)),
            fallback=answers,
            hit_policy=hit_policy,
            impossible=tuple(self.impossible([part.column for part in inputs])),
        )
        self.check_table(table, inputs, outputs)
        return Loaded(table, self.report.warnings, dict(self.ids(table, inputs, outputs)))

    def hit_policy(self) -> HitPolicy:
        written = self.table.attributes.get("hitPolicy", HitPolicy.UNIQUE)
        if written in set(HitPolicy):
            return HitPolicy(written)
        known = ", ".join(HitPolicy)
        if written in _LIST_POLICIES:
            message = f"{written} gives a list of answers, and a policy gives one answer"
            self.report.problem(self.table, message, f"use one of: {known}")
        else:
            self.report.problem(self.table, f"The hit policy {written} is not known", f"use one of: {known}")
        return HitPolicy.FIRST

    def has_an_entry_a_column(self, rule: Node) -> bool:
        """Whether the rule's cells can be told apart, which their order alone does."""
        self.report.account_for(rule, {"inputEntry", "outputEntry", "annotationEntry", "description"})
        odd = [(kind, count) for kind, count in self.widths.items() if len(rule.each(f"{kind}Entry")) != count]
        for kind, count in odd:
            message = f"The rule has {len(rule.each(f'{kind}Entry'))} × {kind}Entry, and the table {count} × {kind}"
            self.report.problem(rule, message, "give it one for each column; - where any value fits")
        return not odd

    def parts[T](self, name: str, read: Callable[[Node, Sequence[Node]], T | None]) -> list[T]:
        by_rule = [rule.each(f"{name}Entry") for rule in self.rules]
        nodes = self.table.each(name)
        parts = [read(node, [entries[index] for entries in by_rule]) for index, node in enumerate(nodes)]
        return [part for part in parts if part is not None]

    def impossible(self, columns: Iterable[Column]) -> Iterator[dict[str, Cell]]:
        """What never comes together, where we wrote it: JSON, a list of cells by column."""
        types = {column.name: column.type for column in columns}
        try:
            for cells in json.loads(self.table.ours("impossible") or "[]"):
                if foreign := [name for name in cells if name not in types]:
                    message = f"What never comes together names {foreign[0]}, which is no input, and is left out"
                    self.report.warn(self.table, message, "nothing: it changes no answer")
                else:
                    yield {name: parse_cell(text, types[name]) for name, text in cells.items()}
        except CellError as error:
            self.report.problem(self.table, f"impossible: {error.message}", error.hint)
        except (ValueError, TypeError, AttributeError, RecursionError):
            message = "What never comes together is no list of cells by input"
            self.report.problem(self.table, message, 'write [{"status": "…"}], or leave the attribute out')

    def with_its_default(self, part: OutputPart, answers: Mapping[str, Value]) -> Output:
        if part.output.name in answers or part.output.optional or part.node.ours("optional") is not None:
            return part.output
        message = f"{part.output.name} has no default: it stays empty where no row fits or a fact is missing"
        self.report.warn(part.node, message, "add a defaultOutputEntry, or give one at the import")
        return replace(part.output, optional=True)

    def rows(self, inputs: Sequence[InputPart], outputs: Sequence[OutputPart]) -> Iterator[Row]:
        unnamed = Unique(node.id for node in self.rules if node.id)
        seen: set[str] = set()
        for index, rule in enumerate(self.rules):
            ours = rule.ours("id")
            copied = ours in seen  # by a tool that copied a rule with all its attributes
            row_id = ours if ours is not None and not copied else rule.id or unnamed.take(f"rule_{index + 1}")
            seen.add(row_id)
            values = {part.output.name: part.values[index] for part in outputs}
            yield Row(
                id=row_id,
                cells={part.column.name: part.cells[index] for part in inputs},
                outputs={name: value for name, value in values.items() if value is not None},
                note=self.note(rule),
            )

    def note(self, rule: Node) -> str:
        written = [text_of(entry) for entry in rule.each("annotationEntry")]
        if len(self.annotations) > 1:
            named = zip_longest(self.annotations, written, fillvalue="")
            written = [f"{name}: {text}" if text else "" for name, text in named]
        description = rule.child("description")
        return "\n".join(text for text in [description.text if description else "", *written] if text)

    def check_table(self, table: Table, inputs: Sequence[InputPart], outputs: Sequence[OutputPart]) -> None:
        """Refuse a table that makes no sense, each problem at the element that it came from."""
        nodes = self.places(inputs, outputs)
        for problem in check(table):
            if problem.severity is Severity.ERROR:
                self.report.problem(_nearest(nodes, problem.place), problem.message, problem.hint)
        self.report.demand_nothing_wrong()

    def places(self, inputs: Sequence[InputPart], outputs: Sequence[OutputPart]) -> dict[str, Node]:
        """The element of each part of the table, by its place in the table's data."""
        nodes = {"": self.table}
        nodes |= {pointer("inputs", index): part.node for index, part in enumerate(inputs)}
        nodes |= {pointer("outputs", index): part.node for index, part in enumerate(outputs)}
        nodes |= {pointer("fallback", part.output.name): part.node for part in outputs}
        for index, rule in enumerate(self.rules):
            nodes[pointer("rows", index)] = rule
            cells = zip(inputs, rule.each("inputEntry"), strict=True)
            nodes |= {pointer("rows", index, "when", part.column.name): entry for part, entry in cells}
            answers = zip(outputs, rule.each("outputEntry"), strict=True)
            nodes |= {pointer("rows", index, "then", part.output.name): entry for part, entry in answers}
        return nodes

    def ids(
        self, table: Table, inputs: Sequence[InputPart], outputs: Sequence[OutputPart]
    ) -> Iterator[tuple[str, str]]:
        """The ids of the file; columns and rows go by their names and ids, so that a later order keeps them."""
        nodes = {"/definitions": self.root, "/decision": self.decision, "/table": self.table}
        nodes |= {pointer("data", node.attributes.get("name", "")): node for node in self.root.each("inputData")}
        nodes |= {pointer("inputs", part.column.name): part.node for part in inputs}
        nodes |= {pointer("outputs", part.output.name): part.node for part in outputs}
        for row, rule in zip(table.rows, self.rules, strict=True):
            nodes[pointer("rows", row.id)] = rule
            for part, entry in zip(inputs, rule.each("inputEntry"), strict=True):
                nodes[pointer("rows", row.id, "when", part.column.name)] = entry
            for answer, entry in zip(outputs, rule.each("outputEntry"), strict=True):
                nodes[pointer("rows", row.id, "then", answer.output.name)] = entry
        return ((key, node.id) for key, node in nodes.items() if node.id is not None)


def _nearest(nodes: Mapping[str, Node], place: str) -> Node:
    while place not in nodes:
        place = place.rpartition("/")[0]
    return nodes[place]
