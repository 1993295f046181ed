from django.test import Client

from reprieve.actions.open_revision import open_revision
from reprieve.history.models import Event, EventType
from reprieve.orders.models import Order, Revision
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, Catalog, an_order, moved


def test_opens_a_revision_with_what_is_to_change(production: Client, order: Order) -> None:
    order = moved(order, *TO_DESIGN)
    url = f"/console/orders/{order.number}/revisions/open/"
    assert production.get(url).status_code == 200
    assert production.post(url, {"version": order.version, "note": "Lighter contacts."}).status_code == 302
    assert order.revisions.get().note == "Lighter contacts."
    assert "Lighter contacts." in production.get(f"/console/orders/{order.number}/").content.decode()


def test_refuses_to_revise_what_is_not_designed(production: Client, order: Order) -> None:
    url = f"/console/orders/{order.number}/revisions/open/"
    assert production.get(url).status_code == 409
    assert production.post(url, {"version": 1, "note": "x"}).status_code == 409
    assert not Revision.objects.exists()


def test_keeps_a_note_that_is_too_long(production: Client, order: Order) -> None:
    order = moved(order, *TO_DESIGN)
    url = f"/console/orders/{order.number}/revisions/open/"
    response = production.post(url, {"version": order.version, "note": "more " * 500})
    assert response.status_code == 422
    assert "more more more" in response.content.decode()
    assert not Revision.objects.exists()


def test_closes_a_revision_once(production: Client, order: Order, cast: Cast) -> None:
    order = moved(order, *TO_DESIGN)
    revision = open_revision(order_id=order.pk, actor=cast.actor("support"), expected_version=2, now=NOON)
    url = f"/console/orders/{order.number}/revisions/{revision.pk}/close/"
    for _click in range(2):
        assert production.post(url, {"version": 3}).status_code == 302
    revision.refresh_from_db()
    assert revision.closed_at is not None
    assert Event.objects.filter(type=EventType.REVISION_CLOSED).count() == 1


def test_leaves_a_revision_open_that_was_seen_on_an_older_case(production: Client, order: Order, cast: Cast) -> None:
    order = moved(order, *TO_DESIGN)
    revision = open_revision(order_id=order.pk, actor=cast.actor("support"), expected_version=2, now=NOON)
    url = f"/console/orders/{order.number}/revisions/{revision.pk}/close/"
    assert production.post(url, {"version": 2}).status_code == 409
    assert production.post(url, {}).status_code == 422
    revision.refresh_from_db()
    assert revision.closed_at is None


def test_finds_a_revision_only_under_its_own_case(
    production: Client, order: Order, cast: Cast, catalog: Catalog
) -> None:
    order = moved(order, *TO_DESIGN)
    other = an_order(catalog, cast.actor("owner"))
    revision = open_revision(order_id=order.pk, actor=cast.actor("support"), expected_version=2, now=NOON)
    url = f"/console/orders/{other.number}/revisions/{revision.pk}/close/"
    assert production.post(url, {"version": 3}).status_code == 404
    revision.refresh_from_db()
    assert revision.closed_at is None
