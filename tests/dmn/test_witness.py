from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.lookup import ColumnLookup, lookups_of
from reprieve.dmn.sfeel import parse_cell, print_cell
from reprieve.dmn.table import Column, Row, Table
from reprieve.dmn.values import Value, ValueType
from reprieve.dmn.witness import cell_of, example_facts, example_values
from tests.dmn.oracle import tables
from tests.examples import how_many

NUMBER = ValueType.NUMBER
LAST = datetime.max.replace(tzinfo=UTC)


def lookup_of(column: Column, *cells: str) -> ColumnLookup:
    rows = tuple(Row(text, {column.name: parse_cell(text, column.type)}, {}) for text in cells)
    return lookups_of(Table("t", (column,), (), rows, {}))[0]


@pytest.mark.parametrize(
    ("column", "cells", "values"),
    [
        (Column("n", NUMBER), ["[1..2)"], [0, 1, Decimal("1.5"), 2, 3]),
        (Column("n", NUMBER, integer=True), ["(1..2)"], [0, 1, 2, 3]),
        (Column("n", NUMBER), ["-"], [0]),
        (Column("b", ValueType.BOOLEAN), ["true"], [True, False]),
        (Column("s", ValueType.STRING, domain=("a", "b")), ['"a"'], ["a", "b"]),
        (Column("s", ValueType.STRING), ['"a", "other"'], ["a", "other", "other'"]),
        (Column("t", ValueType.TIME), ['> time("00:00:00")'], [time(0), time(1)]),
        (
            Column("d", ValueType.DURATION),
            ['< duration("PT1H")'],
            [timedelta(0), timedelta(hours=1), timedelta(hours=2)],
        ),
        (Column("n", NUMBER, minimum=0, maximum=1), ["[1..2)", "-1"], [0, 1]),
        (Column("n", NUMBER, minimum=Decimal("0.5")), ["< 1"], [Decimal("0.5"), 1, 2]),
        (Column("n", NUMBER, integer=True, minimum=0), ["0"], [0, 1]),
        (
            Column("d", ValueType.DURATION, minimum=timedelta()),
            ['< duration("PT1H")', '< duration("PT0S")'],
            [timedelta(0), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)],
        ),
        (
            Column("d", ValueType.DURATION),
            ['[duration("PT1H")..duration("P1D")]'],
            [timedelta(hours=hours) for hours in (0, 1, 2, 24, 25)],
        ),
        (
            Column("d", ValueType.DATE),
            ['date("9999-12-30")'],
            [date(9999, 12, 29), date(9999, 12, 30), date(9999, 12, 31)],
        ),
        (Column("d", ValueType.DATE), ['date("0001-01-01")'], [date(1, 1, 1), date(1, 1, 2)]),
        (
            Column("i", ValueType.DATE_TIME),
            ['>= date and time("9999-12-31T23:59:59.999998Z")'],
            [LAST - timedelta(hours=1, microseconds=1), LAST - timedelta(microseconds=1), LAST],
        ),
    ],
)
def test_one_example_stands_for_each_region_that_holds_any(
    column: Column, cells: list[str], values: list[Value]
) -> None:
    assert example_values(lookup_of(column, *cells)) == values


def test_examples_of_collections_and_of_missing_facts() -> None:
    column = Column("s", ValueType.STRING, domain=("a", "b"), several=True, nullable=True)
    assert example_facts(lookup_of(column, '"a"')) == [(), ("a",), ("b",), ("a", "b"), ("b", "a"), None]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0, 1], "<= 1"),
        ([1], "1"),
        ([Decimal("1.5")], "(1..2)"),
        ([1, Decimal("1.5"), 2], "[1..2]"),
        ([0, 2], "2, < 1"),
        ([0, 1, Decimal("1.5"), 2, 3], "not(null)"),
    ],
)
def test_says_regions_as_a_cell(values: list[Value], text: str) -> None:
    cell = cell_of(lookup_of(Column("n", NUMBER), "[1..2]"), values, null=False)
    assert cell is not None
    assert print_cell(cell, NUMBER) == text


@settings(max_examples=how_many(80), deadline=None)
@given(st.data())
def test_a_cell_made_of_regions_fits_exactly_them(data: st.DataObject) -> None:
    table = data.draw(tables().filter(lambda table: bool(table.inputs)))
    lookup = data.draw(st.sampled_from(lookups_of(table)))
    values = example_values(lookup)
    chosen = data.draw(st.lists(st.sampled_from(values), min_size=1, unique=True))
    cell = cell_of(lookup, chosen, null=False)
    assert cell is not None
    assert [value for value in values if cell.accepts(value)] == [value for value in values if value in chosen]
