"""A card's payment under two commands at once, on two real connections: charged once, or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pay_by_card import pay_order
from reprieve.actions.remove_card import CardInUse, remove_card
from reprieve.billing import paying
from reprieve.billing.models import Card, Payment, PaymentState, Refund
from reprieve.orders.models import Order, Status
from reprieve.settlement import cancelling
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, an_order_by_card, cards_are_taken
from tests.factories.money import require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, UNDO_WINDOW, Catalog, an_order
from tests.races.race import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(minutes=5)
type Command = Callable[[], object]


@pytest.fixture
def card(cast: Cast) -> Card:
    return a_card(cast, default=True)


def sending(payment: Payment) -> Command:
    return lambda: send_payment(payment_id=payment.pk, now=LATER)


def test_two_workers_with_one_payment_charge_once(cast: Cast, catalog: Catalog, card: Card) -> None:
    payment = an_order_by_card(catalog, cast.actor("owner"), card)[1]
    race(sending(payment), sending(payment), hold=(paying, "_next_step"))
    assert fake_gateway.payments_made() == [("charge", card.source, 12000)]
    assert Payment.objects.get().state == PaymentState.PAID
    require_money_adds_up()


def test_edge_11_a_cancellation_before_the_claim_keeps_the_card_from_being_charged(
    cast: Cast, catalog: Catalog, card: Card
) -> None:
    order, payment = an_order_by_card(catalog, cast.actor("owner"), card, "design")

    def cancel() -> object:
        return cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)

    race(cancel, sending(payment), hold=(cancelling, "settle_cancellation"))
    assert (fake_gateway.payments_made(), Payment.objects.get().state) == ([], PaymentState.PENDING)
    send_payment(payment_id=payment.pk, now=NOON + UNDO_WINDOW)
    assert (fake_gateway.payments_made(), Payment.objects.get().state) == ([], PaymentState.RELEASED)


def test_edge_11_a_cancellation_after_the_claim_leaves_the_money_to_support(
    cast: Cast, catalog: Catalog, card: Card
) -> None:
    order, payment = an_order_by_card(catalog, cast.actor("owner"), card, "design")

    def cancel() -> object:
        return cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)

    race(sending(payment), cancel, hold=(paying, "_next_step"))
    assert Order.objects.get().status == Status.CANCELLED
    assert fake_gateway.payments_made() == [("charge", card.source, 12000)]
    assert Payment.objects.get().refunded_minor == sum(Refund.objects.values_list("amount_minor", flat=True)) > 0
    require_money_adds_up()


def test_two_clicks_on_pay_are_one_payment(cast: Cast, catalog: Catalog, card: Card) -> None:
    order = an_order(catalog, cast.actor("owner"))

    def pay() -> object:
        return pay_order(order_id=order.pk, actor=cast.actor("owner"), card_id=card.pk, now=NOON)

    first, second = race(pay, pay, hold=(paying, "start"))
    assert first.result == second.result
    assert Payment.objects.count() == 1


def test_a_card_that_is_about_to_pay_is_not_removed(cast: Cast, catalog: Catalog, card: Card) -> None:
    order = an_order(catalog, cast.actor("owner"))

    def pay() -> object:
        return pay_order(order_id=order.pk, actor=cast.actor("owner"), card_id=card.pk, now=NOON)

    def remove() -> object:
        return remove_card(card_id=card.pk, actor=cast.actor("owner"), now=NOON)

    _, second = race(pay, remove, hold=(paying, "start"))
    assert isinstance(second.refusal, CardInUse)
    card.refresh_from_db()
    assert card.removed_at is None
