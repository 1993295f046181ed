import pytest

from reprieve.lib.identifiers import order_id, order_number, practice_id, practice_number


def test_numbers_start_above_a_thousand() -> None:
    assert order_number(1) == "R-1001"
    assert order_id("R-1001") == 1
    assert practice_number(7) == "P-1007"
    assert practice_id("P-1007") == 7


@pytest.mark.parametrize("text", [" r1042 ", "R-1042", "r-1042"])
def test_forgives_how_a_number_is_written(text: str) -> None:
    assert order_id(text) == 42
    assert practice_id(text.replace("r", "p").replace("R", "P")) == 42


@pytest.mark.parametrize("text", ["", "1042", "R-", "R-10x", "R-१०४२", "R-1042\n2", "R-" + "9" * 40])
def test_knows_what_is_no_number(text: str) -> None:
    assert order_id(text) is None
    assert practice_id(text.replace("R", "P")) is None


def test_does_not_take_the_number_of_one_thing_for_that_of_another() -> None:
    assert order_id("P-1042") is None
    assert practice_id("R-1042") is None
