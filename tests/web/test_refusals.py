import re

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from reprieve.cancellations.requests import CancellationRefused
from reprieve.catalog.reasons import ReasonMissing
from reprieve.lib.errors import Invalid, NotAllowed, NotFound, Refused
from reprieve.orders.models import Order, Status
from reprieve.web.refusals import status_of
from tests.factories.people import Cast
from tests.factories.things import TO_SHIPPED, Catalog, an_order, moved, put_stepped_rules_in_force

HTMX = {"HX-Request": "true"}
TOKEN_OR_NUMBER = r"[A-Za-z0-9]{64}|R-\d+"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("x"), 404),
        (NotAllowed("x"), 403),
        (Invalid("x"), 422),
        (ReasonMissing("x"), 422),
        (Refused("x"), 409),
        (CancellationRefused("x"), 409),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Refused) else str(value),
)
def test_gives_each_kind_of_refusal_its_status(refusal: Refused, status: int) -> None:
    assert status_of(refusal) == status


@pytest.fixture
def shipped(cast: Cast, catalog: Catalog, rules: None) -> Order:
    return moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)


@pytest.fixture
def owner(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


@override_settings(SUPPORT_EMAIL="help@lab.example", SUPPORT_PHONE="+1 555 0100")
def test_s9_says_why_what_would_have_to_differ_and_how_to_reach_support(owner: Client, shipped: Order) -> None:
    response = owner.get(f"/orders/{shipped.number}/cancel/")
    page = response.content.decode()
    assert response.status_code == 409
    assert "This case has shipped" in page
    assert "It is possible only while its status is" in page
    assert "help@lab.example" in page
    assert "+1 555 0100" in page
    assert "Code for support: cancellation_refused" in page
    assert Order.objects.get(pk=shipped.pk).status == Status.SHIPPED


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
@pytest.mark.parametrize("method", ["get", "post"], ids=["asked", "done"])
def test_says_from_when_on_time_alone_will_help(
    owner: Client, cast: Cast, catalog: Catalog, headers: dict[str, str], method: str
) -> None:
    put_stepped_rules_in_force()
    order = an_order(catalog, cast.actor("owner"), now=timezone.now())
    response = getattr(owner, method)(f"/orders/{order.number}/pause/", {"reason": "patient_away"}, headers=headers)
    page = response.content.decode()
    assert response.status_code == 409
    assert "A case can be paused once it has been with us for a day" in page
    assert "It is possible only while its time since submission is at least 1 day." in page
    assert re.search(r"You can do it yourself from \d+ \w+ \d{4}, \d\d:\d\d on\.", page)
    assert not order.pauses.exists()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_leads_back_to_the_order_that_it_was_about(owner: Client, shipped: Order, headers: dict[str, str]) -> None:
    response = owner.post(f"/orders/{shipped.number}/cancel/", {"reason": "patient_away"}, headers=headers)
    page = response.content.decode()
    assert response.status_code == 409
    assert response.context["back_url"] == f"/orders/{shipped.number}/"
    assert f'href="/orders/{shipped.number}/"' in page
    assert ("<!DOCTYPE html>" in page) is not bool(headers)


def test_keeps_staff_behind_their_own_door(cast: Cast, shipped: Order) -> None:
    production = Client()
    production.force_login(cast.production)
    response = production.get(f"/console/orders/{shipped.number}/cancel/")
    assert response.status_code == 403
    assert response.context["back_url"] == f"/console/orders/{shipped.number}/"


def test_tells_a_stranger_as_little_as_somebody_who_mistyped(cast: Cast, shipped: Order) -> None:
    stranger = Client()
    stranger.force_login(cast.stranger)
    answers = [stranger.get(f"/orders/{number}/cancel/") for number in (shipped.number, "R-999999")]
    assert [answer.status_code for answer in answers] == [404, 404]
    pages = {re.sub(TOKEN_OR_NUMBER, "", answer.content.decode()) for answer in answers}
    assert len(pages) == 1


def test_is_never_kept_by_a_cache(owner: Client, shipped: Order) -> None:
    response = owner.get(f"/orders/{shipped.number}/cancel/")
    assert response["Cache-Control"] == "private, no-store"
