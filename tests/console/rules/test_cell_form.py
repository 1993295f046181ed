from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.console.rules.cell_form import How, Wish, cell_of, is_same, tidy, ways, wish_of
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
    assert cell_of(column, wish_of(column, cell)) == cell


@pytest.mark.parametrize(
    ("column", "text", "wish"),
    [
        (STATUS, "-", Wish(How.ANYTHING)),
        (STATUS, '"shipped", "on_hold"', Wish(How.ONE_OF, values=("shipped", "on_hold"))),
        (STATUS, 'not("shipped")', Wish(How.NONE_OF, values=("shipped",), or_unknown=True)),
        (BEFORE, "null", Wish(How.UNKNOWN)),
        (BEFORE, "not(null)", Wish(How.KNOWN)),
        (BEFORE, '"on_hold", null', Wish(How.ONE_OF, values=("on_hold",), or_unknown=True)),
        (BEFORE, 'not("on_hold", null)', Wish(How.NONE_OF, values=("on_hold",))),
        (FILES, "false", Wish(How.NO)),
        (AGE, '<= duration("PT1H")', Wish(How.AT_MOST, low="1 hour")),
        (AGE, '> @"P14D"', Wish(How.MORE, low="14 days")),
        (AGE, '[@"PT1H"..@"PT90M"]', Wish(How.BETWEEN, low="1 hour", high="1 hour 30 minutes")),
        (COUNT, "3", Wish(How.IS, low="3")),
        (COUNT, "not(3)", Wish(How.IS_NOT, low="3", or_unknown=True)),
        (COUNT, "[1..3)", Wish(How.TEXT, text="[1..3)")),
        (COUNT, "< 1, > 3", Wish(How.TEXT, text="< 1, > 3")),
    ],
)
def test_shows_a_cell_as_a_choice_and_the_rest_as_the_formula_that_it_is(column: Column, text: str, wish: Wish) -> None:
    assert wish_of(column, parse_cell(text, column.type)) == wish


@pytest.mark.parametrize(
    ("column", "wish", "cell"),
    [
        (AGE, Wish(How.LESS, low="PT90M"), '< duration("PT1H30M")'),
        (AGE, Wish(How.AT_LEAST, low="2 weeks"), '>= duration("P14D")'),
        (COUNT, Wish(How.BETWEEN, low="2", high="2"), "2"),
        (COUNT, Wish(How.TEXT, text=" < 3, > 9 "), "< 3, > 9"),
        (BEFORE, Wish(How.NONE_OF, values=("on_hold", "on_hold"), or_unknown=True), 'not("on_hold")'),
        (Column("share", ValueType.NUMBER), Wish(How.MORE, low="50 %"), "> 0.5"),
    ],
)
def test_reads_what_was_chosen(column: Column, wish: Wish, cell: str) -> None:
    assert print_cell(cell_of(column, wish), column.type) == cell


@pytest.mark.parametrize(
    ("column", "wish", "why"),
    [
        (STATUS, Wish(How.ONE_OF), "Nothing is chosen. Choose at least one value, or “anything”."),
        (AGE, Wish(How.LESS), "A value is missing. Write it like 45 days, 1 h 30 min or PT1H."),
        (AGE, Wish(How.LESS, low="soon"), "This is no length of time. Write it like 45 days, 1 h 30 min or PT1H."),
        (COUNT, Wish(How.BETWEEN, low="3"), "The upper end is missing. Write a number such as 3 or 0.5."),
        (COUNT, Wish(How.BETWEEN, low="3", high="1"), "Nothing lies between these two. Write the smaller one first."),
        (COUNT, Wish(How.IS, low="x"), '"x" is not a number. Write digits, such as 3 or 0.5.'),
        (
            STATUS,
            Wish(How.TEXT, text="shipped"),
            'Shipped is a name, and a cell holds constants only (character 1). Text needs quotes: "shipped".',
        ),
        (STATUS, Wish("<script>"), "This is none of the choices. Choose one of the list."),
    ],
)
def test_says_at_its_cell_what_to_write(column: Column, wish: Wish, why: str) -> None:
    with pytest.raises(TypedError) as refusal:
        cell_of(column, wish)
    assert str(refusal.value) == why


def test_offers_only_what_a_fact_can_be_asked() -> None:
    assert ways(FILES, is_listed=False) == [How.ANYTHING, How.YES, How.NO, How.TEXT]
    assert How.UNKNOWN in ways(BEFORE, is_listed=True)
    assert How.LESS not in ways(STATUS, is_listed=True)
    assert How.BETWEEN in ways(AGE, is_listed=False)


def test_the_order_of_ticks_and_what_a_choice_leaves_aside_change_nothing() -> None:
    left, right = Wish(How.ONE_OF, values=("a", "b"), low="7"), Wish(How.ONE_OF, values=("b", "a"), text="x")
    assert is_same(tidy(STATUS, left), tidy(STATUS, right))
    assert not is_same(left, replace(left, how=How.NONE_OF))
