"""What a table answers: the decision, and why no earlier row made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reprieve.dmn.facts import Fact, FactProblem
from reprieve.dmn.values import Value


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a table. `row` is the id of the row that gave it; None where the fallback did, with the problem."""

    row: str | None
    outputs: Mapping[str, Value]
    problem: FactProblem | None = None


class Miss(NamedTuple):
    """A row that did not fit: its first column that failed, the cell there, and what the column saw.

    Under a clock `seen` is the time since or until the fact. It is None where the fact was missing.
    """

    row: str
    column: str
    cell: str
    seen: Fact


class Explanation(NamedTuple):
    """A decision with each row above the deciding one, or each row at all where none decided.

    `missed` is empty where a fact was to blame: then no row was tried, and the decision names the fact.
    """

    decision: Decision
    missed: tuple[Miss, ...]
