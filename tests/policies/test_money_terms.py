from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.dmn.values import Value, value_to_data
from reprieve.policies.money_terms import MoneyTerms, RefundTo

AMOUNTS = st.integers(0, 10**9)
SHARES = st.decimals(0, 1, places=4)


def test_reads_the_outputs_of_a_row() -> None:
    outputs: dict[str, Value] = {
        "outcome": "allow",
        "refund_share": Decimal("0.5"),
        "fixed_fee": 10,
        "keep_processing_fee": True,
        "keep_deposit": True,
        "refund_to": "store_credit",
        "undo_window": timedelta(minutes=30),
    }
    assert MoneyTerms.of(outputs) == MoneyTerms(
        share=Decimal("0.5"),
        fixed_fee=Decimal(10),
        keeps_processing_fee=True,
        keeps_deposit=True,
        refund_to=RefundTo.STORE_CREDIT,
        undo_window=timedelta(minutes=30),
    )


def test_reads_a_kept_decision_as_it_read_it_when_it_was_made() -> None:
    outputs: dict[str, Value] = {
        "refund_share": Decimal("0.5"),
        "fixed_fee": Decimal("2.50"),
        "keep_processing_fee": True,
        "undo_window": timedelta(minutes=90),
    }
    kept = {name: value_to_data(value) for name, value in outputs.items()}
    assert isinstance(kept["undo_window"], str)
    assert MoneyTerms.of(kept) == MoneyTerms.of(outputs)


def test_what_a_row_leaves_open_has_its_usual_meaning() -> None:
    assert MoneyTerms.of({"outcome": "allow"}) == MoneyTerms()


def test_a_share_left_open_is_no_amount() -> None:
    with pytest.raises(ValueError, match="leave the refund to support"):
        MoneyTerms().due_minor(12000, "USD")


@pytest.mark.parametrize(
    ("terms", "paid", "currency", "fee", "deposit", "due"),
    [
        (MoneyTerms(share=Decimal(1)), 12000, "USD", 378, 0, 12000),
        # C12: charged, cancelled before design: 120.00 − 3.78
        (MoneyTerms(share=Decimal(1), keeps_processing_fee=True), 12000, "USD", 378, 0, 11622),
        (MoneyTerms(share=Decimal("0.5")), 12000, "USD", 378, 0, 6000),
        (MoneyTerms(share=Decimal(0)), 12000, "USD", 378, 0, 0),
        (MoneyTerms(share=Decimal(1), fixed_fee=Decimal(25)), 12000, "USD", 0, 0, 9500),
        (MoneyTerms(share=Decimal(1), fixed_fee=Decimal(500)), 12000, "USD", 0, 0, 0),
        (MoneyTerms(share=Decimal(1), fixed_fee=Decimal(5)), 0, "USD", 0, 0, 0),
        (MoneyTerms(share=Decimal(1), fixed_fee=Decimal(200)), 5800, "JPY", 0, 0, 5600),
        (MoneyTerms(share=Decimal(1), fixed_fee=Decimal("0.125")), 5800, "KWD", 0, 0, 5675),
        (MoneyTerms(share=Decimal("0.5")), 101, "USD", 0, 0, 50),
        (MoneyTerms(share=Decimal("0.5")), 103, "USD", 0, 0, 52),
        (MoneyTerms(share=Decimal("0.5"), keeps_deposit=True), 12000, "USD", 0, 2000, 5000),
        (MoneyTerms(share=Decimal(1), keeps_deposit=True), 1500, "USD", 0, 2000, 0),
    ],
)
def test_gives_back_the_share_minus_the_fees(
    terms: MoneyTerms, paid: int, currency: str, fee: int, deposit: int, due: int
) -> None:
    assert terms.due_minor(paid, currency, processing_fee_minor=fee, deposit_minor=deposit) == due


@given(paid=AMOUNTS, share=SHARES, fee=AMOUNTS, keeps=st.booleans(), fixed=st.decimals(0, 1000, places=2))
def test_never_gives_back_less_than_nothing_or_more_than_was_paid(
    paid: int, share: Decimal, fee: int, fixed: Decimal, *, keeps: bool
) -> None:
    terms = MoneyTerms(share=share, fixed_fee=fixed, keeps_processing_fee=keeps)
    assert 0 <= terms.due_minor(paid, "USD", processing_fee_minor=fee) <= paid
