"""What is too long is refused before anything of it is read or kept."""

from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reprieve.orders.models import Order
from reprieve.web import request_size
from reprieve.web.request_size import LargestFileHandler
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order, stl_bytes

FORM = "multipart/form-data; boundary=x"
SMALL, LARGE = 12 * 2**20, 12 * 2**20 + 20 * 100 * 2**20


class Unread(BytesIO):
    """A body that nobody may look at."""

    def read(self, _size: int | None = -1) -> bytes:
        raise AssertionError("the body was read")


@pytest.fixture
def order(catalog: Catalog, cast: Cast, rules: None) -> Order:
    return an_order(catalog, cast.actor("owner"))


def announce(client: Client, url: str, length: int | str, content_type: str = FORM) -> HttpResponse:
    """Post a form, checked against forgery as in earnest, that is as long as it says and is never sent."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    extra = {"CONTENT_LENGTH": str(length), "wsgi.input": Unread(), "CONTENT_TYPE": content_type}
    return strict.request(REQUEST_METHOD="POST", PATH_INFO=url, **extra)  # type: ignore[return-value]  # the client's own class


@pytest.mark.parametrize("url", ["/account/login/", "/account/signup/", "/orders/new/", "/", "/console/catalog/"])
def test_reads_nothing_large_of_a_stranger(client: Client, cast: Cast, url: str) -> None:
    client.cookies["sessionid"] = "made-up"
    response = announce(client, url, SMALL + 1)
    assert response.status_code == 413
    assert "That was too much at once" in response.content.decode()


def test_reads_nothing_large_where_no_files_are_asked_for(client: Client, order: Order, cast: Cast) -> None:
    client.force_login(cast.owner)
    for url in ("/my-account/", "/practice/", f"/orders/{order.number}/cancel/"):
        assert announce(client, url, SMALL + 1).status_code == 413


@pytest.mark.parametrize(
    ("who", "name"),
    [("owner", "portal:place_order"), ("owner", "portal:add_files"), ("production", "console:deliver_files")],
)
def test_reads_as_much_as_people_may_send_and_no_more(
    client: Client, order: Order, cast: Cast, who: str, name: str
) -> None:
    url = reverse(name, args=[] if name == "portal:place_order" else [order.number])
    client.force_login(getattr(cast, who))
    assert announce(client, url, LARGE + 1).status_code == 413
    with pytest.raises(AssertionError, match="the body was read"):
        announce(client, url, LARGE)
    assert not order.files.exists()


@pytest.mark.parametrize("length", ["", "many", "-1"])
def test_asks_for_the_length_of_a_form(client: Client, cast: Cast, length: str) -> None:
    response = announce(client, "/account/login/", length)
    assert response.status_code == 411
    assert "This could not be read" in response.content.decode()


def test_is_not_misled_by_a_number_of_any_length(client: Client, cast: Cast) -> None:
    assert announce(client, "/account/login/", "9" * 10_000).status_code == 413


def test_lets_other_requests_be(client: Client, cast: Cast) -> None:
    assert client.get("/account/login/").status_code == 200
    assert announce(client, "/account/login/", 0, "application/x-www-form-urlencoded").status_code == 403


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(request_size, "LARGEST_FILE", 200_000)
    monkeypatch.setattr("reprieve.orders.uploads.LARGEST_FILE", 200_000)
    return 200_000


def test_keeps_no_more_of_a_file_than_shows_that_it_is_too_large(
    client: Client, order: Order, cast: Cast, small_limit: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    kept: list[int] = []
    complete = TemporaryFileUploadHandler.file_complete

    def file_complete(self: TemporaryFileUploadHandler, size: int) -> object:
        kept.append(Path(self.file.temporary_file_path()).stat().st_size)
        return complete(self, size)

    monkeypatch.setattr(TemporaryFileUploadHandler, "file_complete", file_complete)
    client.force_login(cast.owner)
    response = client.post(
        f"/orders/{order.number}/files/", {"files": [SimpleUploadedFile("a.stl", stl_bytes(100_000))]}
    )
    assert response.status_code == 422
    assert "a.stl is larger than" in response.content.decode()
    assert not order.files.exists()
    assert small_limit < kept[0] <= small_limit + LargestFileHandler.chunk_size


def test_a_file_that_just_fits_is_kept_whole(order: Order, client: Client, cast: Cast, small_limit: int) -> None:
    client.force_login(cast.owner)
    fits = stl_bytes((small_limit - 84) // 50)
    client.post(f"/orders/{order.number}/files/", {"files": [SimpleUploadedFile("a.stl", fits)]})
    assert order.files.get().size == len(fits)


def test_stands_before_whatever_reads_a_form() -> None:
    order = settings.MIDDLEWARE
    ours = order.index("reprieve.web.request_size.RequestSizeMiddleware")
    assert ours < order.index("django.middleware.csrf.CsrfViewMiddleware")
