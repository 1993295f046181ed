from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.billing.refund_plan import Paid, Part, Plan, plan, plan_overpaid, split
from reprieve.policies.money_terms import MoneyTerms, RefundTo

FULL = MoneyTerms(share=Decimal(1))
HALF = MoneyTerms(share=Decimal("0.5"))


def card(payment_id: int, amount: int, *, fee: int = 0, refunded: int = 0) -> Paid:
    return Paid(payment_id=payment_id, amount_minor=amount, fee_minor=fee, refunded_minor=refunded)


def credit(payment_id: int, amount: int, *, refunded: int = 0) -> Paid:
    return Paid(payment_id=payment_id, amount_minor=amount, refunded_minor=refunded, by_credit=True)


def parts(found: Plan) -> list[tuple[int, int, bool]]:
    return [(part.payment_id, part.amount_minor, part.to_credit) for part in found.parts]


def test_c12_a_charged_case_gives_back_the_charge_minus_the_processing_fee() -> None:
    terms = MoneyTerms(share=Decimal(1), keeps_processing_fee=True)
    found = plan(terms, [card(1, 12000, fee=378)], "USD")
    assert found.parts == (Part(1, 11622, to_credit=False),)
    assert (found.paid_minor, found.due_minor, found.kept_fee_minor, found.total_minor) == (12000, 11622, 378, 11622)


def test_c14_credit_goes_back_to_credit_and_card_to_card() -> None:
    found = plan(FULL, [credit(1, 8000), card(2, 4000)], "USD")
    assert parts(found) == [(1, 8000, True), (2, 4000, False)]


def test_a_share_is_given_back_on_credit_and_card_alike() -> None:
    assert parts(plan(HALF, [credit(1, 8000), card(2, 4000)], "USD")) == [(1, 4000, True), (2, 2000, False)]


def test_fees_come_out_of_the_money_before_the_credit() -> None:
    terms = MoneyTerms(share=Decimal(1), fixed_fee=Decimal(10), keeps_processing_fee=True)
    assert parts(plan(terms, [credit(1, 8000), card(2, 4000, fee=146)], "USD")) == [(1, 8000, True), (2, 2854, False)]


def test_fees_that_the_money_does_not_hold_come_out_of_the_credit() -> None:
    terms = MoneyTerms(share=Decimal(1), fixed_fee=Decimal(50))
    assert parts(plan(terms, [credit(1, 8000), card(2, 4000)], "USD")) == [(1, 7000, True)]


def test_a_fee_above_what_was_paid_gives_nothing_back_and_asks_for_nothing() -> None:
    found = plan(MoneyTerms(share=Decimal(1), fixed_fee=Decimal(500)), [card(1, 12000)], "USD")
    assert (found.due_minor, found.total_minor, found.parts) == (0, 0, ())


def test_what_was_paid_beyond_the_cost_goes_back_whole_and_is_no_part_of_what_is_shared() -> None:
    twice = [card(1, 12000), card(2, 12000)]
    assert parts(plan(HALF, twice, "USD", excess_minor=12000)) == [(2, 12000, False), (1, 6000, False)]
    on_its_way = [card(1, 12000), card(2, 12000, refunded=12000)]
    assert parts(plan(HALF, on_its_way, "USD", excess_minor=12000)) == [(1, 6000, False)]
    none = MoneyTerms(share=Decimal(0))
    assert parts(plan(none, [credit(1, 8000), card(2, 5000)], "USD", excess_minor=1000)) == [(2, 1000, False)]


def test_nothing_paid_gives_nothing_back() -> None:
    found = plan(MoneyTerms(share=Decimal(1), fixed_fee=Decimal(5)), [], "USD")
    assert (found.paid_minor, found.total_minor, found.parts) == (0, 0, ())


def test_the_rule_can_send_the_money_to_store_credit() -> None:
    terms = MoneyTerms(share=Decimal(1), refund_to=RefundTo.STORE_CREDIT)
    assert parts(plan(terms, [card(1, 4000)], "USD")) == [(1, 4000, True)]


def test_what_has_gone_back_before_is_not_given_back_again() -> None:
    found = plan(FULL, [card(1, 12000, refunded=4500)], "USD")
    assert (found.due_minor, found.refunded_minor, found.total_minor) == (12000, 4500, 7500)


def test_the_rounding_of_a_share_leaves_the_odd_unit_to_the_money() -> None:
    assert parts(plan(HALF, [credit(1, 101), card(2, 101)], "USD")) == [(1, 50, True), (2, 51, False)]


def test_yen_are_not_divided_by_a_hundred() -> None:
    assert plan(FULL, [card(1, 5800)], "JPY").total_minor == 5800


