"""What a table may hold and no DMN file can: control characters, and numbers that need an exponent."""

from collections.abc import Iterator, Sequence

from reprieve.dmn.dmnxml.names import not_in_xml
from reprieve.dmn.model import Column, Output, Problem, Table, pointer
from reprieve.dmn.values import Value, value_to_text


def unwritable(table: Table) -> list[Problem]:
    """Every text and number of the table that a file cannot hold. Cells write such characters as escapes."""
    return [*_texts(table), *_numbers(table)]


def _texts(table: Table) -> Iterator[Problem]:
    texts = {"/name": table.name}
    for place, column in _columns(table):
        texts |= {f"{place}/name": column.name, f"{place}/label": column.label}
    for index, row in enumerate(table.rows):
        texts |= {pointer("rows", index, "id"): row.id, pointer("rows", index, "note"): row.note}
    for place, text in texts.items():
        found = not_in_xml(text)
        if found is not None:
            yield Problem(place, f"No DMN file can hold the character U+{ord(found):04X}", "remove it from the text")


def _numbers(table: Table) -> Iterator[Problem]:
    for place, values in _values(table):
        for value in values:
            if not isinstance(value, str | bool) and "E" in value_to_text(value):
                yield Problem(place, f"No DMN file can hold {value}", "use a number of at most 34 digits")


def _columns(table: Table) -> Iterator[tuple[str, Column | Output]]:
    yield from ((pointer("inputs", index), column) for index, column in enumerate(table.inputs))
    yield from ((pointer("outputs", index), output) for index, output in enumerate(table.outputs))


def _values(table: Table) -> Iterator[tuple[str, Sequence[Value]]]:
    for place, column in _columns(table):
        yield f"{place}/domain", column.domain or ()
    for index, row in enumerate(table.rows):
        for name, cell in row.cells.items():
            ends = [end for interval in cell.intervals for end in (interval.low, interval.high) if end is not None]
            yield pointer("rows", index, "when", name), [*cell.points, *ends]
        for name, value in row.outputs.items():
            yield pointer("rows", index, "then", name), [value]
    for name, value in table.fallback.items():
        yield pointer("fallback", name), [value]
