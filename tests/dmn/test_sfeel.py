from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.dmn.sfeel import ANY, Cell, CellError, Interval, Value, ValueType, parse_cell, print_cell
from tests.dmn.oracle import HOSTILE, cells, constants

STRING, NUMBER, BOOLEAN, DURATION = ValueType.STRING, ValueType.NUMBER, ValueType.BOOLEAN, ValueType.DURATION
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "value_type", "cell"),
    [
        ("-", STRING, ANY),
        (" - ", NUMBER, ANY),
        ('"crowns"', STRING, Cell(("crowns",))),
        ('"a","b" , "a"', STRING, Cell(("a", "b"))),
        ("3", NUMBER, Cell((3,))),
        ("-3, 0.50, .5, 2.0", NUMBER, Cell((-3, Decimal("0.5"), 2))),
        ("true", BOOLEAN, Cell((True,))),
        ("< 3", NUMBER, Cell(intervals=(Interval(None, 3),))),
        ("<=3", NUMBER, Cell(intervals=(Interval(None, 3, high_closed=True),))),
        (">3, >= 5", NUMBER, Cell(intervals=(Interval(3, None), Interval(5, None, low_closed=True)))),
        ("[1..5]", NUMBER, Cell(intervals=(Interval(1, 5, low_closed=True, high_closed=True),))),
        ("(1..5)", NUMBER, Cell(intervals=(Interval(1, 5),))),
        ("]1..5[", NUMBER, Cell(intervals=(Interval(1, 5),))),
        ("[1 .. 5[", NUMBER, Cell(intervals=(Interval(1, 5, low_closed=True),))),
        ("[-.5..1.5]", NUMBER, Cell(intervals=(Interval(Decimal("-0.5"), Decimal("1.5"), True, True),))),
        ("[4..4]", NUMBER, Cell((4,))),
        ('date("2026-11-21")', ValueType.DATE, Cell((date(2026, 11, 21),))),
        ('time("14:30:00")', ValueType.TIME, Cell((time(14, 30),))),
        (
            'date and time("2026-11-21T14:30:00+01:00")',
            ValueType.DATE_TIME,
            Cell((datetime(2026, 11, 21, 13, 30, tzinfo=UTC),)),
        ),
        ('< duration("PT1H")', DURATION, Cell(intervals=(Interval(None, HOUR),))),
        ('@"PT1H", @"-P1DT0.5S"', DURATION, Cell((HOUR, -timedelta(days=1, microseconds=500_000)))),
        ('@"2026-11-21"', ValueType.DATE, Cell((date(2026, 11, 21),))),
        (r'"say \"hi\"\n\\ \u00e9 \U01F600"', STRING, Cell(('say "hi"\n\\ é 😀',))),
    ],
)
def test_reads_each_kind_of_cell(text: str, value_type: ValueType, cell: Cell) -> None:
    assert parse_cell(text, value_type) == cell


@pytest.mark.parametrize(
    ("text", "accepts"),
    [
        ("-", True),
        ("1", False),
        ("1, null", True),
        ("null", True),
        ("< 5", False),
        ("< 5, null", True),
        ("not(1)", True),
        ("not(1, null)", False),
        ("not(null)", False),
        ("not(< 5)", False),
        ("not(1, [3..4])", False),
    ],
)
def test_decides_once_per_cell_whether_null_fits(text: str, accepts: bool) -> None:  # noqa: FBT001
    """Trap 1: NULL under NOT."""
    assert parse_cell(text, NUMBER).accepts(None) is accepts


