"""kill -9 at any point between the cancellation and the completed refund: the refund happens exactly once."""

import signal
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_ox.actions import expire_lease
from django_ox.models import OxTask

from reprieve.actions.cancel_order import cancel_order
from reprieve.billing.models import Refund, RefundState
from reprieve.orders.models import Order, Status
from reprieve.settlement.send_refund import send_when_due
from tests import drill, fake_gateway
from tests.factories.money import pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, UNDO_WINDOW, Catalog, an_order
from tests.patience import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
KILLED = -signal.SIGKILL


@pytest.fixture(autouse=True)
def provider() -> None:
    fake_gateway.forget()


def a_paid_order(cast: Cast, catalog: Catalog) -> tuple[Order, str]:
    order = an_order(catalog, cast.actor("owner"), "design")
    name = pay_by_card(order, 12000, fee=378).provider_id
    assert name is not None
    return order, name


def a_refund(cast: Cast, catalog: Catalog) -> tuple[Refund, str]:
    order, name = a_paid_order(cast, catalog)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + timedelta(hours=1))
    return Refund.objects.get(charge__order=order), name


def test_a_worker_killed_at_any_point_refunds_exactly_once(cast: Cast, catalog: Catalog) -> None:
    refunds = {point: a_refund(cast, catalog) for point in drill.POINTS}
    started = {point: drill.start(point, "send", refund.pk) for point, (refund, _) in refunds.items()}
    ends = {point: process.wait(PATIENCE) for point, process in started.items()}
    assert ends == dict.fromkeys(drill.POINTS, KILLED)
    made = dict(fake_gateway.refunds_made())
    assert [point for point, (_, payment) in refunds.items() if payment in made] == list(drill.POINTS)[4:]
    for refund, _ in refunds.values():
        for _ in range(2):
            send_when_due.call(refund.pk)
    assert sorted(fake_gateway.refunds_made()) == sorted((payment, 11622) for _, payment in refunds.values())
    assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.COMPLETED}
    require_money_adds_up()


def test_the_real_worker_takes_up_what_a_killed_one_left(cast: Cast, catalog: Catalog) -> None:
    refund, payment = a_refund(cast, catalog)
    assert drill.start("after the provider acted", "work").wait(PATIENCE) == KILLED
    refund.refresh_from_db()
    assert (refund.state, fake_gateway.refunds_made()) == (RefundState.SENT, [(payment, 11622)])
    running = OxTask.objects.get(status=OxTask.Status.RUNNING)
    assert expire_lease(running.pk)
    assert drill.start("never", "work").wait(PATIENCE) == 0
    refund.refresh_from_db()
    assert (refund.state, fake_gateway.refunds_made()) == (RefundState.COMPLETED, [(payment, 11622)])


def test_a_web_process_killed_in_or_after_the_cancellation_refunds_exactly_once(cast: Cast, catalog: Catalog) -> None:
    orders = {point: a_paid_order(cast, catalog) for point in ("in the cancellation", "after the cancellation")}
    for point, (order, _) in orders.items():
        assert drill.start(point, "cancel", order.pk).wait(PATIENCE) == KILLED
    (inside, _), (after, _) = orders.values()
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == [Status.PROCESSING, Status.CANCELLED]
    assert not Refund.objects.filter(charge__order=inside).exists()
    for order in (inside, after):
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
    with time_machine.travel(timezone.now() + UNDO_WINDOW):
        for refund in Refund.objects.all():
            send_when_due.call(refund.pk)
    assert sorted(fake_gateway.refunds_made()) == sorted((payment, 11622) for _, payment in orders.values())
