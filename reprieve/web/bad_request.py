"""What is said when a request cannot be read at all: too much at once, or garbled on its way."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django calls this for status 400; nothing of the request has reached a view."""
    return render(request, "400.html", {"is_too_much": isinstance(exception, TOO_MUCH)}, status=400)
