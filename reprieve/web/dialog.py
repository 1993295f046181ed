"""What is answered into the dialog stays in it: the address goes on naming the page behind it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

DIALOG = "dialog-content"


class DialogMiddleware:
    """Tells htmx not to push an address for the dialog: for boosted forms it does, whatever `hx-push-url` says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with one header more where it goes into the dialog."""
        response = self.get_response(request)
        if request.headers.get("HX-Target") == DIALOG:
            response.headers.setdefault("HX-Push-Url", "false")
        return response
