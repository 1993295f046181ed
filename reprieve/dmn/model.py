"""What a decision table is made of. Everything here is immutable; `check` says whether it makes sense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from reprieve.dmn.cell import Cell
from reprieve.dmn.values import Value, ValueType, is_before


class HitPolicy(StrEnum):
    """Which of the rows that fit decides."""

    FIRST = "FIRST"
    UNIQUE = "UNIQUE"
    ANY = "ANY"
    PRIORITY = "PRIORITY"


class Clock(StrEnum):
    """How a column turns an instant into the duration that its cells test."""

    SINCE = "since"
    UNTIL = "until"


class Severity(StrEnum):
    """An error keeps a table from being used; a warning is worth a look; a hint may well be meant."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a table, for the person who wrote it.

    `place` is a JSON Pointer (RFC 6901) into the table's data, such as `/rows/2/when/status`; empty for the whole.
    """

    place: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR


class TableError(ValueError):
    """A table that cannot be used. Carries every problem, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = [f"{problem.place or 'table'}: {problem.message} ({problem.hint})" for problem in problems]
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Column:
    """An input: one named fact.

    Attributes:
        name: the fact's name; any text.
        type: the type of its cells. With a clock that is a duration, while the fact is an aware instant.
        label: its name for people.
        domain: the values that the fact may have; None leaves every value of the type.
        nullable: whether the fact may be missing (its cells then decide); otherwise a missing fact gives the fallback.
        clock: `since` tests now − fact, `until` tests fact − now; both may be negative.
        integer: a number without fractions.
        several: the fact is a collection of values (see `Cell.accepts_any`).
        minimum: the least value that its cells ever see, such as 0 of a count; None is unbounded.
        maximum: the greatest. Both are promises about the facts: the analysis and the search for the nearest change
            look no further, while a decision does not ask, and leaves what breaks a promise to the rows.
    """

    name: str
    type: ValueType
    label: str = ""
    domain: tuple[Value, ...] | None = None
    nullable: bool = False
    clock: Clock | None = None
    integer: bool = False
    several: bool = False
    minimum: Value | None = None
    maximum: Value | None = None

    def is_in_range(self, value: Value) -> bool:
        """Whether its cells may see the value, as far as minimum and maximum go."""
        return _is_between(value, self.minimum, self.maximum)

    @property
    def fact_type(self) -> ValueType:
        """The type of the fact itself: an instant where a clock runs."""
        return ValueType.DATE_TIME if self.clock else self.type

    @property
    def title(self) -> str:
        """Its name in a sentence."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Output:
    """A named answer. Under PRIORITY the order of `domain` ranks the rows, first is best.

    `minimum` and `maximum` bound what may be answered, both included; `check` refuses a row that answers otherwise.
    """

    name: str
    type: ValueType
    label: str = ""
    domain: tuple[Value, ...] | None = None
    optional: bool = False
    minimum: Value | None = None
    maximum: Value | None = None

    @property
    def title(self) -> str:
        """Its name in a sentence."""
        return self.label or self.name

    def is_in_range(self, value: Value) -> bool:
        """Whether it may be answered, as far as minimum and maximum go."""
        return _is_between(value, self.minimum, self.maximum)


def _is_between(value: Value, low: Value | None, high: Value | None) -> bool:
    is_too_low = low is not None and is_before(value, low)
    is_too_high = high is not None and is_before(high, value)
    return not (is_too_low or is_too_high)


@dataclass(frozen=True, slots=True)
class Row:
    """A rule. `cells` holds only what it restricts, by column name; `id` stays the same from version to version."""

    id: str
    cells: Mapping[str, Cell]
    outputs: Mapping[str, Value]
    note: str = ""

    def __post_init__(self) -> None:
        restricting = {name: cell for name, cell in self.cells.items() if not cell.is_any}
        object.__setattr__(self, "cells", MappingProxyType(restricting))
        object.__setattr__(self, "outputs", MappingProxyType(dict(self.outputs)))


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table. `fallback` answers where a fact is missing or outside its column, or where no row fits.

    `impossible` holds combinations of cells, by column name, that no facts ever fit together, such as files delivered
    of a design not started. They are promises to the analysis, like a column's minimum; decisions do not look at them.
    """

    name: str
    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]
    fallback: Mapping[str, Value]
    hit_policy: HitPolicy = HitPolicy.FIRST
    impossible: tuple[Mapping[str, Cell], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "fallback", MappingProxyType(dict(self.fallback)))
        frozen = tuple(MappingProxyType(dict(cells)) for cells in self.impossible)
        object.__setattr__(self, "impossible", frozen)

    def row(self, row_id: str) -> Row:
        """The row of that id.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            if row.id == row_id:
                return row
        raise KeyError(row_id)


def pointer(*steps: str | int) -> str:
    """The JSON Pointer of a place in a table's data."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
