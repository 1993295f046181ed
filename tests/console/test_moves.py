from typing import Any

from django.test import Client

from reprieve.cancellations.models import Cancellation
from reprieve.history.models import Event, EventType
from reprieve.orders.models import DesignStage, Order, Status
from tests.factories.things import TO_DESIGN, moved


def move(client: Client, order: Order, verb: str, **more: object) -> Any:  # noqa: ANN401 - the test client's own type has no name
    return client.post(f"/console/orders/{order.number}/move/", {"verb": verb, "version": order.version, **more})


def events(order: Order, event_type: EventType) -> int:
    return Event.objects.filter(subject_id=order.pk, type=event_type).count()


def test_moves_a_case_along_and_goes_back_to_it(production: Client, order: Order) -> None:
    response = move(production, order, "start_design")
    assert response.status_code == 302
    assert response["Location"] == f"/console/orders/{order.number}/"
    order.refresh_from_db()
    assert (order.status, order.design_stage) == (Status.IN_PRODUCTION, DesignStage.STARTED)
    assert "Start design, done." in production.get(response["Location"]).content.decode()


def test_a_double_click_is_one_event(production: Client, order: Order) -> None:
    assert move(production, order, "start_design").status_code == 302
    assert move(production, order, "start_design").status_code == 302
    order.refresh_from_db()
    assert order.version == 2
    assert events(order, EventType.DESIGN_STARTED) == 1


def test_refuses_kindly_what_was_seen_before_it_changed(production: Client, order: Order) -> None:
    stale = order.version
    moved(order, *TO_DESIGN)
    order.version = stale
    response = move(production, order, "hold", why="Please wait.")
    assert response.status_code == 409
    assert "has changed since you opened it" in response.content.decode()
    assert f"/console/orders/{order.number}/" in response.content.decode()
    order.refresh_from_db()
    assert (order.status, order.version) == (Status.IN_PRODUCTION, 2)
    assert events(order, EventType.PUT_ON_HOLD) == 0


def test_refuses_a_move_that_the_state_does_not_allow(production: Client, order: Order) -> None:
    response = move(production, order, "ship")
    assert response.status_code == 409
    order.refresh_from_db()
    assert (order.status, order.version) == (Status.PROCESSING, 1)


def test_a_hold_needs_words_for_the_practice(production: Client, order: Order) -> None:
    assert production.get(f"/console/orders/{order.number}/move/?verb=hold").status_code == 200
    response = move(production, order, "hold", why="  ")
    assert response.status_code == 422
    assert "Upper scan is incomplete" in response.content.decode()
    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert move(production, order, "hold", why="The scan is torn.").status_code == 302
    order.refresh_from_db()
    assert order.status == Status.ON_HOLD


def test_keeps_the_words_that_are_too_long(production: Client, order: Order) -> None:
    response = move(production, order, "hold", why="scan " * 500)
    assert response.status_code == 422
    assert "scan scan scan" in response.content.decode()
    order.refresh_from_db()
    assert order.status == Status.PROCESSING


def test_an_open_request_holds_the_case(production: Client, asked: Cancellation) -> None:
    response = move(production, asked.subject, "complete_design")
    assert response.status_code == 409
    assert "waits for an answer" in response.content.decode()
    asked.subject.refresh_from_db()
    assert asked.subject.design_stage == DesignStage.STARTED
    assert events(asked.subject, EventType.DESIGN_COMPLETED) == 0


def test_an_override_moves_the_case_and_the_event_says_so(production: Client, asked: Cancellation) -> None:
    assert move(production, asked.subject, "complete_design", override="on").status_code == 302
    event = Event.objects.get(subject_id=asked.subject.pk, type=EventType.DESIGN_COMPLETED)
    assert event.override
    assert "Staff override" in production.get(f"/console/orders/{asked.subject.number}/").content.decode()


def test_a_form_without_its_version_does_nothing(production: Client, order: Order) -> None:
    url = f"/console/orders/{order.number}/move/"
    for broken in ({"verb": "start_design"}, {"verb": "explode", "version": 1}, {"verb": "hold", "version": "x"}):
        assert production.post(url, broken).status_code == 422
    order.refresh_from_db()
    assert (order.status, order.version) == (Status.PROCESSING, 1)


def test_a_dialog_sends_the_whole_page_on(production: Client, order: Order) -> None:
    response = production.post(
        f"/console/orders/{order.number}/move/",
        {"verb": "hold", "version": 1, "why": "The scan is torn."},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 200
    assert response["HX-Redirect"] == f"/console/orders/{order.number}/"
