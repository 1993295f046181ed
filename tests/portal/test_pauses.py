"""Pausing and resuming through the portal."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.pause_order import pause_order
from reprieve.actions.slate_order import slate_order
from reprieve.orders.models import Order, Pause, Status
from tests.factories.people import Cast
from tests.factories.things import TO_FABRICATION, Catalog, an_order, moved

HTMX = {"HX-Request": "true"}
GOOD = {"reason": "patient_away", "note": "Travelling until May."}
NOVEMBER = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)


@pytest.fixture
def order(catalog: Catalog, cast: Cast) -> Order:
    """A crown in fabrication (D7)."""
    return moved(an_order(catalog, cast.actor("owner")), *TO_FABRICATION)


@pytest.fixture
def paused(order: Order, cast: Cast) -> Order:
    """The same, paused by the owner."""
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
    return order


def url(order: Order, what: str = "") -> str:
    return f"/orders/{order.number}/{what}"


def status(order: Order) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


class TestPause:
    def test_says_until_when_and_what_then_and_changes_nothing(self, owner: Client, order: Order) -> None:
        """D2, D5."""
        with time_machine.travel(NOVEMBER, tick=False):
            page = owner.get(url(order, "pause/")).content.decode()
        for words in ("45 days", "5 Jan 2027, 14:32", "slated for deletion", "kept for 14 days", "The patient is away"):
            assert words in page
        assert status(order) == Status.IN_PRODUCTION
        assert not Pause.objects.exists()

    def test_pauses_for_forty_five_days_of_twenty_four_hours(self, owner: Client, order: Order) -> None:
        """D2, D5, D7."""
        with time_machine.travel(NOVEMBER, tick=False):
            response = owner.post(url(order, "pause/"), GOOD)
        assert (response.status_code, response.headers["Location"]) == (302, url(order))
        pause = Pause.objects.get()
        assert (pause.until, pause.note, pause.reason.key) == (
            NOVEMBER + timedelta(days=45),
            "Travelling until May.",
            "patient_away",
        )
        assert status(order) == Status.PAUSED
        said = [str(message) for message in get_messages(response.wsgi_request)]
        assert said[0].startswith(f"{order.number} is paused until 5 Jan 2027.")

    def test_says_the_same_when_it_is_sent_twice(self, owner: Client, order: Order) -> None:
        for _ in range(2):
            assert owner.post(url(order, "pause/"), GOOD).status_code == 302
        assert Pause.objects.count() == 1

    def test_sends_the_whole_page_on_from_the_dialog(self, owner: Client, order: Order) -> None:
        response = owner.post(url(order, "pause/"), GOOD, headers=HTMX)
        assert response.headers["HX-Redirect"] == url(order)
        assert status(order) == Status.PAUSED

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({"note": "Just so."}, "Please choose a reason."),
            ({"reason": "other", "note": ""}, "needs a few words"),
            ({"reason": "patient_away", "note": "y" * 2001}, "please shorten it to 2,000"),
        ],
    )
    def test_shows_what_is_wrong_and_keeps_what_was_typed(
        self, sent: dict[str, str], words: str, owner: Client, order: Order
    ) -> None:
        response = owner.post(url(order, "pause/"), sent)
        page = response.content.decode()
        assert response.status_code == 422
        assert words in page
        assert sent["note"] in page
        assert status(order) == Status.IN_PRODUCTION

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_refuses_aligners_and_says_why(self, method: str, owner: Client, catalog: Catalog, cast: Cast) -> None:
        """D6."""
        order = an_order(catalog, cast.actor("owner"), "aligners")
        response = getattr(owner, method)(url(order, "pause/"), GOOD)
        assert response.status_code == 409
        assert "pause_refused" in response.content.decode()
        assert "ligner" in response.content.decode()
        assert status(order) == Status.PROCESSING

    def test_answers_htmx_with_a_fragment(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"), "aligners")
        response = owner.post(url(order, "pause/"), GOOD, headers=HTMX)
        assert response.status_code == 409
        assert "<!DOCTYPE html>" not in response.content.decode()

    def test_leads_back_to_an_order_that_is_paused(self, owner: Client, paused: Order) -> None:
        assert owner.get(url(paused, "pause/")).headers["Location"] == url(paused)


class TestResume:
    def test_asks_once_more_and_changes_nothing(self, owner: Client, paused: Order) -> None:
        page = owner.get(url(paused, "resume/")).content.decode()
        assert "Owner paused it" in page
        assert "You can resume it until" in page
        assert status(paused) == Status.PAUSED

    def test_puts_it_back_where_it_stood_once_however_often_it_is_sent(self, owner: Client, paused: Order) -> None:
        """D4."""
        for _ in range(2):
            response = owner.post(url(paused, "resume/"))
            assert (response.status_code, response.headers["Location"]) == (302, url(paused))
        assert status(paused) == Status.IN_PRODUCTION
        page = owner.get(url(paused)).content.decode()
        assert f"{paused.number} is resumed and goes on where it stopped." in page
        assert page.count("Owner resumed the case.") == 1

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_refuses_an_order_that_was_never_paused(self, method: str, owner: Client, order: Order) -> None:
        assert getattr(owner, method)(url(order, "resume/")).status_code == 409
        assert status(order) == Status.IN_PRODUCTION

    def test_refuses_an_order_that_is_slated_for_deletion(self, owner: Client, paused: Order) -> None:
        """D5."""
        later = timezone.now() + timedelta(days=46)
        slate_order(order_id=paused.pk, actor=SYSTEM, now=later)
        with time_machine.travel(later, tick=False):
            owner.force_login(Order.objects.get(pk=paused.pk).placed_by or pytest.fail("nobody placed it"))
            assert owner.post(url(paused, "resume/")).status_code == 409
        assert status(paused) == Status.SLATED_FOR_DELETION
