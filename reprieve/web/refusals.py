"""From a named refusal to an HTTP answer: the only place that knows which status code each kind has."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext

from reprieve.lib.errors import Invalid, NotAllowed, NotFound, Refused

STATUS: tuple[tuple[type[Refused], int], ...] = ((NotFound, 404), (NotAllowed, 403), (Invalid, 422), (Refused, 409))


def status_of(refusal: Refused) -> int:
    """404 not found, 403 another role's work, 422 unusable input, else 409: the state of things is against it."""
    return next(status for kind, status in STATUS if isinstance(refusal, kind))


class RefusalMiddleware:
    """Shows a refusal that no view caught as a page of its own, or as a fragment where htmx asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django calls this for what a view raised."""
        if not isinstance(exception, Refused):
            return None
        return refusal_page(request, exception)


def refusal_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    status = status_of(refusal)
    template = "404.html" if isinstance(refusal, NotFound) else "refused.html"
    context = {
        "title": gettext("This cannot be done now"),
        "why": refusal.why,
        "needs": refusal.remedy,
        "code": refusal.code,
        "back_url": _back_url(request, refusal),
        "is_staff": request.resolver_match is not None and request.resolver_match.namespace == "console",
    }
    response = render(request, template, context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response


# The page of what a command was about, by the parameter of its address that says which.
PAGES = {"number": "order", "name": "document", "draft_id": "draft-review", "key": "policy"}
# The page of a draft on which what it still needs is seen to, by the code of the refusal.
DRAFT_PAGES = {
    "draft_has_errors": "draft-check",
    "no_scenarios": "draft-scenarios",
    "scenario_fails": "draft-scenarios",
    "nothing_changed": "draft",
    "not_simulated": "draft-simulate",
}


def _back_url(request: HttpRequest, refusal: Refused) -> str:
    """The order, draft or policy that the command was about, else the front page."""
    match = request.resolver_match
    if match is not None and match.namespace:
        if "draft_id" in match.kwargs and refusal.code in DRAFT_PAGES:
            return reverse(f"{match.namespace}:{DRAFT_PAGES[refusal.code]}", args=[match.kwargs["draft_id"]])
        for parameter, page in PAGES.items():
            if parameter in match.kwargs:
                return reverse(f"{match.namespace}:{page}", args=[match.kwargs[parameter]])
    return reverse("home")
