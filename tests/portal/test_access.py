"""What a stranger might send to an order, and who else. `tests/test_routes.py` walks every route of both doors."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from reprieve.actions.request_cancellation import request_cancellation
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import Event
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, OrderFile, Pause
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order, an_upload, moved, stl_bytes
from tests.portal.conftest import SignIn

OF_AN_ORDER = ("", "cancel/", "request-cancellation/", "withdraw/", "pause/", "resume/", "files/")
OF_THE_PRACTICE = ("/orders/", "/orders/new/", "/practice/", "/my-account/")


@pytest.fixture
def order(catalog: Catalog, cast: Cast, rules: None) -> Order:
    """The owner's, with a file and an open request: every page of it has something to show."""
    order = moved(an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),)), Verb.START_DESIGN)
    request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
    return order


def everything() -> list[object]:
    """What must not change."""
    return [
        *Order.objects.values_list("pk", "status", "version"),
        *Cancellation.objects.values_list("pk", "state"),
        *Pause.objects.values_list("pk", "ended_at"),
        *OrderFile.objects.values_list("pk"),
        Event.objects.count(),
    ]


def what_a_stranger_might_send() -> dict[str, object]:
    request = Cancellation.objects.get()
    return {
        "reason": "patient_away",
        "note": "Mine now.",
        "request": request.pk,
        "files": SimpleUploadedFile("evil.stl", stl_bytes(3)),
    }


@pytest.mark.parametrize("who", ["stranger", "support", "production", "manager"])
@pytest.mark.parametrize("what", OF_AN_ORDER)
class TestOrder:
    def test_does_not_exist_for_others(self, what: str, who: str, sign_in: SignIn, order: Order) -> None:
        before = everything()
        response = sign_in(who).get(f"/orders/{order.number}/{what}")
        assert response.status_code == 404
        assert "J.D." not in response.content.decode()
        assert everything() == before

    def test_cannot_be_changed_by_others(self, what: str, who: str, sign_in: SignIn, order: Order) -> None:
        before = everything()
        response = sign_in(who).post(f"/orders/{order.number}/{what}", what_a_stranger_might_send())
        assert response.status_code == 404
        assert everything() == before


@pytest.mark.parametrize("who", ["stranger", "support"])
def test_hides_files_from_others(who: str, sign_in: SignIn, order: Order) -> None:
    assert sign_in(who).get(f"/orders/{order.number}/files/{order.files.get().pk}/").status_code == 404


@pytest.mark.parametrize("what", [what for what in OF_AN_ORDER if what])
def test_needs_the_token_that_only_our_forms_have(what: str, cast: Cast, order: Order) -> None:
    before = everything()
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert client.post(f"/orders/{order.number}/{what}", what_a_stranger_might_send()).status_code == 403
    assert everything() == before


def test_no_longer_lets_in_who_was_switched_off(sign_in: SignIn, cast: Cast, order: Order) -> None:
    client = sign_in("colleague")
    cast.colleague.is_active = False
    cast.colleague.save()
    assert client.get("/orders/").status_code == 302


def test_shows_pages_that_run_no_foreign_script(owner: Client, order: Order) -> None:
    policy = owner.get(f"/orders/{order.number}/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy


def test_keeps_a_practice_apart_however_many_orders_there_are(sign_in: SignIn, catalog: Catalog, cast: Cast) -> None:
    now = timezone.now() - timedelta(days=1)
    for second in range(60):
        an_order(catalog, cast.actor("owner" if second % 2 else "stranger"), now=now + timedelta(seconds=second))
    for who in ("owner", "stranger"):
        seen: list[int] = []
        page = ""
        while True:
            response = sign_in(who).get("/orders/", {"cursor": page})
            seen += [order.practice_id for order in response.context["page"].rows]
            page = response.context["page"].older
            if not page:
                break
        assert seen == [getattr(cast, who).practice_id] * 30
