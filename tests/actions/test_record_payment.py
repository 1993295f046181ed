"""Money that came outside of the product, and money that came too late."""

from datetime import timedelta

import pytest

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.record_payment import record_payment
from reprieve.billing.checks import AmountInvalid, ReferenceMissing
from reprieve.billing.models import Charge, ChargeState, Payment, Refund, RefundState
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed, Refused
from reprieve.orders.as_it_was import order_as_it_was
from reprieve.orders.locking import OrderChanged
from reprieve.orders.models import Order, Status
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def order(cast: Cast, catalog: Catalog, rules: None) -> Order:
    return an_order(catalog, cast.actor("owner"), "design")


def recorded(cast: Cast, order: Order, minor: int, who: str = "support", **given: object) -> Payment:
    wanted = {"currency": "USD", "reference": "Elm Street, 4 March", "expected_version": order.version} | given
    return record_payment(
        order_id=order.pk,
        actor=cast.actor(who),
        amount_minor=minor,
        now=LATER,
        **wanted,  # type: ignore[arg-type]
    )


def test_what_pays_all_of_it_charges_the_case(cast: Cast, order: Order) -> None:
    payment = recorded(cast, order, 12000)
    assert (payment.method, payment.state, payment.paid_at, payment.reference) == (
        "manual",
        "paid",
        LATER,
        "Elm Street, 4 March",
    )
    order.refresh_from_db()
    assert (order.charged_at, order.version) == (LATER, 2)
    assert Charge.objects.get().state == ChargeState.PAID
    assert sentence(Event.objects.get(type=EventType.PAYMENT_RECEIVED)) == "A payment of $120.00 came in."
    assert isinstance(order_as_it_was(order, LATER), Order)


def test_a_part_leaves_the_rest_due(cast: Cast, order: Order) -> None:
    recorded(cast, order, 5000)
    order.refresh_from_db()
    assert order.charged_at is None
    assert Charge.objects.get().state == ChargeState.DUE
    recorded(cast, order, 7000)
    assert Charge.objects.get().state == ChargeState.PAID


def test_credit_counts_as_paid(cast: Cast, catalog: Catalog, rules: None) -> None:
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(AmountInvalid, match=r"more than is open: \$40\.00"):
        recorded(cast, order, 4001)
    recorded(cast, order, 4000)
    assert Charge.objects.get().state == ChargeState.PAID


@pytest.mark.parametrize(
    ("minor", "given", "refusal"),
    [
        (-1, {}, AmountInvalid),
        (0, {}, AmountInvalid),
        (12001, {}, AmountInvalid),
        (10**18, {}, AmountInvalid),
        (12000, {"currency": "EUR"}, AmountInvalid),
        (12000, {"currency": "dollars"}, AmountInvalid),
        (12000, {"reference": "  "}, ReferenceMissing),
        (12000, {"reference": "x" * 121}, ReferenceMissing),
        (12000, {"expected_version": 7}, OrderChanged),
        (12000, {"who": "production"}, NotAllowed),
        (12000, {"who": "owner"}, NotAllowed),
        (12000, {"who": "stranger"}, NotAllowed),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    cast: Cast, order: Order, minor: int, given: dict[str, object], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        recorded(cast, order, minor, **given)  # type: ignore[arg-type]
    assert not Payment.objects.exists()
    assert Charge.objects.get().state == ChargeState.DUE


@pytest.mark.parametrize("how", ["by hand", "by card"])
def test_edges_10_and_11_money_after_the_cancellation_waits_to_go_back_and_reopens_nothing(
    cast: Cast, order: Order, how: str
) -> None:
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    order.refresh_from_db()
    if how == "by card":
        pay_by_card(order, 12000)
    else:
        recorded(cast, order, 12000)
    order.refresh_from_db()
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.state) == (12000, RefundState.PENDING)
    assert refund.reason == "The payment came in after the cancellation."
    assert (order.status, order.charged_at) == (Status.CANCELLED, None)
    assert Charge.objects.get().state == ChargeState.VOIDED
    assert Event.objects.filter(type=EventType.PAYMENT_CAME_LATE).count() == 1
    require_money_adds_up()
