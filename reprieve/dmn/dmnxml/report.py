"""Collects what is wrong with a file while it is read, so that its writer learns of everything at once."""

from collections.abc import Collection
from typing import NoReturn

from reprieve.dmn.dmnxml.problems import DmnError, FileProblem
from reprieve.dmn.dmnxml.tree import Node
from reprieve.dmn.dmnxml.vocabulary import APART, DOCUMENTATION, EXPRESSIONS, UNSUPPORTED
from reprieve.dmn.model import Severity

_FEEL = ("feel", "s-feel", "sfeel")


class Report:
    def __init__(self) -> None:
        self._problems: dict[FileProblem, None] = {}  # a type that several columns use is wrong once
        self._warnings: dict[FileProblem, None] = {}

    @property
    def warnings(self) -> tuple[FileProblem, ...]:
        """What is not taken over, or was guessed."""
        return tuple(self._warnings)

    def problem(self, node: Node, message: str, hint: str) -> None:
        """Something that keeps the file out."""
        self._problems[FileProblem(node.line, _local(node), node.id, message, hint)] = None

    def warn(self, node: Node, message: str, hint: str) -> None:
        """Something that is not taken over and changes no answer, or was guessed."""
        self._warnings[FileProblem(node.line, _local(node), node.id, message, hint, Severity.WARNING)] = None

    def refuse(self, node: Node, message: str, hint: str) -> NoReturn:
        """Stop at what leaves nothing to read.

        Raises:
            DmnError: with this and all earlier problems.
        """
        self.problem(node, message, hint)
        raise self._error()

    def demand_nothing_wrong(self) -> None:
        """Stop here if there were problems.

        Raises:
            DmnError: with all of them.
        """
        if self._problems:
            raise self._error()

    def _error(self) -> DmnError:
        return DmnError(sorted(self._problems, key=lambda problem: problem.line))

    def account_for(self, node: Node, read: Collection[str]) -> None:
        """Say of every child that is not read why it is refused, or that it is left out: nothing drops silently."""
        for child in node.children:
            if child.name not in read:
                self._left(child)

    def _left(self, node: Node) -> None:
        if node.name in UNSUPPORTED:
            self.problem(node, *UNSUPPORTED[node.name])
        elif node.name in EXPRESSIONS:
            message = f"This is {EXPRESSIONS[node.name]}, and a policy is one decision table"
            self.problem(node, message, "write it as a decision table whose inputs are facts")
        elif node.name == "extensionElements":
            if node.children:
                self.warn(node, "What another tool noted here is left out", "nothing: it changes no answer")
        elif node.name in APART:
            self.warn(node, f"This {APART[node.name]} is left out", "import it by itself, if it is a table")
        elif node.name in DOCUMENTATION or node.name.startswith("{"):
            self.warn(node, f"The {_local(node)} is left out", "nothing: it changes no answer")
        else:
            self.problem(node, f"{node.name} is not known here", "remove it, or export the table anew")

    def check_language(self, *nodes: Node | None) -> None:
        """Refuse expressions in another language than FEEL."""
        for node in nodes:
            language = node.attributes.get("expressionLanguage", "") if node else ""
            if node and language and not _is_feel(language):
                self.problem(node, f"This is written in {language}", "write it in FEEL")


def _is_feel(language: str) -> bool:
    return language.rstrip("/").rpartition("/")[2].lower() in _FEEL or "/spec/FEEL/" in language


def _local(node: Node) -> str:
    return node.name.rpartition("}")[2]
