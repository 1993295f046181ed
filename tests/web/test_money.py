"""The sentences that people read before they cancel: the amounts are those that will be given back."""

from datetime import timedelta

import pytest

from reprieve.actions.cancel_order import cancel_order
from reprieve.billing.quotes import quote
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.orders.models import Order
from reprieve.web.money import given_back_in_words, order_money
from tests.factories.money import give_credit, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = pytest.mark.django_db
BUT_THE_FEE: dict[str, object] = {"refund_share": 1, "keep_processing_fee": True}


@pytest.mark.parametrize(
    ("credit", "card", "fee", "outputs", "words"),
    [
        (0, 0, 0, {"refund_share": 1}, "What was paid is refunded."),
        (0, 12000, 0, {"refund_share": 1}, "$120.00 goes back to your card."),
        (
            0,
            12000,
            378,
            BUT_THE_FEE,
            "$116.22 goes back to your card: $120.00 minus the card's processing fee of $3.78.",
        ),
        (
            8000,
            4000,
            146,
            BUT_THE_FEE,
            (
                "$80.00 goes back to your store credit. "
                "$38.54 goes back to your card: $40.00 minus the card's processing fee of $1.46."
            ),
        ),
        (0, 12000, 378, {"refund_share": "0.5"}, "$60.00 goes back to your card: of $120.00, $60.00 is kept."),
        (
            0,
            12000,
            378,
            {"refund_share": "0.5", "keep_processing_fee": True},
            "$56.22 goes back to your card: of $120.00, $63.78 is kept, with the card's processing fee.",
        ),
        (0, 12000, 0, {"refund_share": 1, "refund_to": "store_credit"}, "$120.00 becomes store credit."),
        (0, 12000, 0, {"refund_share": 0}, "Nothing of the $120.00 that you paid comes back."),
        (
            5000,
            7000,
            0,
            {},
            "$50.00 goes back to your store credit. Support decides how much of the $70.00 that you paid comes back.",
        ),
    ],
)
def test_says_how_much_goes_where_and_what_is_kept(
    cast: Cast, catalog: Catalog, credit: int, card: int, fee: int, outputs: dict[str, object], words: str
) -> None:
    if credit:
        give_credit(cast.practice.pk, credit)
    order = an_order(catalog, cast.actor("owner"))
    if card:
        pay_by_card(order, card, fee=fee)
    assert quoted_in_words(order.charge, quote(order.charge, outputs)) == words


def test_says_of_a_cancelled_order_how_far_each_part_is(cast: Cast, catalog: Catalog, rules: None) -> None:
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"))
    pay_by_card(order, 4000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + timedelta(minutes=1))
    order = Order.objects.get()
    said = given_back_in_words(order, order_money(order))
    assert said == "$80.00 to the store credit: Refunded. $40.00 to the card: Approved."