@pytest.mark.parametrize(
    ("left", "amount", "expected"),
    [
        ([100, 50, 70], 50, [(2, 50)]),  # of exactly the size
        ([100, 50, 70], 60, [(3, 60)]),  # the smallest that is larger
        ([100, 50, 70], 150, [(1, 100), (2, 50)]),  # the largest, then one of exactly the size
        ([100, 50, 70], 160, [(1, 100), (3, 60)]),  # the largest, then the smallest that is larger
        ([100, 50, 70], 220, [(1, 100), (3, 70), (2, 50)]),  # everything
        ([100], 0, []),
    ],
)
def test_touches_the_fewest_payments(left: list[int], amount: int, expected: list[tuple[int, int]]) -> None:
    assert split([card(number, each) for number, each in enumerate(left, 1)], amount) == expected


def test_never_splits_more_than_is_left() -> None:
    with pytest.raises(ValueError, match="More than was paid"):
        split([card(1, 100, refunded=1)], 100)


PAYMENTS = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(0, 100), st.booleans()).flatmap(
        lambda drawn: st.builds(
            Paid,
            payment_id=st.integers(1, 10**6),
            amount_minor=st.just(drawn[0]),
            refunded_minor=st.integers(0, drawn[0]),
            fee_minor=st.just(min(drawn[1], drawn[0])),
            by_credit=st.just(drawn[2]),
        )
    ),
    max_size=6,
    unique_by=lambda paid: paid.payment_id,
)
TERMS = st.builds(
    MoneyTerms,
    share=st.decimals(0, 1, places=3),
    fixed_fee=st.decimals(0, 100, places=2),
    keeps_processing_fee=st.booleans(),
    refund_to=st.sampled_from(RefundTo),
)


@given(terms=TERMS, payments=PAYMENTS)
def test_no_payment_gives_back_more_than_is_left_of_it(terms: MoneyTerms, payments: list[Paid]) -> None:
    left = {paid.payment_id: paid.left_minor for paid in payments}
    for part in plan(terms, payments, "USD").parts:
        assert 0 < part.amount_minor <= left[part.payment_id]


@given(terms=TERMS, payments=PAYMENTS)
def test_gives_back_what_the_terms_say_to_the_cent(terms: MoneyTerms, payments: list[Paid]) -> None:
    fresh = [Paid(payment_id=p.payment_id, amount_minor=p.amount_minor, fee_minor=p.fee_minor) for p in payments]
    found = plan(terms, fresh, "USD")
    fees = sum(paid.fee_minor for paid in fresh)
    assert found.total_minor == terms.due_minor(found.paid_minor, "USD", processing_fee_minor=fees)


@given(payments=PAYMENTS)
def test_everything_that_is_left_can_go_back(payments: list[Paid]) -> None:
    assert plan(FULL, payments, "USD").total_minor == sum(paid.left_minor for paid in payments)


@given(terms=TERMS, payments=PAYMENTS)
def test_carrying_a_plan_out_leaves_nothing_to_give_back(terms: MoneyTerms, payments: list[Paid]) -> None:
    back: dict[int, int] = {}
    for part in plan(terms, payments, "USD").parts:
        back[part.payment_id] = part.amount_minor
    after = [
        Paid(
            payment_id=paid.payment_id,
            amount_minor=paid.amount_minor,
            refunded_minor=paid.refunded_minor + back.get(paid.payment_id, 0),
            fee_minor=paid.fee_minor,
            by_credit=paid.by_credit,
        )
        for paid in payments
    ]
    assert plan(terms, after, "USD").parts == ()


@pytest.mark.parametrize(
    ("overpaid", "back"),
    [
        (-1, []),
        (0, []),
        (1, [(3, 1)]),
        (3000, [(2, 3000)]),
        (4500, [(1, 4500)]),
        (6000, [(1, 5000), (3, 1000)]),
        (9000, [(1, 5000), (2, 3000), (3, 1000)]),
        (9500, [(1, 5000), (2, 3000), (3, 1500)]),
        (99999, [(1, 5000), (2, 3000), (3, 2000)]),
    ],
)
def test_what_an_invoice_is_overpaid_goes_back_as_far_as_its_payments_hold_it(
    overpaid: int, back: list[tuple[int, int]]
) -> None:
    payments = [card(1, 5000, fee=175), card(2, 4000, refunded=1000), card(3, 2000)]
    for to_credit in (True, False):
        found = plan_overpaid(payments, overpaid, to_credit=to_credit)
        assert [(part.payment_id, part.amount_minor, part.to_credit) for part in found] == [
            (payment, minor, to_credit) for payment, minor in back
        ]
