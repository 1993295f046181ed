"""The address while a dialog is open."""

from django.http import HttpRequest, HttpResponse

from reprieve.web.dialog import DialogMiddleware


def answer(target: str | None, **headers: str) -> HttpResponse:
    request = HttpRequest()
    if target:
        request.META["HTTP_HX_TARGET"] = target
    return DialogMiddleware(lambda _request: HttpResponse(headers=headers))(request)


def test_keeps_the_address_of_the_page_behind_the_dialog() -> None:
    assert answer("dialog-content").headers["HX-Push-Url"] == "false"


def test_leaves_the_address_alone_elsewhere() -> None:
    assert "HX-Push-Url" not in answer("orders").headers
    assert "HX-Push-Url" not in answer(None).headers


def test_gives_way_to_a_view_that_says_otherwise() -> None:
    assert answer("dialog-content", **{"HX-Push-Url": "/there/"}).headers["HX-Push-Url"] == "/there/"
