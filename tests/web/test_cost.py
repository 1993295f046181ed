from decimal import Decimal

import pytest

from reprieve.web.cost import cost_in_words, refund_in_words

CASES = [
    pytest.param(
        None, None, "What it costs depends on the work done so far.", "Support will tell you the amount.", id="?"
    ),
    pytest.param("1", False, "Free of charge.", "What was paid is refunded.", id="all"),
    pytest.param(
        "1",
        True,
        "Free of charge. If your card was charged already, its processing fee is kept.",
        "What was paid is refunded, minus the card's processing fee.",
        id="all but the fee",
    ),
    pytest.param(
        "0.5", False, "50% of what was paid is refunded.", "50% of what was paid is refunded.", id="half of it"
    ),
    pytest.param(
        "0.25",
        True,
        "25% of what was paid is refunded, minus the card's processing fee.",
        "25% of what was paid is refunded, minus the card's processing fee.",
        id="a quarter but the fee",
    ),
    pytest.param(
        "0",
        True,
        "Nothing that was paid is refunded.",
        "Nothing that was paid is refunded.",
        id="nothing, fee or no fee",
    ),
]


@pytest.mark.parametrize("read", [str, Decimal], ids=["kept", "just made"])
@pytest.mark.parametrize(("share", "keeps_fee", "cost", "refund"), CASES)
def test_says_what_cancelling_costs_and_what_comes_back(
    share: str | None, keeps_fee: object, cost: str, refund: str, read: type[str] | type[Decimal]
) -> None:
    outputs = {"refund_share": None if share is None else read(share), "keep_processing_fee": keeps_fee}
    assert (cost_in_words(outputs), refund_in_words(outputs)) == (cost, refund)


def test_promises_nothing_where_a_rule_names_no_terms() -> None:
    assert cost_in_words({"outcome": "request"}) == "What it costs depends on the work done so far."
    assert refund_in_words({"outcome": "request"}) == "Support will tell you the amount."


def test_keeps_no_fee_for_anything_but_a_plain_yes() -> None:
    assert cost_in_words({"refund_share": Decimal(1), "keep_processing_fee": "true"}) == "Free of charge."
