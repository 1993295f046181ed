"""Whether a table makes sense: every problem at its place, in words that say what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from reprieve.dmn.cell import Cell
from reprieve.dmn.model import Column, HitPolicy, Output, Problem, Row, Severity, Table, pointer
from reprieve.dmn.values import Value, ValueType, has_type, is_before, value_to_text


def check(table: Table) -> list[Problem]:
    """Every problem of the table itself, in the order of its parts. Gaps and masked rows are not looked for here."""
    return [
        *_check_duplicates("inputs", "column", [column.name for column in table.inputs]),
        *_check_duplicates("outputs", "output", [output.name for output in table.outputs]),
        *_check_duplicates("rows", "row id", [row.id for row in table.rows]),
        *(problem for index, column in enumerate(table.inputs) for problem in _check_column(index, column)),
        *(problem for index, column in enumerate(table.inputs) for problem in _check_range(("inputs", index), column)),
        *_check_outputs(table),
        *(problem for index, row in enumerate(table.rows) for problem in _check_row(table, index, row)),
        *_check_answer(table, table.fallback, ("fallback",), "The fallback"),
        *_check_impossible(table),
        *_check_whole(table),
    ]


def _check_duplicates(part: str, noun: str, names: Sequence[str]) -> Iterator[Problem]:
    key = "id" if part == "rows" else "name"
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not name.strip():
            yield Problem(pointer(part, index, key), f"A {noun} is empty", "give it a name")
        elif name in seen:
            yield Problem(pointer(part, index, key), f"The {noun} {name} is there twice", "give each its own")
        seen.add(name)


def _check_column(index: int, column: Column) -> Iterator[Problem]:
    place = ("inputs", index)
    if column.clock and column.type is not ValueType.DURATION:
        yield Problem(pointer(*place, "type"), f"{column.title} has a clock", "its type is duration")
    if column.clock and column.several:
        yield Problem(pointer(*place, "several"), f"{column.title} has a clock", "it holds one instant, not several")
    if column.clock and column.domain is not None:
        yield Problem(pointer(*place, "domain"), f"{column.title} has a clock", "leave out the list of values")
    if column.integer and column.type is not ValueType.NUMBER:
        yield Problem(pointer(*place, "integer"), f"{column.title} is not a number", "leave out integer")
    yield from _check_domain((*place, "domain"), column.title, column.domain, column.type)


def _check_range(place: tuple[str | int, ...], column: Column | Output) -> Iterator[Problem]:
    low, high = column.minimum, column.maximum
    sound = True
    for key, end in (("minimum", low), ("maximum", high)):
        if end is None:
            continue
        for message, hint in _range_faults(column, end):
            sound = False
            yield Problem(pointer(*place, key), message, hint)
    if sound and low is not None and high is not None and is_before(high, low):
        message = f"{column.title} has no value from {value_to_text(low)} to {value_to_text(high)}"
        yield Problem(pointer(*place, "maximum"), message, "write the greater of the two as the maximum")


def _range_faults(column: Column | Output, end: Value) -> Iterator[tuple[str, str]]:
    if not column.type.is_ordered:
        yield f"{column.title} has no order", "list its values instead"
    elif column.domain is not None:
        yield f"{column.title} lists its values already", "leave out either the list or the range"
    elif not has_type(end, column.type):
        yield f"{value_to_text(end)} is not {column.type.noun}", "correct or remove it"
    elif isinstance(column, Column) and column.integer and isinstance(end, Decimal):
        yield f"{column.title} is a whole number and never {end}", "use a whole number"


def _check_domain(
    place: tuple[str | int, ...], title: str, domain: tuple[Value, ...] | None, value_type: ValueType
) -> Iterator[Problem]:
    if domain is None:
        return
    if not domain:
        yield Problem(pointer(*place), f"{title} may have no value at all", "list its values, or leave the list out")
    for index, value in enumerate(domain):
        if not has_type(value, value_type):
            message = f"{value_to_text(value)} is not {value_type.noun}"
            yield Problem(pointer(*place, index), message, "correct or remove it")
        elif value in domain[:index]:
            yield Problem(pointer(*place, index), f"{value_to_text(value)} is listed twice", "remove one")


def _check_outputs(table: Table) -> Iterator[Problem]:
    if not table.outputs:
        yield Problem("/outputs", "The table answers nothing", "add an output")
    for index, output in enumerate(table.outputs):
        place = ("outputs", index)
        yield from _check_domain((*place, "domain"), output.title, output.domain, output.type)
        yield from _check_range(place, output)


def _check_row(table: Table, index: int, row: Row) -> Iterator[Problem]:
    yield from _check_cells(table, row.cells, ("rows", index, "when"))
    yield from _check_answer(table, row.outputs, ("rows", index, "then"), f"Row {row.id}")


def _check_cells(table: Table, cells: Mapping[str, Cell], place: tuple[str | int, ...]) -> Iterator[Problem]:
    columns = {column.name: column for column in table.inputs}
    for name, cell in cells.items():
        if name in columns:
            yield from _check_cell(columns[name], cell, pointer(*place, name))
        else:
            yield unknown_name(pointer(*place, name), "column", name, columns)


def _check_impossible(table: Table) -> Iterator[Problem]:
    for index, cells in enumerate(table.impossible):
        place = ("impossible", index)
        yield from _check_cells(table, cells, place)
        if all(cell.is_any for cell in cells.values()):
            message = "This combination leaves nothing possible"
            yield Problem(pointer(*place), message, "say which facts never come together")


def unknown_name(place: str, noun: str, name: str, known: Iterable[str]) -> Problem:
    """The problem of a cell or value under a name that the table does not have."""
    return Problem(place, f"There is no {noun} {name}", f"use one of: {', '.join(known) or 'none is defined'}")


def _check_cell(column: Column, cell: Cell, place: str) -> Iterator[Problem]:
    ends = [end for interval in cell.intervals for end in (interval.low, interval.high) if end is not None]
    for value in (*cell.points, *ends):
        if not has_type(value, column.type):
            yield Problem(place, f"{column.title} holds {column.type.noun}", f"{value_to_text(value)} is not one")
        elif column.integer and isinstance(value, Decimal):
            yield Problem(place, f"{column.title} is a whole number and never {value}", "use whole numbers")
    for value in cell.points:
        if column.domain is not None and value not in column.domain:
            message = f"{column.title} is never {value_to_text(value)}"
            yield Problem(place, message, f"use one of: {_listing(column.domain)}")
    if cell.names_null and not column.nullable:
        yield Problem(place, f"{column.title} is never missing", "remove null", Severity.WARNING)


def _check_answer(
    table: Table, answer: Mapping[str, Value], place: tuple[str | int, ...], subject: str
) -> Iterator[Problem]:
    outputs = {output.name: output for output in table.outputs}
    for name, value in answer.items():
        if name in outputs:
            yield from _check_output_value(outputs[name], value, pointer(*place, name))
        else:
            yield unknown_name(pointer(*place, name), "output", name, outputs)
    for name, output in outputs.items():
        if name not in answer and not output.optional:
            yield Problem(pointer(*place, name), f"{subject} gives no {output.title}", "give it a value")


def _check_output_value(output: Output, value: Value, place: str) -> Iterator[Problem]:
    if not has_type(value, output.type):
        yield Problem(place, f"{output.title} holds {output.type.noun}", f"{value_to_text(value)} is not one")
    elif output.domain is not None and value not in output.domain:
        message = f"{output.title} is never {value_to_text(value)}"
        yield Problem(place, message, f"use one of: {_listing(output.domain)}")
    elif _has_sound_range(output) and not output.is_in_range(value):
        yield Problem(place, f"{output.title} is never {value_to_text(value)}", f"write a value {_range_text(output)}")


def _has_sound_range(output: Output) -> bool:
    ends = [end for end in (output.minimum, output.maximum) if end is not None]
    return output.type.is_ordered and all(has_type(end, output.type) for end in ends)


def _range_text(output: Output) -> str:
    low, high = (None if end is None else value_to_text(end) for end in (output.minimum, output.maximum))
    if low is None:
        return f"up to {high}"
    return f"from {low}" if high is None else f"from {low} to {high}"


def _check_whole(table: Table) -> Iterator[Problem]:
    if not table.rows:
        yield Problem("/rows", "The table has no rows", "add one")
    ranked = any(output.domain is not None for output in table.outputs)
    if table.hit_policy is HitPolicy.PRIORITY and not ranked:
        yield Problem(
            "/outputs", "PRIORITY ranks rows by an output's values", "list the values of an output, best first"
        )
    wants_catch_all = table.hit_policy in {HitPolicy.FIRST, HitPolicy.PRIORITY}
    if wants_catch_all and table.rows and all(row.cells for row in table.rows):
        hint = "add a last row of dashes, so that the table says itself what then holds"
        yield Problem("/rows", "No row fits everything that the others leave", hint, Severity.WARNING)


def _listing(values: Iterable[Value]) -> str:
    return ", ".join(value_to_text(value) for value in values)
