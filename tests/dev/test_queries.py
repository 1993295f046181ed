import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from dev.queries import QueriesMiddleware
from reprieve.accounts.models import Practice
from tests.factories.people import Cast


def page(request: HttpRequest) -> HttpResponse:
    for name in ("Elm Street Dental", "Harbour Smiles"):
        assert Practice.objects.filter(name=name).exists()
    assert Practice.objects.count() == 2
    return HttpResponse("<body><p>Here.</p></body>", headers={"Content-Length": "25"})


def download(request: HttpRequest) -> HttpResponseBase:
    return StreamingHttpResponse([b"</body>"])


@pytest.fixture
def request_of_mine() -> HttpRequest:
    request = HttpRequest()
    request.method, request.path = "GET", "/orders/"
    return request


def test_tells_at_the_end_of_a_page_what_was_asked_and_what_twice(cast: Cast, request_of_mine: HttpRequest) -> None:
    response = QueriesMiddleware(page)(request_of_mine)
    assert isinstance(response, HttpResponse)
    html = response.content.decode()
    assert html.startswith("<body><p>Here.</p><details><summary>3 queries in ")
    assert html.endswith("</ol></details></body>")
    assert html.count("<li>2 × Django<pre>SELECT") == 1
    assert response["X-Queries"].endswith(" ms, 1 of them repeated")
    assert response["Content-Length"] == str(len(response.content))


def test_tells_of_anything_else_in_a_header_alone(db: None, request_of_mine: HttpRequest) -> None:
    response = QueriesMiddleware(download)(request_of_mine)
    assert isinstance(response, StreamingHttpResponse)
    assert response.getvalue() == b"</body>"
    assert response["X-Queries"] == "0 queries in 0 ms, 0 of them repeated"
