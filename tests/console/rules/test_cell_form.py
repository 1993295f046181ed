from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.console.rules.cell_form import CellInput, How, cell_of, input_of, is_same, tidy, ways
from reprieve.console.rules.typed_values import TypedError
from reprieve.dmn.sfeel import parse_cell, print_cell
from reprieve.dmn.table import Clock, Column
from reprieve.dmn.values import ValueType
from tests.dmn import oracle

STATUS = Column("status", ValueType.STRING, "Status", ("processing", "on_hold", "shipped"))
BEFORE = replace(STATUS, name="before", nullable=True)
AGE = Column("age", ValueType.DURATION, "Age", clock=Clock.SINCE, minimum=timedelta())
COUNT = Column("count", ValueType.NUMBER, "Count", integer=True)
FILES = Column("files", ValueType.BOOLEAN, "Files")


@given(st.data())
def test_every_cell_survives_an_edit_that_does_not_touch_it(data: st.DataObject) -> None:
    column = data.draw(oracle.columns("x"))
    ordered = column.type.is_ordered and len(column.domain or (1, 2)) > 1
    kind = column.type if ordered else ValueType.STRING
    cell = data.draw(oracle.cells(kind, oracle.column_constants(column)))
    assert cell_of(column, input_of(column, cell)) == cell


@pytest.mark.parametrize(
    ("column", "text", "chosen"),
    [
        (STATUS, "-", CellInput(How.ANYTHING)),
        (STATUS, '"shipped", "on_hold"', CellInput(How.ONE_OF, values=("shipped", "on_hold"))),
        (STATUS, 'not("shipped")', CellInput(How.NONE_OF, values=("shipped",), or_unknown=True)),
        (BEFORE, "null", CellInput(How.UNKNOWN)),
        (BEFORE, "not(null)", CellInput(How.KNOWN)),
        (BEFORE, '"on_hold", null', CellInput(How.ONE_OF, values=("on_hold",), or_unknown=True)),
        (BEFORE, 'not("on_hold", null)', CellInput(How.NONE_OF, values=("on_hold",))),
        (FILES, "false", CellInput(How.NO)),
        (AGE, '<= duration("PT1H")', CellInput(How.AT_MOST, low="1 hour")),
        (AGE, '> @"P14D"', CellInput(How.MORE, low="14 days")),
        (AGE, '[@"PT1H"..@"PT90M"]', CellInput(How.BETWEEN, low="1 hour", high="1 hour 30 minutes")),
        (COUNT, "3", CellInput(How.IS, low="3")),
        (COUNT, "not(3)", CellInput(How.IS_NOT, low="3", or_unknown=True)),
        (COUNT, "[1..3)", CellInput(How.TEXT, text="[1..3)")),
        (COUNT, "< 1, > 3", CellInput(How.TEXT, text="< 1, > 3")),
    ],
)
def test_shows_a_cell_as_a_choice_and_the_rest_as_the_formula_that_it_is(
    column: Column, text: str, chosen: CellInput
) -> None:
    assert input_of(column, parse_cell(text, column.type)) == chosen


@pytest.mark.parametrize(
    ("column", "chosen", "cell"),
    [
        (AGE, CellInput(How.LESS, low="PT90M"), '< duration("PT1H30M")'),
        (AGE, CellInput(How.AT_LEAST, low="2 weeks"), '>= duration("P14D")'),
        (COUNT, CellInput(How.BETWEEN, low="2", high="2"), "2"),
        (COUNT, CellInput(How.TEXT, text=" < 3, > 9 "), "< 3, > 9"),
        (BEFORE, CellInput(How.NONE_OF, values=("on_hold", "on_hold"), or_unknown=True), 'not("on_hold")'),
        (Column("share", ValueType.NUMBER), CellInput(How.MORE, low="50 %"), "> 0.5"),
    ],
)
def test_reads_what_was_chosen(column: Column, chosen: CellInput, cell: str) -> None:
    assert print_cell(cell_of(column, chosen), column.type) == cell


@pytest.mark.parametrize(
    ("column", "chosen", "why"),
    [
        (STATUS, CellInput(How.ONE_OF), "Nothing is chosen. Choose at least one value, or “anything”."),
        (AGE, CellInput(How.LESS), "A value is missing. Write it like 45 days, 1 h 30 min or PT1H."),
        (AGE, CellInput(How.LESS, low="soon"), "This is no length of time. Write it like 45 days, 1 h 30 min or PT1H."),
        (COUNT, CellInput(How.BETWEEN, low="3"), "The upper end is missing. Write a number such as 3 or 0.5."),
        (
            COUNT,
            CellInput(How.BETWEEN, low="3", high="1"),
            "Nothing lies between these two. Write the smaller one first.",
        ),
        (COUNT, CellInput(How.IS, low="x"), '"x" is not a number. Write digits, such as 3 or 0.5.'),
        (
            STATUS,
            CellInput(How.TEXT, text="shipped"),
            'Shipped is a name, and a cell holds constants only (character 1). Text needs quotes: "shipped".',
        ),
        (STATUS, CellInput("<script>"), "This is none of the choices. Choose one of the list."),
    ],
)
def test_says_at_its_cell_what_to_write(column: Column, chosen: CellInput, why: str) -> None:
    with pytest.raises(TypedError) as refusal:
        cell_of(column, chosen)
    assert str(refusal.value) == why


def test_offers_only_what_a_fact_can_be_asked() -> None:
    assert ways(FILES, is_listed=False) == [How.ANYTHING, How.YES, How.NO, How.TEXT]
    assert How.UNKNOWN in ways(BEFORE, is_listed=True)
    assert How.LESS not in ways(STATUS, is_listed=True)
    assert How.BETWEEN in ways(AGE, is_listed=False)


def test_the_order_of_ticks_and_what_a_choice_leaves_aside_change_nothing() -> None:
    left, right = CellInput(How.ONE_OF, values=("a", "b"), low="7"), CellInput(How.ONE_OF, values=("b", "a"), text="x")
    assert is_same(tidy(STATUS, left), tidy(STATUS, right))
    assert not is_same(left, replace(left, how=How.NONE_OF))
