"""Every route of the product, walked by everybody whom it is not meant for. A route that is not listed fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from reprieve.accounts.access import Door
from reprieve.accounts.models import Person
from tests.factories.people import Cast

OURS = {"portal", "console", ""}
BY_SIGNATURE = {"stripe_webhook"}  # nobody signs in there: see tests/web/test_stripe_webhook.py
BYSTANDERS = {"django_session", "django_content_type", "account_emailaddress"}


@dataclass(frozen=True, slots=True)
class Route:
    """A named route of ours and the door that it stands behind."""

    name: str
    parameters: tuple[str, ...]
    door: Door


def routes() -> list[Route]:
    """Every route but allauth's, which has tests of its own."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace in OURS and "allauth" not in str(pattern.urlconf_name):
                yield from _walk(pattern.url_patterns, f"{pattern.namespace}:")
        else:
            door = getattr(pattern.callback, "door", None)
            assert isinstance(door, Door), f"{pattern.name} stands behind no door of accounts/access.py"
            yield Route(f"{namespace}{pattern.name}", tuple(pattern.pattern.converters), door)


def url_of(route: Route, addresses: dict[str, object]) -> str:
    return reverse(route.name, kwargs={name: addresses[name] for name in route.parameters})


def signed_in_as(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    person.refresh_from_db()
    return client


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row of the database that a command could have changed."""
    tables = (model for model in apps.get_models(include_auto_created=True) if model is not ContentType)
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())  # noqa: SLF001
        for model in tables
        if model._meta.db_table not in BYSTANDERS  # noqa: SLF001
    }


WISHES = {"reason": "patient_away", "note": "x", "version": "2", "verb": "complete_design", "answer": "No.", "why": "x"}


def walked(response: HttpResponseBase) -> int:
    """The status of an answer, read to its end: a download closes its file there."""
    if isinstance(response, StreamingHttpResponse):
        response.getvalue()
    return response.status_code


ROUTES = [route for route in routes() if route.name not in BY_SIGNATURE]
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
each_route_of_customers = pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.door.kind == "customer"], ids=lambda route: route.name
)
each_route_of_some_staff = pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.door.roles], ids=lambda route: route.name
)


@each_route
def test_sends_whoever_has_not_signed_in_to_the_sign_in(route: Route, addresses: dict[str, object]) -> None:
    before, url = everything(), url_of(route, addresses)
    for response in (Client().get(url), Client().post(url, WISHES)):
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))
    assert everything() == before


@each_route
def test_shows_a_stranger_nothing_of_another_practice(route: Route, cast: Cast, addresses: dict[str, object]) -> None:
    url, client = url_of(route, addresses), signed_in_as(cast.stranger)
    before = everything()
    if route.door.kind == "staff" or route.parameters:
        assert [walked(client.get(url)), walked(client.post(url, WISHES))] == [404, 404]
    else:
        shown = b"".join(client.get(url, follow=True)).decode()
        assert str(addresses["number"]) not in shown
        assert cast.practice.name not in shown
    assert everything() == before


@each_route_of_customers
def test_has_nothing_for_staff_behind_the_customers_door(
    route: Route, cast: Cast, addresses: dict[str, object]
) -> None:
    url, client = url_of(route, addresses), signed_in_as(cast.manager)
    before = everything()
    assert [walked(client.get(url)), walked(client.post(url, WISHES))] == [404, 404]
    assert everything() == before


@each_route_of_some_staff
def test_refuses_the_wrong_kind_of_staff(route: Route, cast: Cast, addresses: dict[str, object]) -> None:
    url = url_of(route, addresses)
    staff: tuple[Person, ...] = (cast.support, cast.production, cast.manager)
    for person in staff:
        if person.staff_role in route.door.roles:
            continue
        client = signed_in_as(person)
        before = everything()
        assert [walked(client.get(url)), walked(client.post(url, WISHES))] == [403, 403]
        assert everything() == before


@pytest.mark.both
@each_route
def test_changes_nothing_by_a_get(route: Route, cast: Cast, addresses: dict[str, object]) -> None:
    client = signed_in_as(cast.manager if route.door.kind == "staff" else cast.owner)
    before = everything()
    assert walked(client.get(url_of(route, addresses))) in {200, 302, 404, 405, 409}
    assert everything() == before


def test_sends_the_whole_page_to_the_sign_in_when_a_dialog_was_asked_for(addresses: dict[str, object]) -> None:
    number = addresses["number"]
    response = Client().get(
        f"/orders/{number}/cancel/",
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver/orders/{number}/"},
    )
    assert response["HX-Redirect"] == f"/account/login/?next=/orders/{number}/"


@pytest.mark.parametrize(
    "address",
    ["", "http://[x", "http://testserver", "http://h//evil.example/", "http://h/\\evil.example/", "javascript:x"],
)
def test_comes_back_to_the_front_page_from_a_page_that_is_none_of_ours(address: str, db: None) -> None:
    response = Client().get("/orders/", headers={"HX-Request": "true", "HX-Current-URL": address})
    assert response["HX-Redirect"] == "/account/login/?next=/"


def test_an_unknown_number_looks_like_a_strangers(cast: Cast) -> None:
    client = signed_in_as(cast.stranger)
    assert client.get("/orders/R-999999/").status_code == 404
    assert client.get("/orders/nonsense/").status_code == 404
    assert client.get(f"/orders/R-1001/files/{uuid4()}/").status_code == 404
