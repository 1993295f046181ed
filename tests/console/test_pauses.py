from datetime import timedelta

import pytest
from django.test import Client

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.pause_order import pause_order
from reprieve.actions.slate_order import slate_order
from reprieve.history.models import Event, EventType
from reprieve.orders.models import Order, PauseEnd, Status
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order


@pytest.fixture
def aligners(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """What the rules never let anybody pause (D6)."""
    return an_order(catalog, cast.actor("owner"), "aligners")


def test_pauses_for_the_practice(support: Client, order: Order) -> None:
    url = f"/console/orders/{order.number}/pause/"
    assert support.get(url).status_code == 200
    assert support.post(url, {"version": 1, "reason": "patient_away", "note": "Called us."}).status_code == 302
    order.refresh_from_db()
    assert order.status == Status.PAUSED
    assert order.pauses.get().paused_by_name == "Support"
    assert not Event.objects.get(type=EventType.ORDER_PAUSED).override


def test_says_what_the_rules_say_and_offers_the_override(support: Client, aligners: Order) -> None:
    url = f"/console/orders/{aligners.number}/pause/"
    page = support.get(url).content.decode()
    assert "The rules say: Refuse" in page
    assert "Override the rules" in page
    refused = support.post(url, {"version": 1, "reason": "patient_away", "note": "She insists."})
    assert refused.status_code == 409
    assert "She insists." in refused.content.decode()
    aligners.refresh_from_db()
    assert aligners.status == Status.PROCESSING
    assert not Event.objects.filter(type=EventType.ORDER_PAUSED).exists()


def test_pauses_against_the_rules_with_the_tick(support: Client, aligners: Order) -> None:
    typed = {"version": 1, "reason": "patient_away", "note": "She insists.", "override": "on"}
    assert support.post(f"/console/orders/{aligners.number}/pause/", typed).status_code == 302
    aligners.refresh_from_db()
    assert aligners.status == Status.PAUSED
    assert aligners.pauses.get().override
    assert Event.objects.get(type=EventType.ORDER_PAUSED).override


def test_acts_only_on_what_was_seen(support: Client, order: Order) -> None:
    for verb in ("pause", "cancel"):
        typed = {"version": 7, "reason": "patient_away", "override": "on"}
        assert support.post(f"/console/orders/{order.number}/{verb}/", typed).status_code == 409
    order.refresh_from_db()
    assert (order.status, order.version) == (Status.PROCESSING, 1)


def test_a_missing_reason_is_said_at_its_field(support: Client, order: Order) -> None:
    response = support.post(f"/console/orders/{order.number}/pause/", {"version": 1, "note": "Called us."})
    assert response.status_code == 422
    assert "Please choose a reason." in response.content.decode()
    assert "Called us." in response.content.decode()
    order.refresh_from_db()
    assert order.status == Status.PROCESSING


def test_resumes_a_paused_case(support: Client, order: Order, cast: Cast) -> None:
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    url = f"/console/orders/{order.number}/resume/"
    assert support.get(url).status_code == 200
    for _click in range(2):
        assert support.post(url, {"version": 2}).status_code == 302
    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert Event.objects.filter(type=EventType.ORDER_RESUMED).count() == 1


def test_nothing_is_there_to_resume(support: Client, order: Order) -> None:
    assert support.get(f"/console/orders/{order.number}/resume/", {"version": 1}).status_code == 409
    assert support.post(f"/console/orders/{order.number}/resume/", {"version": 1}).status_code == 409
    assert not Event.objects.filter(type=EventType.ORDER_RESUMED).exists()


def test_restores_what_is_slated_for_deletion(support: Client, production: Client, order: Order, cast: Cast) -> None:
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    slate_order(order_id=order.pk, actor=SYSTEM, now=NOON + timedelta(days=46))
    url = f"/console/orders/{order.number}/restore/"
    assert "Restore" in support.get(f"/console/orders/{order.number}/").content.decode()
    assert "/restore/" not in production.get(f"/console/orders/{order.number}/").content.decode()
    assert production.post(url, {"version": 3}).status_code == 403
    assert support.post(url, {"version": 2}).status_code == 409
    order.refresh_from_db()
    assert order.status == Status.SLATED_FOR_DELETION
    assert support.post(url, {"version": 3}).status_code == 302
    order.refresh_from_db()
    pause.refresh_from_db()
    assert (order.status, pause.ended_how) == (Status.PROCESSING, PauseEnd.RESTORED)


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_production_may_not(production: Client, order: Order, verb: str) -> None:
    url = f"/console/orders/{order.number}/{verb}/"
    assert production.get(url).status_code == 403
    assert production.post(url, {"reason": "patient_away"}).status_code == 403
    order.refresh_from_db()
    assert (order.status, order.version) == (Status.PROCESSING, 1)
