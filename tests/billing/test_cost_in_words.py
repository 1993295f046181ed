"""What a cancellation costs, in words that fit how the case is paid."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from reprieve.accounts.models import PaymentTerms
from reprieve.actions.cancel_order import cancel_order
from reprieve.billing.cards import card_pays
from reprieve.billing.cost_in_words import cost_in_words, refund_in_words
from reprieve.billing.quotes import quote
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.orders.models import Order
from reprieve.policies.money_terms import MoneyTerms
from tests.factories.money import give_credit, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

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


def cost_of(outputs: Mapping[str, object], currency: str) -> str:
    return cost_in_words(MoneyTerms.of(outputs), currency)


def refund_of(outputs: Mapping[str, object], currency: str) -> str:
    return refund_in_words(MoneyTerms.of(outputs), currency)


@pytest.mark.parametrize("read", [str, Decimal], ids=["kept", "just made"])
@pytest.mark.parametrize(("share", "keeps_fee", "cost", "refund"), CASES)
def test_says_what_cancelling_costs_and_what_comes_back(
    share: str | None, keeps_fee: object, cost: str, refund: str, read: type[str] | type[Decimal]
) -> None:
    outputs = {"refund_share": None if share is None else read(share), "keep_processing_fee": keeps_fee}
    assert (cost_of(outputs, "USD"), refund_of(outputs, "USD")) == (
        cost,
        refund,
    )


def test_promises_nothing_where_a_rule_names_no_terms() -> None:
    assert cost_of({"outcome": "request"}, "USD") == "What it costs depends on the work done so far."
    assert refund_of({"outcome": "request"}, "USD") == "Support will tell you the amount."


def test_keeps_no_fee_for_anything_but_a_plain_yes() -> None:
    assert cost_of({"refund_share": Decimal(1), "keep_processing_fee": "true"}, "USD") == "Free of charge."


@pytest.mark.parametrize(
    ("outputs", "refund"),
    [
        ({"fixed_fee": 15}, "What was paid is refunded, minus a fee of $15.00."),
        (
            {"fixed_fee": Decimal("7.5"), "keep_processing_fee": True},
            "What was paid is refunded, minus a fee of $7.50 and the card's processing fee.",
        ),
        (
            {"fixed_fee": 15, "refund_to": "store_credit"},
            "What was paid is refunded as store credit, minus a fee of $15.00.",
        ),
        ({"refund_share": "0.125"}, "12.5% of what was paid is refunded."),
        ({"keep_deposit": True}, "What was paid is refunded, minus the deposit."),
    ],
)
def test_never_calls_free_what_keeps_something(outputs: dict[str, object], refund: str) -> None:
    terms = {"refund_share": 1} | outputs
    assert (cost_of(terms, "USD"), refund_of(terms, "USD")) == (
        refund,
        refund,
    )


def test_names_a_fee_in_the_currency_of_the_order() -> None:
    assert refund_of({"refund_share": 1, "fixed_fee": 2000}, "JPY").endswith("minus a fee of ¥2,000.")


ALL_BUT_THE_FEE = {"refund_share": Decimal(1), "keep_processing_fee": True}
WITH_THE_FEE = "Free of charge. If your card was charged already, its processing fee is kept."


def placed(cast: Cast, catalog: Catalog, how: str) -> Order:
    """120.00 on the practice's terms, or paid as it says."""
    if how in {"weekly", "monthly"}:
        cast.practice.payment_terms = PaymentTerms(how)
        cast.practice.save()
    if "credit" in how:
        give_credit(cast.practice.pk, 8000 if how == "credit and a card" else 12000)
    order = an_order(catalog, cast.actor("owner"))
    if "card" in how:
        pay_by_card(order, 4000 if how == "credit and a card" else 12000)
    return Order.objects.get(pk=order.pk)


@pytest.mark.parametrize(
    ("how", "cost", "refund"),
    [
        ("not yet", WITH_THE_FEE, "What was paid is refunded, minus the card's processing fee."),
        ("card", WITH_THE_FEE, "$120.00 goes back to your card."),
        ("credit and a card", WITH_THE_FEE, "$80.00 goes back to your store credit. $40.00 goes back to your card."),
        ("credit", "Free of charge.", "$120.00 goes back to your store credit."),
        ("weekly", "Free of charge.", "Nothing was charged yet, and the case will be on no invoice."),
        ("monthly", "Free of charge.", "Nothing was charged yet, and the case will be on no invoice."),
    ],
)
def test_speaks_of_a_card_only_where_one_pays(
    cast: Cast, catalog: Catalog, rules: None, how: str, cost: str, refund: str
) -> None:
    order = placed(cast, catalog, how)
    assert card_pays(order.charge) is (cost == WITH_THE_FEE)
    applied = MoneyTerms.of(ALL_BUT_THE_FEE).applied(by_card=card_pays(order.charge))
    assert (cost_in_words(applied, "USD"), quoted_in_words(order.charge, quote(order.charge, ALL_BUT_THE_FEE))) == (
        cost,
        refund,
    )


def test_says_afterwards_that_nothing_was_charged(cast: Cast, catalog: Catalog, rules: None) -> None:
    order = placed(cast, catalog, "weekly")
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    order = Order.objects.get(pk=order.pk)
    assert (
        quoted_in_words(order.charge, quote(order.charge, ALL_BUT_THE_FEE))
        == "Nothing was charged: the case is on no invoice."
    )
