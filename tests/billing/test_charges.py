from datetime import timedelta
from decimal import Decimal

import pytest

from reprieve.billing.charges import billed_outside, charge_for, hold, release, tax_minor, void
from reprieve.billing.models import Charge, ChargeState, Method, Payment, PaymentState
from reprieve.orders.models import Order
from tests.factories.cards import a_card
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    return an_order(catalog, cast.actor("owner"))


def charged(order: Order, rate: str = "0") -> Charge:
    Charge.objects.filter(order=order).delete()
    charge = charge_for(order, order.lines.all(), Decimal(rate))
    charge.save()
    return charge


def test_a_charge_is_the_sum_of_the_lines_on_the_terms_of_the_order(order: Order) -> None:
    charge = charged(order)
    assert charge.total == order.total
    assert (charge.terms, charge.practice_id, charge.state) == (order.payment_terms, order.practice_id, "due")
    assert charge.billable_from == charge.first_billable_from == order.submitted_at


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [(12000, "0", 0), (12000, "19", 2280), (999, "8.875", 89), (50, "5", 2), (150, "5", 8)],
)
def test_tax_is_rounded_half_to_the_even_unit(amount: int, rate: str, tax: int) -> None:
    assert tax_minor(amount, Decimal(rate)) == tax


def test_a_charge_keeps_the_tax_of_its_day(order: Order) -> None:
    charge = charged(order, "19")
    assert charge.tax_minor == sum(tax_minor(line.amount_minor, Decimal(19)) for line in order.lines.all())
    assert charge.total_minor == charge.amount_minor + charge.tax_minor


def test_d8_nothing_is_billed_while_the_case_is_paused(order: Order) -> None:
    charge = charged(order)
    hold(charge)
    charge.refresh_from_db()
    assert charge.state == ChargeState.HELD
    release(charge, now=NOON + MONTH)
    charge.refresh_from_db()
    assert (charge.state, charge.billable_from) == (ChargeState.DUE, NOON + MONTH)
    assert charge.first_billable_from == order.submitted_at


@pytest.mark.parametrize("state", [ChargeState.INVOICED, ChargeState.PAID, ChargeState.VOIDED])
def test_what_was_charged_already_is_neither_held_nor_voided(order: Order, state: ChargeState) -> None:
    charge = charged(order)
    charge.state = state
    charge.save()
    hold(charge)
    release(charge, now=NOON + MONTH)
    void(charge)
    charge.refresh_from_db()
    assert (charge.state, charge.billable_from) == (state, order.submitted_at)


@pytest.mark.parametrize("state", [ChargeState.DUE, ChargeState.HELD])
def test_c13_what_was_not_charged_yet_never_is_once_it_is_cancelled(order: Order, state: ChargeState) -> None:
    charge = charged(order)
    charge.state = state
    charge.save()
    void(charge)
    charge.refresh_from_db()
    assert charge.state == ChargeState.VOIDED


@pytest.mark.parametrize(
    ("payment", "state"),
    [
        (PaymentState.PENDING, ChargeState.DUE),
        (PaymentState.AUTHORISED, ChargeState.DUE),
        (PaymentState.UNKNOWN, ChargeState.DUE),
        (PaymentState.FAILED, ChargeState.OUTSIDE),
        (PaymentState.RELEASED, ChargeState.OUTSIDE),
    ],
)
def test_what_a_card_is_paying_is_not_billed_by_another_system_as_well(
    cast: Cast, order: Order, payment: PaymentState, state: ChargeState
) -> None:
    Payment.objects.create(
        practice=cast.practice,
        charge=order.charge,
        method=Method.CARD,
        card=a_card(cast),
        gateway="fake",
        currency="USD",
        amount_minor=12000,
        state=payment,
        created_at=NOON,
    )
    billed_outside(order.charge)
    assert Charge.objects.get().state == state
