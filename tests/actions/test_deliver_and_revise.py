"""Delivering files, opening and closing revisions: by staff, on what they saw, once."""

import pytest

from reprieve.actions.close_revision import close_revision
from reprieve.actions.deliver_files import deliver_files
from reprieve.actions.open_revision import NothingToRevise, open_revision
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.cancellations.requests import CancellationPending
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed
from reprieve.orders.lifecycle import WrongState
from reprieve.orders.locking import OrderChanged
from reprieve.orders.models import Order, OrderFile, Revision
from reprieve.orders.uploads import FileRefused
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, TO_DESIGNED, Catalog, an_order, an_upload, moved

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def designed(cast: Cast, catalog: Catalog) -> Order:
    return moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGNED)


def nothing_delivered(order: Order) -> None:
    assert not OrderFile.objects.exists()
    assert Order.objects.get(pk=order.pk).files_delivered_at is None
    assert not Event.objects.filter(type=EventType.FILES_DELIVERED).exists()


def test_delivers_final_files_once_however_often_it_is_sent(cast: Cast, designed: Order) -> None:
    for _ in range(2):
        stored = deliver_files(
            order_id=designed.pk,
            actor=cast.actor("production"),
            uploads=[an_upload("crown.stl")],
            expected_version=designed.version,
            now=NOON,
        )
        assert [(file.name, file.kind) for file in stored] == [("crown.stl", "final")]
    assert OrderFile.objects.count() == 1
    assert Order.objects.get().files_delivered_at == NOON


def test_does_not_take_other_files_from_the_same_page_for_a_repeat(cast: Cast, designed: Order) -> None:
    def deliver(name: str) -> None:
        deliver_files(
            order_id=designed.pk,
            actor=cast.actor("production"),
            uploads=[an_upload(name)],
            expected_version=designed.version,
            now=NOON,
        )

    deliver("crown.stl")
    with pytest.raises(OrderChanged):
        deliver("forgotten.stl")
    assert [file.name for file in OrderFile.objects.all()] == ["crown.stl"]


def test_does_not_take_another_note_from_the_same_page_for_a_repeat(cast: Cast, designed: Order) -> None:
    def revise(note: str) -> None:
        open_revision(
            order_id=designed.pk,
            actor=cast.actor("production"),
            expected_version=designed.version,
            note=note,
            now=NOON,
        )

    revise("Shade A2")
    with pytest.raises(OrderChanged):
        revise("Longer incisal edge")
    assert Revision.objects.get().note == "Shade A2"


@pytest.mark.parametrize("seen", [-1, 1])
def test_delivers_only_on_what_was_seen(cast: Cast, designed: Order, seen: int) -> None:
    with pytest.raises(OrderChanged):
        deliver_files(
            order_id=designed.pk,
            actor=cast.actor("production"),
            uploads=[an_upload()],
            expected_version=designed.version + seen,
            now=NOON,
        )
    nothing_delivered(designed)


def test_delivers_nothing_before_the_design_is_completed_nor_without_files(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)
    with pytest.raises(WrongState):
        deliver_files(
            order_id=order.pk,
            actor=cast.actor("production"),
            uploads=[an_upload()],
            expected_version=order.version,
            now=NOON,
        )
    order = moved(order, TO_DESIGNED[-1])
    with pytest.raises(FileRefused):
        deliver_files(
            order_id=order.pk, actor=cast.actor("production"), uploads=[], expected_version=order.version, now=NOON
        )
    nothing_delivered(order)


def test_delivers_nothing_while_the_customer_waits_for_an_answer(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)
    request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    Order.objects.filter(pk=order.pk).update(design_stage="completed")
    with pytest.raises(CancellationPending):
        deliver_files(
            order_id=order.pk,
            actor=cast.actor("production"),
            uploads=[an_upload()],
            expected_version=order.version,
            now=NOON,
        )
    nothing_delivered(order)


def test_is_no_work_of_customers(cast: Cast, designed: Order) -> None:
    with pytest.raises(NotAllowed):
        deliver_files(
            order_id=designed.pk,
            actor=cast.actor("owner"),
            uploads=[an_upload()],
            expected_version=designed.version,
            now=NOON,
        )
    with pytest.raises(NotAllowed):
        open_revision(order_id=designed.pk, actor=cast.actor("owner"), expected_version=designed.version, now=NOON)
    nothing_delivered(designed)
    assert not Revision.objects.exists()


def test_opens_one_revision_however_often_it_is_sent_and_closes_it_once(cast: Cast, designed: Order) -> None:
    opened = [
        open_revision(
            order_id=designed.pk,
            actor=cast.actor("production"),
            expected_version=designed.version,
            note="Shade A2",
            now=NOON,
        )
        for _ in range(2)
    ]
    assert opened[0] == opened[1] == Revision.objects.get()
    seen = Order.objects.get(pk=designed.pk).version
    for _ in range(2):
        close_revision(revision_id=opened[0].pk, actor=cast.actor("production"), expected_version=seen, now=NOON)
    assert Revision.objects.get().closed_at == NOON
    assert Event.objects.filter(type=EventType.REVISION_CLOSED).count() == 1


def test_revises_nothing_that_is_not_designed(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(NothingToRevise):
        open_revision(order_id=order.pk, actor=cast.actor("production"), expected_version=1, now=NOON)
    assert not Revision.objects.exists()
