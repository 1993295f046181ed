from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from reprieve.lib.money import decimals, display, from_minor, parse_minor, to_minor


@pytest.mark.parametrize(
    ("currency", "places", "minor", "amount"),
    [("USD", 2, 12000, "120.00"), ("JPY", 0, 5800, "5800"), ("KWD", 3, 1234, "1.234")],
)
def test_knows_the_smallest_coin_of_each_currency(currency: str, places: int, minor: int, amount: str) -> None:
    assert decimals(currency) == places
    assert from_minor(minor, currency) == Money(amount, currency)
    assert to_minor(Money(amount, currency)) == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "EUR", "JPY", "KWD"]))
def test_there_and_back_is_exact(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency)) == minor


def test_refuses_a_fraction_of_the_smallest_coin() -> None:
    with pytest.raises(ValueError, match="finer"):
        to_minor(Money(Decimal("1.005"), "USD"))


@pytest.mark.parametrize(("text", "minor"), [("120", 12000), ("1,250.50", 125050), (" 0.01 ", 1)])
def test_reads_what_people_type(text: str, minor: int) -> None:
    assert parse_minor(text, "USD") == minor


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.005", "12,0.0", "NaN", "sNaN", "Infinity", "-inf", "1e400", "1e3", "1_0", "1e999999999", "--5"],
)
def test_says_how_to_type_an_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"like 120\.00"):
        parse_minor(text, "USD")


def test_shows_money_as_its_reader_writes_it() -> None:
    assert display(Money("1200.5", "USD")) == "$1,200.50"
    with override("de"):
        assert display(Money("1200.5", "EUR")) == "1.200,50\xa0€"
    assert display(Money("5800", "JPY")) == "¥5,800"


def test_shows_the_small_coins_also_where_they_have_gone_out_of_use() -> None:
    with override("de"):
        assert display(Money("120.50", "RSD")) == "120,50\xa0RSD"
    assert display(Money("1.234", "IQD")) == "IQD1.234"
