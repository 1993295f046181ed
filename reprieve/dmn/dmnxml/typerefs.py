"""What a `typeRef` stands for: a built-in type, or an item definition that narrows one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reprieve.dmn.dmnxml.report import Report
from reprieve.dmn.dmnxml.tree import Node
from reprieve.dmn.dmnxml.vocabulary import INTEGER_TYPES, MONTH_TYPES, TYPE_NAMES, TYPES
from reprieve.dmn.sfeel import CellError, parse_cell
from reprieve.dmn.values import ValueType


@dataclass(frozen=True, slots=True)
class TypeUse:
    """The type of a column. `allowed` is the element that lists its values, where its definition has one."""

    type: ValueType
    integer: bool = False
    allowed: Node | None = None


class TypeBook:
    """The item definitions of a file."""

    def __init__(self, root: Node, report: Report) -> None:
        self._definitions = {node.attributes.get("name", ""): node for node in root.each("itemDefinition")}
        self._report = report

    def resolve(self, type_ref: str, node: Node) -> TypeUse | None:
        """The type of that name; None after a problem, which is reported at `node`."""
        allowed: Node | None = None
        seen: set[str] = set()
        while (built_in := TYPES.get(_local(type_ref))) is None:
            definition = self._definition(type_ref)
            if definition is None or type_ref in seen:
                self._refuse_name(type_ref, node)
                return None
            seen.add(type_ref)
            if not self._is_simple(definition):
                return None
            self._report.account_for(definition, {"typeRef", "allowedValues", "typeConstraint", "description"})
            allowed = allowed or definition.child("typeConstraint") or definition.child("allowedValues")
            type_ref = written_type(definition) or ""
        return TypeUse(built_in, _local(type_ref) in INTEGER_TYPES, allowed)

    def component(self, type_ref: str | None, name: str) -> Node | None:
        """The part of that name of a structured type."""
        definition = self._definition(type_ref or "")
        parts = definition.each("itemComponent") if definition else []
        return next((part for part in parts if part.attributes.get("name") == name), None)

    def _definition(self, type_ref: str) -> Node | None:
        return self._definitions.get(type_ref) or self._definitions.get(_local(type_ref))

    def _is_simple(self, definition: Node) -> bool:
        name = definition.attributes.get("name", "")
        if definition.attributes.get("isCollection") in {"true", "1"}:
            self._report.problem(definition, f"The type {name} is a list", "a column of a table holds one value")
            return False
        if definition.child("itemComponent"):
            self._report.problem(definition, f"The type {name} has parts", "give each part a column of its own")
            return False
        return True

    def _refuse_name(self, type_ref: str, node: Node) -> None:
        if _local(type_ref) in MONTH_TYPES:
            self._report.problem(node, "Months and years have no fixed length", "use dayTimeDuration")
        else:
            known = ", ".join(TYPE_NAMES.values())
            self._report.problem(node, f"The type {type_ref} is not known here", f"use one of: {known}")


def written_type(node: Node | None) -> str | None:
    """The type that an element names, as attribute or (item definitions) as child; None for none, and for Any."""
    if node is None:
        return None
    child = node.child("typeRef")
    name = (child.text if child else node.attributes.get("typeRef", "")).strip()
    return None if _local(name) in {"", "Any"} else name


def type_of_cells(texts: Sequence[str]) -> ValueType | None:
    """The one type of which all the cells are tests; None where there is none, or more than one."""
    restricting = [text for text in texts if text.strip() not in {"", "-", "null"}]
    fitting = [value_type for value_type in ValueType if restricting and _all_parse(restricting, value_type)]
    return fitting[0] if len(fitting) == 1 else None


def _all_parse(texts: Iterable[str], value_type: ValueType) -> bool:
    try:
        for text in texts:
            parse_cell(text, value_type)
    except CellError:
        return False
    return True


def _local(name: str) -> str:
    return name.rpartition(":")[2].strip()
