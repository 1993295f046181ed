"""One rule as a form: its name, a choice for each fact, its answer, and why it is there.

What was typed is kept whatever is wrong with it, and what was not touched stays exactly what it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext

from reprieve.console.rules.answer_form import AnswerForm, tidy_text
from reprieve.console.rules.cell_form import LABELS, CellInput, How, cell_of, choices, input_of, is_same, tidy, ways
from reprieve.console.rules.fact_values import Named
from reprieve.console.rules.row_names import row_id_for
from reprieve.console.rules.typed_values import LONGEST, TypedError, is_plain
from reprieve.dmn.cell import ANY, Cell
from reprieve.dmn.table import Column, Problem, Row, Table, check, pointer
from reprieve.dmn.values import ValueType
from reprieve.policies.words.facts import MEANINGS
from reprieve.policies.words.values import cell_in_words, name_in_words, title_in_words

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class CellField:
    """What a rule wants of one fact, as it stands in the form. `stored` is the cell that the form showed."""

    column: Column
    stored: Cell
    chosen: CellInput
    named: Named
    error: str = ""

    @property
    def name(self) -> str:
        """The first part of its fields' names; its id."""
        return f"when-{self.column.name}"

    @property
    def label(self) -> str:
        return title_in_words(self.column)

    @property
    def help(self) -> str:
        return str(MEANINGS.get(self.column.name, ""))

    @property
    def words(self) -> str:
        """What is wanted of it, read out; empty where that cannot be read."""
        try:
            return cell_in_words(cell_of(self.column, self.chosen)) or gettext("anything")
        except TypedError:
            return ""

    @property
    def is_open(self) -> bool:
        """Whether the field stands open in the form: the rule asks for the fact, or something is wrong."""
        return bool(self.error) or self.chosen.how != How.ANYTHING

    @property
    def ways(self) -> list[tuple[str, str]]:
        return [(how.value, str(LABELS[how])) for how in ways(self.column, is_listed=self.is_listed)]

    @property
    def is_listed(self) -> bool:
        return bool(self.named) or self.column.domain is not None

    @property
    def options(self) -> list[Option]:
        return [Option(value, label, value in self.chosen.values) for value, label in self._choices()]

    @property
    def takes_others(self) -> bool:
        """Whether further values can be written, one a line."""
        return self.column.type is ValueType.STRING and self.column.domain is None

    @property
    def others(self) -> str:
        """The values of the rule that cannot be ticked, one a line."""
        known = {value for value, _ in self._choices()}
        return "\n".join(value for value in self.chosen.values if value not in known)

    @property
    def is_ordered(self) -> bool:
        return self.column.type.is_ordered

    @property
    def example(self) -> str:
        match self.column.type:
            case ValueType.DURATION:
                return gettext("such as 45 days or 1 h 30 min")
            case ValueType.NUMBER:
                return gettext("a number")
            case _:
                return ""

    def typed(self, data: QueryDict) -> "CellField":
        """The field as it was sent; one that was not sent stays."""
        if f"{self.name}-how" not in data:
            return self
        others = [line.strip() for line in data.get(f"{self.name}-other", "").splitlines()]
        chosen = CellInput(
            how=data.get(f"{self.name}-how", ""),
            values=(*data.getlist(f"{self.name}-value"), *filter(None, others)),
            low=data.get(f"{self.name}-low", ""),
            high=data.get(f"{self.name}-high", ""),
            text=data.get(f"{self.name}-text", ""),
            or_unknown=f"{self.name}-unknown" in data,
        )
        return replace(self, chosen=chosen)

    def read(self) -> Cell:
        """The cell; the stored one where nothing was touched. Raises TypedError."""
        if is_same(tidy(self.column, self.chosen), tidy(self.column, input_of(self.column, self.stored))):
            return self.stored
        if max(map(len, (*self.chosen.values, self.chosen.low, self.chosen.high, self.chosen.text, ""))) > LONGEST:
            raise TypedError(gettext("This is too long"), gettext("shorten it"))
        return cell_of(self.column, self.chosen)

    def _choices(self) -> Named:
        found = choices(self.column, self.named)
        return [(value, name_in_words(label) if value == label else label) for value, label in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowForm:
    """The form of a rule. `stored` is the rule as it is in the table; None for a new one."""

    table: Table
    stored: Row | None
    name: str
    note: str
    cells: tuple[CellField, ...]
    answer: AnswerForm
    name_error: str = ""
    note_error: str = ""

    @classmethod
    def of(cls, table: Table, row: Row | None, named: Mapping[str, Named], *, is_new: bool = False) -> Self:
        """The form of a row of the table; of a new one, filled in like `row` if that is given."""
        cells = {} if row is None else row.cells
        return cls(
            table=table,
            stored=None if is_new else row,
            name="" if row is None else name_in_words(row.id),
            note="" if row is None else row.note,
            cells=tuple(_field(column, cells.get(column.name, ANY), named) for column in table.inputs),
            answer=AnswerForm.of(table, {} if row is None else row.outputs),
        )

    def typed(self, data: QueryDict) -> Self:
        return replace(
            self,
            name=data.get("name", self.name),
            note=data.get("note", self.note),
            cells=tuple(field.typed(data) for field in self.cells),
            answer=self.answer.typed(data),
        )

    def read(self) -> tuple[Self, Row | None]:
        """The rule, or the form with an error at each field that cannot be used."""
        cells, fields = {}, []
        for field in self.cells:
            try:
                cells[field.column.name] = field.read()
                fields.append(replace(field, error=""))
            except TypedError as error:
                fields.append(replace(field, error=str(error)))
        answer, outputs = self.answer.read()
        form = replace(
            self,
            cells=tuple(fields),
            answer=answer,
            name_error=self._name_error(),
            note_error=gettext("Shorten it, and write plain text.") if not _is_usable(self.note) else "",
        )
        if form.errors:
            return form, None
        note = tidy_text(self.note)
        if self.stored is not None and note == tidy_text(self.stored.note):
            note = self.stored.note
        row = Row(id=self._row_id(), cells=cells, outputs=outputs, note=note)
        return form.checked(row)

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Where something is wrong: the id of the field, its name, and what is the matter."""
        found = [("row-name", gettext("Name"), self.name_error), ("row-note", gettext("Why"), self.note_error)]
        found += [(field.name, field.label, field.error) for field in self.cells]
        found += [(field.name, field.label, field.error) for field in self.answer.fields]
        return [each for each in found if each[2]]

    def checked(self, row: Row) -> tuple[Self, Row | None]:
        """What the engine has against the row by itself, put at its fields."""
        alone = replace(self.table, rows=(row,))
        problems = _by_field(check(alone))
        cells = tuple(
            replace(field, error=problems.get(("when", field.column.name), field.error)) for field in self.cells
        )
        answer = self.answer.blamed({name: words for (part, name), words in problems.items() if part == "then"})
        form = replace(self, cells=cells, answer=answer)
        return form, None if form.errors else row

    def _name_error(self) -> str:
        if not self.name.strip():
            return gettext("Give the rule a short name, such as “first hour”.")
        if len(self.name) > LONGEST_NAME and not self._keeps_name():
            return gettext("Keep the name under %d characters.") % LONGEST_NAME
        return ""

    def _keeps_name(self) -> bool:
        return self.stored is not None and self.name.strip() == name_in_words(self.stored.id).strip()

    def _row_id(self) -> str:
        if self.stored is not None and self._keeps_name():
            return self.stored.id
        others = [row.id for row in self.table.rows if self.stored is None or row.id != self.stored.id]
        return row_id_for(self.name, others)


def _field(column: Column, cell: Cell, named: Mapping[str, Named]) -> CellField:
    return CellField(column, cell, input_of(column, cell), named.get(column.name, []))


def _is_usable(text: str) -> bool:
    return len(text) <= LONGEST and is_plain(" ".join(text.split()))


def _by_field(problems: Sequence[Problem]) -> dict[tuple[str, str], str]:
    """What is wrong with the first row, by part and name of the column."""
    prefix, found = pointer("rows", 0), {}
    for problem in problems:
        steps = problem.place.removeprefix(prefix).split("/")
        if problem.place.startswith(prefix + "/") and len(steps) > 2 and problem.severity == "error":  # noqa: PLR2004
            name = "/".join(steps[2:]).replace("~1", "/").replace("~0", "~")
            found[steps[1], name] = str(TypedError(problem.message, problem.hint))
    return found
