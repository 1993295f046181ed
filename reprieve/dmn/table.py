"""The door to decision tables: their parts, their JSON form, their hash, their check."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from reprieve.dmn.check import check, unknown_name
from reprieve.dmn.model import (
    Clock,
    Column,
    HitPolicy,
    Output,
    Problem,
    Row,
    Severity,
    Table,
    TableError,
    pointer,
)
from reprieve.dmn.sfeel import Cell, CellError, parse_cell, print_cell
from reprieve.dmn.values import NotAValueError, Value, ValueType, value_from_data, value_to_data

__all__ = [
    "Clock",
    "Column",
    "HitPolicy",
    "Output",
    "Problem",
    "Row",
    "Severity",
    "Table",
    "TableError",
    "check",
    "content_hash",
    "pointer",
    "table_from_data",
    "table_to_data",
]

_LIST_POLICIES = {"COLLECT", "RULE ORDER", "OUTPUT ORDER"}
_TABLE_KEYS = {"name", "hit_policy", "inputs", "outputs", "rows", "fallback", "impossible"}
_COLUMN_KEYS = {"name", "type", "label", "domain", "nullable", "clock", "integer", "several", "minimum", "maximum"}
_OUTPUT_KEYS = {"name", "type", "label", "domain", "optional", "minimum", "maximum"}
_ROW_KEYS = {"id", "when", "then", "note"}


def table_from_data(data: Mapping[str, object]) -> Table:
    """Read a table from its JSON form.

    Raises:
        TableError: with every problem that it has: of its shape, of its cells, and those of `check` that are errors.
    """
    reader = _Reader()
    table = reader.table(reader.members(data, ""))
    if reader.problems:
        known = {problem.place for problem in reader.problems}
        further = [problem for problem in check(table) if problem.severity is Severity.ERROR]
        raise TableError([*reader.problems, *(problem for problem in further if not _has_part(problem, known))])
    errors = [problem for problem in check(table) if problem.severity is Severity.ERROR]
    if errors:
        raise TableError(errors)
    return table


def _has_part(whole: Problem, places: Iterable[str]) -> bool:
    """Whether a part of what the problem is about, or all of it, could not even be read."""
    return any(place == whole.place or place.startswith(whole.place + "/") for place in places)


def table_to_data(table: Table) -> dict[str, object]:
    """The JSON form of a table; `table_from_data` reads it back to an equal table."""
    types = {output.name: output.type for output in table.outputs}
    data: dict[str, object] = {
        "name": table.name,
        "hit_policy": table.hit_policy.value,
        "inputs": [_column_data(column) for column in table.inputs],
        "outputs": [_output_data(output) for output in table.outputs],
        "rows": [_row_data(table, row) for row in table.rows],
        "fallback": {name: value_to_data(value) for name, value in table.fallback.items() if name in types},
    }
    if table.impossible:  # what came later stands only where it is used, so that hashes of earlier tables stay
        data["impossible"] = [_cells_data(table, cells) for cells in table.impossible]
    return data


def content_hash(table: Table) -> str:
    """The SHA-256 of the table's canonical JSON, in hexadecimal: what a version is known by."""
    text = json.dumps(table_to_data(table), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _column_data(column: Column) -> dict[str, object]:
    data: dict[str, object] = {"name": column.name, "type": column.type.value, "label": column.label}
    if column.domain is not None:
        data["domain"] = [value_to_data(value) for value in column.domain]
    if column.clock is not None:
        data["clock"] = column.clock.value
    data |= _range_data(column)
    flags = {"nullable": column.nullable, "integer": column.integer, "several": column.several}
    return data | {name: True for name, is_set in flags.items() if is_set}


def _output_data(output: Output) -> dict[str, object]:
    data: dict[str, object] = {"name": output.name, "type": output.type.value, "label": output.label}
    if output.domain is not None:
        data["domain"] = [value_to_data(value) for value in output.domain]
    return data | _range_data(output) | ({"optional": True} if output.optional else {})


def _range_data(column: Column | Output) -> dict[str, object]:
    ends = {"minimum": column.minimum, "maximum": column.maximum}
    return {key: value_to_data(end) for key, end in ends.items() if end is not None}


def _row_data(table: Table, row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "when": _cells_data(table, row.cells),
        "then": {name: value_to_data(value) for name, value in row.outputs.items()},
        "note": row.note,
    }


def _cells_data(table: Table, cells: Mapping[str, Cell]) -> dict[str, str]:
    types = {column.name: column.type for column in table.inputs}
    return {name: print_cell(cell, types[name]) for name, cell in cells.items()}


class _Reader:
    """Reads as much as it can and notes what it cannot, so that the writer of a table learns of everything at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, place: str, message: str, hint: str) -> None:
        self.problems.append(Problem(place, message, hint))

    def table(self, data: Mapping[str, object]) -> Table:
        self.keys(data, _TABLE_KEYS, "")
        inputs = tuple(self.each(data, "inputs", self.column))
        outputs = tuple(self.each(data, "outputs", self.output))
        columns = {column.name: column for column in inputs}
        answers = {output.name: output for output in outputs}

        def row(raw: Mapping[str, object], place: str) -> Row:
            return self.row(raw, place, columns, answers)

        return Table(
            name=self.text(data, "name", ""),
            hit_policy=self.hit_policy(data),
            inputs=inputs,
            outputs=outputs,
            rows=tuple(self.each(data, "rows", row)),
            fallback=self.answer(data.get("fallback"), "/fallback", answers),
            impossible=tuple(self.impossible(data, columns)),
        )

    def impossible(self, data: Mapping[str, object], columns: Mapping[str, Column]) -> list[dict[str, Cell]]:
        def cells(raw: Mapping[str, object], place: str) -> dict[str, Cell]:
            return self.cells(raw, place, columns)

        return self.each(data, "impossible", cells) if "impossible" in data else []

    def hit_policy(self, data: Mapping[str, object]) -> HitPolicy:
        raw = data.get("hit_policy", HitPolicy.FIRST)
        if str(raw).upper() in _LIST_POLICIES:
            hint = "a policy gives one answer: use FIRST, UNIQUE, ANY or PRIORITY"
            self.problem("/hit_policy", f"{raw} gives a list of answers", hint)
            return HitPolicy.FIRST
        return self.choice(raw, HitPolicy, "/hit_policy") or HitPolicy.FIRST

    def column(self, data: Mapping[str, object], place: str) -> Column:
        self.keys(data, _COLUMN_KEYS, place)
        value_type = self.value_type(data, place)
        clock = data.get("clock")
        return Column(
            name=self.text(data, "name", place),
            type=value_type,
            label=self.text(data, "label", place, ""),
            domain=self.domain(data.get("domain"), value_type, place),
            nullable=self.flag(data, "nullable", place),
            clock=None if clock is None else self.choice(clock, Clock, place + "/clock"),
            integer=self.flag(data, "integer", place),
            several=self.flag(data, "several", place),
            minimum=self.end(data, "minimum", value_type, place),
            maximum=self.end(data, "maximum", value_type, place),
        )

    def output(self, data: Mapping[str, object], place: str) -> Output:
        self.keys(data, _OUTPUT_KEYS, place)
        value_type = self.value_type(data, place)
        return Output(
            name=self.text(data, "name", place),
            type=value_type,
            label=self.text(data, "label", place, ""),
            domain=self.domain(data.get("domain"), value_type, place),
            optional=self.flag(data, "optional", place),
            minimum=self.end(data, "minimum", value_type, place),
            maximum=self.end(data, "maximum", value_type, place),
        )

    def row(
        self,
        data: Mapping[str, object],
        place: str,
        columns: Mapping[str, Column],
        outputs: Mapping[str, Output],
    ) -> Row:
        self.keys(data, _ROW_KEYS, place)
        return Row(
            id=self.text(data, "id", place),
            cells=self.cells(data.get("when", {}), place + "/when", columns),
            outputs=self.answer(data.get("then"), place + "/then", outputs),
            note=self.text(data, "note", place, ""),
        )

    def cells(self, raw: object, place: str, columns: Mapping[str, Column]) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        for name, text in self.members(raw, place).items():
            cell_place = place + pointer(name)
            if name not in columns:
                self.problems.append(unknown_name(cell_place, "column", name, columns))
            elif not isinstance(text, str):
                self.problem(cell_place, "A cell is text", f"write {json.dumps(str(text))}")
            else:
                try:
                    cells[name] = parse_cell(text, columns[name].type)
                except CellError as error:
                    message = f"{error.message} (character {error.position + 1})"
                    self.problem(cell_place, message, error.hint)
        return cells

    def answer(self, raw: object, place: str, outputs: Mapping[str, Output]) -> dict[str, Value]:
        answer: dict[str, Value] = {}
        for name, value in self.members(raw, place).items():
            if name in outputs:
                read = self.value(value, outputs[name].type, place + pointer(name))
                answer |= {} if read is None else {name: read}
            else:
                self.problems.append(unknown_name(place + pointer(name), "output", name, outputs))
        return answer

    def value_type(self, data: Mapping[str, object], place: str) -> ValueType:
        return self.choice(data.get("type"), ValueType, place + "/type") or ValueType.STRING

    def domain(self, raw: object, value_type: ValueType, place: str) -> tuple[Value, ...] | None:
        if raw is None:
            return None
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            self.problem(place + "/domain", "The allowed values are a list", 'write ["crowns", "dentures"]')
            return None
        values = [self.value(item, value_type, f"{place}/domain/{index}") for index, item in enumerate(raw)]
        return tuple(value for value in values if value is not None)

    def end(self, data: Mapping[str, object], key: str, value_type: ValueType, place: str) -> Value | None:
        raw = data.get(key)
        return None if raw is None else self.value(raw, value_type, f"{place}/{key}")

    def value(self, raw: object, value_type: ValueType, place: str) -> Value | None:
        try:
            return value_from_data(raw, value_type)
        except NotAValueError as error:
            self.problem(place, error.message[0].upper() + error.message[1:], error.hint)
            return None

    def each[T](self, data: Mapping[str, object], key: str, read: Callable[[Mapping[str, object], str], T]) -> list[T]:
        raw = data.get(key)
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            self.problem(f"/{key}", f"The table's {key} are a list", f'write "{key}": […]')
            return []
        return [read(self.members(item, f"/{key}/{index}"), f"/{key}/{index}") for index, item in enumerate(raw)]

    def members(self, raw: object, place: str) -> Mapping[str, object]:
        if isinstance(raw, Mapping) and all(isinstance(key, str) for key in raw):
            return raw
        self.problem(place, "This is no JSON object", "write {…} with a value by name")
        return {}

    def keys(self, data: Mapping[str, object], known: set[str], place: str) -> None:
        for key in data:
            if key not in known:
                self.problem(place + pointer(key), f"{key} is not known here", f"use: {', '.join(sorted(known))}")

    def text(self, data: Mapping[str, object], key: str, place: str, default: str | None = None) -> str:
        raw = data.get(key, default)
        if isinstance(raw, str):
            return raw
        self.problem(f"{place}/{key}", f"The {key} is missing or no text", f'write "{key}": "…"')
        return ""

    def flag(self, data: Mapping[str, object], key: str, place: str) -> bool:
        raw = data.get(key, False)
        if isinstance(raw, bool):
            return raw
        self.problem(f"{place}/{key}", f"{key} is true or false", "write true or false, without quotes")
        return False

    def choice[E: StrEnum](self, raw: object, choices: type[E], place: str) -> E | None:
        if isinstance(raw, str) and raw in {choice.value for choice in choices}:
            return choices(raw)
        known = ", ".join(choice.value for choice in choices)
        self.problem(place, "A type is missing" if raw is None else f"{raw} is not known here", f"use one of: {known}")
        return None