def test_takes_a_day_for_24_hours_and_refuses_months() -> None:
    """Trap 6."""
    assert parse_cell('duration("P1D")', DURATION) == parse_cell('duration("PT24H")', DURATION)
    for text in ['duration("P1M")', '@"P1Y"', 'duration("P1Y2M3D")', 'duration("P1MT1H")']:
        with pytest.raises(CellError, match="no fixed length") as caught:
            parse_cell(text, DURATION)
        assert "P30D" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "value_type", "position", "hint"),
    [
        ("crowns", STRING, 0, 'text needs quotes: "crowns"'),
        ('"a", design only', STRING, 5, 'text needs quotes: "design only"'),
        ("", STRING, 0, "write - where any value fits"),
        ("“a”", STRING, 0, 'use straight double ones: "crowns"'),
        ('"a', STRING, 0, 'add " at its end'),
        ('"a" "b"', STRING, 4, "put a comma between values"),
        ('> "a"', STRING, 0, 'list the values instead: "crowns"'),
        (r'"a\x"', STRING, 2, r"write \\ for a backslash"),
        (r'"\ud800"', STRING, 0, "remove the broken character"),
        (r'"\u0000"', STRING, 0, "remove it: databases cannot store it"),
        ("1 + 2", NUMBER, 2, "work the value out and write it"),
        ("1, amount", NUMBER, 3, "write a number, such as 3"),
        ("now()", NUMBER, 0, "write a number, such as 3"),
        ("= 3", NUMBER, 0, "write the value alone, or not(value)"),
        ("!= 3", NUMBER, 0, "write the value alone, or not(value)"),
        ("3,", NUMBER, 2, "write one, such as 3"),
        ("-, 3", NUMBER, 0, "remove it, or remove the rest"),
        ("[5..1]", NUMBER, 0, "write the smaller end first"),
        ("(1..1]", NUMBER, 0, "write the smaller end first"),
        ("[1..2", NUMBER, 5, "end it with ] (up to and with) or ) (up to, without)"),
        ("[1, 2]", NUMBER, 2, "write it as [3..…]"),
        ("< null", NUMBER, 2, "add it to the list instead: < 3, null"),
        ("not(1", NUMBER, 5, "add ) at the end"),
        ("1)", NUMBER, 1, "remove it"),
        ("not(1), 2", NUMBER, 6, "put a comma between values"),
        ("1, not(2)", NUMBER, 3, "put everything inside one not(…)"),
        ("1e5", NUMBER, 1, "put a comma between values"),
        ("9" * 35, NUMBER, 0, "write a shorter number"),
        ("٣", NUMBER, 0, "write a value, such as 3"),
        ("yes", BOOLEAN, 0, "write true or false, such as true"),
        ("< PT1H", DURATION, 2, 'write it as duration("PT1H")'),
        ('< "PT1H"', DURATION, 2, 'write it as duration("PT1H")'),
        ('duration("1h")', DURATION, 0, "write it as PT1H (an hour), PT30M (minutes) or P45D (days)"),
        ('duration("P")', DURATION, 0, "write it as PT1H (an hour), PT30M (minutes) or P45D (days)"),
        ('duration("P999999999DT24H")', DURATION, 0, "write fewer than 999999999 days"),
        ("duration(x)", DURATION, 0, 'write quoted text in its brackets: duration("PT1H")'),
        (
            'date and time("2026-11-21T14:30:00")',
            ValueType.DATE_TIME,
            0,
            "write 2026-11-21T14:30:00Z, or 2026-11-21T14:30:00+01:00",
        ),
        ('date("2026-02-30")', ValueType.DATE, 0, "check day, month and hour"),
        ('date("21.11.2026")', ValueType.DATE, 0, "write it as 2026-11-21"),
        ('@"x"', NUMBER, 0, "write it as 3"),
        ("@x", DURATION, 1, 'write it as @"PT1H"'),
        ("-" * 10_001, NUMBER, 10_000, "keep it under 10000 characters"),
    ],
)
def test_refuses_what_is_no_cell_at_its_position_with_a_hint(
    text: str, value_type: ValueType, position: int, hint: str
) -> None:
    with pytest.raises(CellError) as caught:
        parse_cell(text, value_type)
    assert (caught.value.position, caught.value.hint) == (position, hint)
    assert caught.value.text == text


def test_a_cell_and_its_negation_are_complements_over_several_values() -> None:
    only, never = parse_cell('"aligners"', STRING), parse_cell('not("aligners")', STRING)
    for values in [(), ("aligners",), ("crowns",), ("aligners", "crowns"), ("crowns", "dentures")]:
        assert only.accepts_any(values) is ("aligners" in values)
        assert never.accepts_any(values) is ("aligners" not in values)


def test_no_value_at_all_fits_only_dashes_and_negations() -> None:
    assert ANY.accepts_any(())
    assert parse_cell("not(null)", STRING).accepts_any(())
    assert not parse_cell('"a", null', STRING).accepts_any(())


def test_refuses_intervals_and_cells_that_cannot_be_written() -> None:
    for low, high in [(None, None), (2, 1), (1, 1)]:
        with pytest.raises(ValueError, match="interval"):
            Interval(low, high)
    with pytest.raises(ValueError, match="open"):
        Interval(None, 1, low_closed=True)
    with pytest.raises(ValueError, match="cannot be written"):
        Cell()
    with pytest.raises(ValueError, match="does not accept null"):
        Cell(intervals=(Interval(1, None),), negated=True, accepts_null=True)


@given(st.data())
def test_reads_back_what_it_prints(data: st.DataObject) -> None:
    value_type = data.draw(st.sampled_from(ValueType))
    cell = data.draw(cells(value_type, constants(value_type)))
    assert parse_cell(print_cell(cell, value_type), value_type) == cell


WIDE: dict[ValueType, st.SearchStrategy[Value]] = {
    ValueType.STRING: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from(HOSTILE),
    ValueType.NUMBER: st.integers(-(10**33), 10**33) | st.integers(-999, 999).map(lambda n: Decimal(n * 10 + 1) / 1000),
    ValueType.DATE: st.dates(),
    ValueType.TIME: st.times(),
    ValueType.DATE_TIME: st.datetimes(timezones=st.just(UTC)),
    ValueType.DURATION: st.timedeltas(),
}


@given(st.sampled_from(list(WIDE)).flatmap(lambda kind: st.tuples(st.just(kind), cells(kind, WIDE[kind]))))
def test_reads_back_any_constant(drawn: tuple[ValueType, Cell]) -> None:
    value_type, cell = drawn
    assert parse_cell(print_cell(cell, value_type), value_type) == cell


@given(
    st.text(alphabet='()[]<>=.,-"\\@ntudae 019PTH+\n', max_size=25) | st.text(max_size=25), st.sampled_from(ValueType)
)
def test_reads_or_refuses_any_text(text: str, value_type: ValueType) -> None:
    try:
        cell = parse_cell(text, value_type)
    except CellError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017 whatever is refused has its position
        assert error.message  # noqa: PT017
        assert error.hint  # noqa: PT017
    else:
        assert parse_cell(print_cell(cell, value_type), value_type) == cell
