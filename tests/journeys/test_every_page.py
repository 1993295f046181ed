"""Every page that a route shows, as the people see it whom it is meant for."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from playwright.sync_api import Page

from tests.factories.people import Cast
from tests.journeys.conftest import Look
from tests.test_routes import Route, routes, url_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
NO_PAGE = {
    *("home", "portal:file", "console:file", "console:draft-dmn", "console:version-dmn"),
    *("portal:document_pdf", "console:document_pdf", "console:export_payments"),
    *("portal:export_invoices", "console:export_invoices"),
}
ALLAUTH = ("/account/signup/", "/account/password/reset/", "/account/login/")
SIGNED_IN = ("/account/email/", "/account/password/change/", "/account/2fa/", "/account/2fa/totp/activate/")


def pages_of(door: str) -> list[Route]:
    return [route for route in routes() if route.door.kind == door and route.name not in NO_PAGE]


def walk(page: Page, look: Look, names_and_urls: list[tuple[str, str]]) -> int:
    """Look at each page that answers a GET. Returns how many there were."""
    looked_at = 0
    for name, url in names_and_urls:
        status = page.request.get(url).status
        assert status < 500, url
        if status != HTTPStatus.METHOD_NOT_ALLOWED:
            page.goto(url)
            look(name.replace(":", "-").strip("/").replace("/", "-"))
            looked_at += 1
    return looked_at


def test_of_the_portal_is_in_order(
    page: Page, look: Look, sign_in: Callable[[str], None], addresses: dict[str, object]
) -> None:
    sign_in("owner@example.test")
    urls = [(route.name, url_of(route, addresses)) for route in pages_of("customer")]
    assert walk(page, look, [*urls, ("not-found", "/orders/R-999999/")]) >= 10


def test_of_the_console_is_in_order(
    page: Page, look: Look, sign_in: Callable[[str], None], addresses: dict[str, object], cast: Cast
) -> None:
    sign_in(cast.manager.email)
    urls = [(route.name, url_of(route, addresses)) for route in pages_of("staff")]
    assert walk(page, look, urls) >= 18


def test_of_the_sign_in_is_in_order(page: Page, look: Look, sign_in: Callable[[str], None], cast: Cast) -> None:
    assert walk(page, look, [(url, url) for url in ALLAUTH]) == len(ALLAUTH)
    sign_in(cast.owner.email)
    assert walk(page, look, [(url, url) for url in SIGNED_IN]) == len(SIGNED_IN)
