"""Putting a version in force again, calling one off, listening to a shadow: the pages and their buttons."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from reprieve.actions.cancel_order import cancel_order
from reprieve.orders.models import Order
from reprieve.policies.models import Activation, Mode
from tests.factories.drafts import CANCELLING, PAUSING, approved
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = pytest.mark.usefixtures("rules")
POLICY = "/console/policies/order-pause/"
HOUR = timedelta(hours=1)


def past() -> datetime:
    return timezone.now() - HOUR


@pytest.fixture
def director(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.director)
    return client


def text(response: "_MonkeyPatchedWSGIResponse") -> str:
    return " ".join(response.content.decode().split())


def in_force() -> list[tuple[int, str, bool]]:
    found = Activation.objects.filter(policy__key=PAUSING).order_by("starts_at", "pk")
    return [(one.version.number, one.mode, one.ends_at is None) for one in found]


class TestGoingBack:
    ADDRESS = f"{POLICY}versions/1/activate/"

    def test_says_what_it_will_do_and_does_it(self, cast: Cast, manager: Client) -> None:
        approved(cast, now=past())
        assert self.ADDRESS in text(manager.get(POLICY))
        page = manager.get(self.ADDRESS)
        words = text(page)
        assert "From then on version 1 answers, and version 2 no longer does." in words
        assert "One part differs from version 2" in words
        response = manager.post(self.ADDRESS, {"seen": page.context["form"].initial["seen"], "starts_at": ""})
        assert (response.status_code, response["Location"]) == (302, POLICY)
        assert in_force() == [(1, "live", False), (2, "live", False), (1, "live", True)]
        assert "Version 1 is in force from today" in text(manager.get(POLICY))

    def test_an_old_page_puts_nothing_in_force(self, cast: Cast, manager: Client) -> None:
        seen = manager.get(f"{POLICY}versions/1/activate/").context["form"].initial["seen"]
        approved(cast, now=past())
        response = manager.post(self.ADDRESS, {"seen": seen, "starts_at": ""})
        assert response.status_code == 409
        assert "Another version was put in force" in text(response)
        assert in_force() == [(1, "live", False), (2, "live", True)]

    @pytest.mark.parametrize("typed", [{"starts_at": "2020-01-01T00:00"}, {"starts_at": "x"}, {"seen": ""}])
    def test_says_at_its_field_what_cannot_be_used(self, cast: Cast, manager: Client, typed: dict[str, str]) -> None:
        seen = approved(cast, now=past()).pk
        response = manager.post(self.ADDRESS, {"seen": seen, "starts_at": "", **typed})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == list(typed)
        assert in_force() == [(1, "live", False), (2, "live", True)]

    def test_is_work_for_managers(self, cast: Cast, support: Client, customer: Client) -> None:
        approved(cast, now=past())
        assert "Put in force again" not in text(support.get(POLICY))
        for client, status in ((support, 403), (customer, 404)):
            assert client.get(self.ADDRESS).status_code == status
            assert client.post(self.ADDRESS, {"seen": 1}).status_code == status
        assert in_force() == [(1, "live", False), (2, "live", True)]

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("2027-03-14T02:30", "The clocks change then"),
            ("2026-11-01T01:30", "The clocks change then"),
            ("9999-12-31T23:30", "Please choose a date and a time."),
        ],
    )
    def test_a_time_that_the_clock_shows_twice_or_never_is_refused_in_words(
        self, cast: Cast, manager: Client, typed: str, said: str
    ) -> None:
        seen = approved(cast, now=past()).pk
        type(cast.manager).objects.update(time_zone="America/New_York")
        response = manager.post(self.ADDRESS, {"seen": seen, "starts_at": typed})
        assert response.status_code == 422
        assert said in response.context["form"].errors["starts_at"][0]
        assert in_force() == [(1, "live", False), (2, "live", True)]

    def test_is_by_the_readers_own_clock(self, cast: Cast, manager: Client) -> None:
        seen = approved(cast, now=past()).pk
        type(cast.manager).objects.update(time_zone="Asia/Tokyo")
        assert manager.post(self.ADDRESS, {"seen": seen, "starts_at": "2100-06-01T09:00"}).status_code == 302
        assert Activation.objects.latest("pk").starts_at == datetime(2100, 6, 1, tzinfo=UTC)

    def test_what_was_never_in_force_is_not_said_to_be_again(
        self, cast: Cast, manager: Client, director: Client
    ) -> None:
        scheduled = approved(cast, now=past(), starts_at=timezone.now() + HOUR)
        director.post(f"{POLICY}activations/{scheduled.pk}/call-off/")
        address = f"{POLICY}versions/2/activate/"
        words = text(director.get(address))
        assert "Put version 2 in force" in words
        assert "in force again" not in words
        assert "Put in force again" not in text(director.get(POLICY))
        own = text(manager.get(address))
        assert "another manager has to put it in force" in own
        assert 'name="starts_at"' not in own
        assert in_force() == [(1, "live", True), (2, "live", False)]

    @pytest.mark.parametrize("path", ["order-pause/versions/9/activate/", "nothing/versions/1/activate/"])
    def test_what_is_not_there_is_not_found(self, manager: Client, path: str) -> None:
        assert manager.get(f"/console/policies/{path}").status_code == 404


class TestCallingOff:
    def test_what_is_scheduled_never_begins(self, cast: Cast, manager: Client) -> None:
        scheduled = approved(cast, now=past(), starts_at=timezone.now() + HOUR)
        address = f"{POLICY}activations/{scheduled.pk}/call-off/"
        assert address in text(manager.get(POLICY))
        assert "Version 1 goes on without an end." in text(manager.get(address))
        assert in_force() == [(1, "live", False), (2, "live", True)]
        assert manager.post(address)["Location"] == POLICY
        assert in_force() == [(1, "live", True), (2, "live", False)]
        words = text(manager.get(POLICY))
        assert "called off, was to start" in words
        assert "Version 2 is called off." in words

    def test_what_has_begun_is_not_called_off(self, cast: Cast, manager: Client) -> None:
        live = approved(cast, now=past())
        response = manager.post(f"{POLICY}activations/{live.pk}/call-off/")
        assert response.status_code == 409
        assert in_force() == [(1, "live", False), (2, "live", True)]

    def test_is_work_for_managers_and_on_its_own_policy(self, cast: Cast, manager: Client, support: Client) -> None:
        scheduled = approved(cast, now=past(), starts_at=timezone.now() + HOUR)
        assert support.post(f"{POLICY}activations/{scheduled.pk}/call-off/").status_code == 403
        other = f"/console/policies/order-resume/activations/{scheduled.pk}/call-off/"
        assert manager.post(other).status_code == 404
        assert in_force() == [(1, "live", False), (2, "live", True)]


class TestListening:
    @pytest.fixture
    def order(self, cast: Cast, catalog: Catalog) -> Order:
        approved(cast, now=past(), mode=Mode.SHADOW, key=CANCELLING)
        order = an_order(catalog, cast.actor("owner"), now=past())
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        return order

    def test_shows_what_the_shadow_said_otherwise_with_the_case(self, support: Client, order: Order) -> None:
        words = text(support.get("/console/policies/order-cancellation/"))
        assert "Shadow: version 2" in words
        assert "It was asked once:" in words
        assert "1 otherwise" in words
        assert f'href="/console/orders/{order.number}/"' in words
        (differing,) = support.get("/console/policies/order-cancellation/").context["listening"].differing
        assert (differing.about.number, differing.live, differing.shadow) == (order.number, "Allow", "Refuse")
        assert "Make it live" not in words

    def test_is_made_live_by_another_than_its_writer(self, manager: Client, director: Client, order: Order) -> None:
        address = "/console/policies/order-cancellation/versions/2/activate/"
        page = director.get(address)
        assert "Make version 2 live" in text(page)
        seen = page.context["form"].initial["seen"]
        assert manager.post(address, {"seen": seen, "starts_at": ""}).status_code == 403
        assert Activation.objects.filter(version__number=2, mode=Mode.LIVE).count() == 0
        assert director.post(address, {"seen": seen, "starts_at": ""}).status_code == 302
        state = director.get("/console/policies/order-cancellation/").context["state"]
        assert (state.live.version.number, state.shadow) == (2, None)

    def test_is_ended(self, manager: Client, support: Client, order: Order) -> None:
        shadow = Activation.objects.get(mode=Mode.SHADOW)
        address = f"/console/policies/order-cancellation/activations/{shadow.pk}/end/"
        assert support.post(address).status_code == 403
        assert "What it has answered is kept." in text(manager.get(address))
        assert manager.post(address).status_code == 302
        assert manager.get("/console/policies/order-cancellation/").context["state"].shadow is None
