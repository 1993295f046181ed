"""What can be done to a table as a whole: rows moved, added and removed, facts and terms added and removed."""

from dataclasses import replace

from reprieve.dmn.table import Column, Output, Row, Table

TOP = ""
"""The place above the first row, where other places are the id of the row above."""


def position(table: Table, row_id: str) -> int | None:
    """Where a row stands, counted from 0; None for a row that the table does not have."""
    return next((index for index, row in enumerate(table.rows) if row.id == row_id), None)


def above(table: Table, row_id: str) -> str:
    """The id of the row above another, or TOP."""
    index = position(table, row_id)
    return table.rows[index - 1].id if index else TOP


def moved(table: Table, row_id: str, by: int) -> Table:
    """The table with a row further down, or up where `by` is negative; as it is where there is no further."""
    index = position(table, row_id)
    if index is None or not 0 <= index + by < len(table.rows):
        return table
    rows = list(table.rows)
    rows.insert(index + by, rows.pop(index))
    return replace(table, rows=tuple(rows))


def inserted(table: Table, row: Row, below: str) -> Table:
    """The table with a new row below another, or at the TOP; at the end where the other has gone."""
    index = -1 if below == TOP else position(table, below)
    at = len(table.rows) if index is None else index + 1
    return replace(table, rows=(*table.rows[:at], row, *table.rows[at:]))


def replaced(table: Table, row_id: str, row: Row) -> Table:
    return replace(table, rows=tuple(row if each.id == row_id else each for each in table.rows))


def removed(table: Table, row_id: str) -> Table:
    return replace(table, rows=tuple(row for row in table.rows if row.id != row_id))


def with_fact(table: Table, column: Column) -> Table:
    known = {each.name for each in table.inputs}
    return table if column.name in known else replace(table, inputs=(*table.inputs, column))


def without_fact(table: Table, name: str) -> Table:
    """The table without a fact. Rules no longer ask for it; a combination that was impossible with it may now be."""
    return replace(
        table,
        inputs=tuple(column for column in table.inputs if column.name != name),
        rows=tuple(
            replace(row, cells={key: cell for key, cell in row.cells.items() if key != name}) for row in table.rows
        ),
        impossible=tuple(cells for cells in table.impossible if name not in cells),
    )


def rows_that_ask(table: Table, name: str) -> list[Row]:
    return [row for row in table.rows if name in row.cells]


def with_term(table: Table, output: Output) -> Table:
    known = {each.name for each in table.outputs}
    return table if output.name in known else replace(table, outputs=(*table.outputs, output))


def without_term(table: Table, name: str) -> Table:
    return replace(
        table,
        outputs=tuple(output for output in table.outputs if output.name != name),
        rows=tuple(
            replace(row, outputs={key: value for key, value in row.outputs.items() if key != name})
            for row in table.rows
        ),
        fallback={key: value for key, value in table.fallback.items() if key != name},
    )


def rows_that_say(table: Table, name: str) -> list[Row]:
    return [row for row in table.rows if name in row.outputs]
