"""Counting where two tables part. What is asked is made up here: `orders/test_simulating.py` asks about orders."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Column, Output, Row, Table
from reprieve.dmn.values import Value, ValueType
from reprieve.policies.evidence.simulation import (
    MOST_SAMPLES,
    Asked,
    Cell,
    Comparison,
    Refunds,
    RowPair,
    Sample,
    Simulated,
    Unanswered,
)
from tests.factories.things import MINUTE, NOON

HANDBOOK = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
COLOUR = Column("colour", ValueType.STRING, domain=("red", "green", "blue"))
OUTPUTS = (
    Output("outcome", ValueType.STRING, domain=("allow", "request", "refuse")),
    Output("refund_share", ValueType.NUMBER, optional=True),
    Output("fixed_fee", ValueType.NUMBER, optional=True),
    Output("message", ValueType.STRING, optional=True),
)

type Answer = str | Mapping[str, Value]


def table(**answers: Answer) -> Table:
    """One row a colour, named by it; anything else is for support."""
    rows = (
        Row(
            colour,
            {"colour": parse_cell(f'"{colour}"', ValueType.STRING)},
            {"outcome": answer} if isinstance(answer, str) else answer,
        )
        for colour, answer in answers.items()
    )
    return Table("test", (COLOUR,), OUTPUTS, tuple(rows), {"outcome": "request"})


TO_SUPPORT = table(blue="request")


def compare(old: Table | None, new: Table, *subjects: tuple[str, ...]) -> Comparison:
    """Ask about each subject, R-1, R-2, …, its colours in turn, a minute apart."""
    comparison = Comparison(compile_table(old) if old else None, compile_table(new))
    for number, colours in enumerate(subjects, start=1):
        asked = Asked()
        for minute, colour in enumerate(colours):
            comparison.ask(asked, {"colour": colour}, NOON + minute * MINUTE)
        comparison.days.add(f"R-{number}", asked)
    return comparison


def test_counts_asks_and_subjects_by_outcome_and_by_row() -> None:
    found = compare(
        table(red="allow", green="allow", blue="refuse"),
        table(red="allow", green="refuse", blue="refuse"),
        ("red", "red", "green"),
        ("green", "blue"),
    ).result()
    assert (found.days.asks, found.days.subjects, found.days.same) == (5, 2, 3)
    assert set(found.days.cells) == {
        Cell("allow", "allow", 2, 1),
        Cell("allow", "refuse", 2, 2),
        Cell("refuse", "refuse", 1, 1),
    }
    assert RowPair("green", "green", "allow", "refuse", same_terms=True, asks=2, subjects=2) in found.days.rows
    assert (found.decisions.asks, found.decisions.subjects, found.refunds) == (0, 0, ())


def test_a_subject_counts_once_in_a_cell_that_several_rows_make_up() -> None:
    (cell,) = compare(table(red="allow", green="allow"), TO_SUPPORT, ("red", "green")).result().days.cells
    assert cell == Cell("allow", "request", 2, 1)


def test_the_fallback_is_a_row_without_a_name() -> None:
    (pair,) = compare(TO_SUPPORT, table(red="allow"), ("red",)).result().days.rows
    assert pair == RowPair("", "red", "request", "allow", same_terms=True, asks=1, subjects=1)


def test_without_rules_in_force_there_is_no_old_answer() -> None:
    (cell,) = compare(None, table(red="allow"), ("red",)).result().days.cells
    assert cell == Cell("", "allow", 1, 1)


def test_tells_other_terms_from_other_words() -> None:
    old = table(
        red={"outcome": "allow", "refund_share": 1}, green={"outcome": "allow", "message": "Yes."}, blue="refuse"
    )
    new = table(
        red={"outcome": "allow", "refund_share": Decimal("0.5")},
        green={"outcome": "allow", "message": "Go on."},
        blue={"outcome": "refuse", "refund_share": 1},
    )
    found = compare(old, new, ("red", "green", "blue")).result().days
    assert {pair.new_row: pair.changes for pair in found.rows} == {"red": True, "green": False, "blue": False}
    assert (found.same, found.on_other_terms) == (3, 1)
    assert [sample.new_row for sample in found.samples] == ["red"]


def test_keeps_one_sample_of_a_subject_and_cell_when_it_was_first_so() -> None:
    found = compare(table(red="allow", green="allow"), TO_SUPPORT, ("blue", "green", "red", "green")).result()
    assert found.days.samples == (Sample("R-1", NOON + MINUTE, "allow", "request", "green", ""),)


def test_samples_are_spread_over_all_subjects_and_the_same_each_time() -> None:
    subjects = [("red",)] * 500
    first, again = (compare(table(red="allow"), TO_SUPPORT, *subjects).result().days.samples for _ in range(2))
    numbers = sorted(int(sample.number[2:]) for sample in first)
    assert first == again
    assert len(numbers) == MOST_SAMPLES
    assert numbers[0] < 100
    assert numbers[-1] > 400
    assert len(set(numbers)) == MOST_SAMPLES


def test_counts_what_could_not_be_asked_by_reason() -> None:
    comparison = compare(TO_SUPPORT, TO_SUPPORT, ("red",))
    for _ in range(2):
        asked = Asked()
        asked.unanswered.update(before_history=3)
        comparison.days.add("R-7", asked)
    found = comparison.result().days
    assert found.unanswered == (Unanswered("before_history", 6, 2),)
    assert (found.asks, found.subjects) == (1, 1)


WHOLE: dict[str, Value] = {"outcome": "allow", "refund_share": 1}
HALF: dict[str, Value] = {"outcome": "allow", "refund_share": Decimal("0.5")}


@pytest.mark.parametrize(
    ("old", "new", "refunds"),
    [
        (WHOLE, HALF, Refunds("USD", 1, 12101, 6050, 0)),  # 60.505 to the even cent
        (WHOLE, "refuse", Refunds("USD", 1, 12101, 0, 0)),
        (WHOLE, WHOLE | {"fixed_fee": 25}, Refunds("USD", 1, 12101, 9601, 0)),
        (HALF, HALF | {"fixed_fee": 500}, Refunds("USD", 1, 6050, 0, 0)),
        (WHOLE | {"outcome": "request"}, WHOLE, Refunds("USD", 1, 12101, 12101, 0)),
        (WHOLE, "allow", Refunds("USD", 0, 0, 0, 1)),
        ("request", "refuse", Refunds("USD", 0, 0, 0, 1)),
    ],
)
def test_says_what_would_have_been_given_back(old: Answer, new: Answer, refunds: Refunds) -> None:
    comparison = compare(table(red=old), table(red=new))
    comparison.count_refund(("red", "red"), 12101, "USD")
    assert comparison.result().refunds == (refunds,)


def test_the_example_of_the_handbook_adds_up() -> None:
    old = table(red=WHOLE, green=HALF, blue=WHOLE | {"outcome": "request", "fixed_fee": 20})
    new = table(red=HALF, green="refuse", blue=WHOLE | {"fixed_fee": 100})
    comparison = compare(replace(old, fallback={"outcome": "request"}), replace(new, fallback={"outcome": "refuse"}))
    for row, amount in (("red", 23900), ("green", 12101), ("blue", 8900), ("", 45000)):
        comparison.count_refund((row, row), amount, "USD")
    (refunds,) = comparison.result().refunds
    assert refunds == Refunds("USD", 3, 36850, 11950, 1)
    assert refunds.more_minor == -24900
    for words in (
        "**3 cases** | **$368.50** | | **$119.50**",
        "$249.00 less would be refunded: $119.50 instead of $368.50",
    ):
        assert words in HANDBOOK


def test_keeps_currencies_apart_in_their_own_smallest_coins() -> None:
    comparison = compare(table(red=WHOLE), table(red=WHOLE | {"fixed_fee": 200}))
    for amount, currency in ((5800, "JPY"), (5800, "USD"), (58000, "USD")):
        comparison.count_refund(("red", "red"), amount, currency)
    assert comparison.result().refunds == (Refunds("JPY", 1, 5800, 5600, 0), Refunds("USD", 2, 63800, 38000, 0))
    assert [each.more_minor for each in comparison.result().refunds] == [-200, -25800]


def test_is_kept_as_json_and_read_back() -> None:
    comparison = compare(table(red=WHOLE), table(red=HALF), ("red", "green"), ("red",))
    comparison.count_refund(("red", "red"), 12101, "USD")
    asked = Asked()
    asked.unanswered.update(history_differs=1)
    comparison.decisions.add("R-9", asked)
    found = comparison.result()
    data = cast("dict[str, object]", json.loads(json.dumps(found.to_data())))
    assert Simulated.from_data(data) == found
    assert data == found.to_data()


def test_knows_which_facts_either_table_asks_for() -> None:
    age = Column("age", ValueType.DURATION)
    assert compare(TO_SUPPORT, TO_SUPPORT).facts() == ["colour"]
    other = replace(TO_SUPPORT, inputs=(age, COLOUR))
    assert Comparison(compile_table(table(red="allow")), compile_table(other)).facts() == ["colour", "age"]
