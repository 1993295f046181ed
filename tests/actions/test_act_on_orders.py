import pytest

from reprieve.actions.act_on_orders import SeenOrder, act_on_orders
from reprieve.catalog.reasons import NoteMissing, ReasonMissing
from reprieve.lib.errors import Invalid, NotAllowed, NotFound
from reprieve.orders.actions import Action
from reprieve.orders.locking import OrderChanged
from reprieve.orders.models import Order, Status
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, an_order
from tests.test_routes import everything

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def orders(cast: Cast, catalog: Catalog) -> list[Order]:
    return [an_order(catalog, cast.actor(name), "design") for name in ("owner", "stranger", "owner")]


def seen(orders: list[Order]) -> list[SeenOrder]:
    return [SeenOrder(order_id=order.pk, version=order.version) for order in orders]


def statuses(orders: list[Order]) -> list[str]:
    return [Order.objects.get(pk=order.pk).status for order in orders]


def test_one_that_is_refused_keeps_no_other_from_being_done(cast: Cast, orders: list[Order]) -> None:
    wanted = seen(orders)
    wanted[1] = SeenOrder(order_id=orders[1].pk, version=99)
    acted = act_on_orders(
        action=Action.CANCEL, orders=wanted, actor=cast.actor("support"), reason="patient_away", now=NOON + MINUTE
    )
    assert [type(each.refusal) for each in acted] == [type(None), OrderChanged, type(None)]
    assert statuses(orders) == [Status.CANCELLED, Status.PROCESSING, Status.CANCELLED]


def test_says_what_was_done_before(cast: Cast, orders: list[Order]) -> None:
    for action in (Action.PAUSE, Action.RESUME, Action.CANCEL):
        wanted = seen([Order.objects.get(pk=order.pk) for order in orders])
        for minute, already in ((1, False), (2, True)):
            acted = act_on_orders(
                action=action,
                orders=wanted,
                actor=cast.actor("support"),
                reason="patient_away",
                now=NOON + minute * MINUTE,
            )
            assert [(each.already, each.refusal) for each in acted] == [(already, None)] * 3


@pytest.mark.parametrize(("reason", "expected"), [("", ReasonMissing), ("other", NoteMissing)])
def test_does_nothing_without_a_reason(cast: Cast, orders: list[Order], reason: str, expected: type[Invalid]) -> None:
    before = everything()
    with pytest.raises(expected):
        act_on_orders(action=Action.PAUSE, orders=seen(orders), actor=cast.actor("support"), reason=reason, now=NOON)
    assert everything() == before


def test_does_nothing_for_strangers_and_other_roles(cast: Cast, orders: list[Order]) -> None:
    before = everything()
    of_one = [SeenOrder(order_id=orders[0].pk, version=1, override=True)]
    for name, expected in (("stranger", NotFound), ("production", NotAllowed), ("owner", NotAllowed)):
        (acted,) = act_on_orders(
            action=Action.CANCEL, orders=of_one, actor=cast.actor(name), reason="patient_away", now=NOON
        )
        assert isinstance(acted.refusal, expected)
    assert everything() == before
