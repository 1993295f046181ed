"""How much of a request is read, decided before anything of it is.

Django's own limit (DATA_UPLOAD_MAX_MEMORY_SIZE) does not count files, and the check against forged forms reads the
whole request before any view can ask who sends it.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reprieve.accounts.models import Person
from reprieve.orders.uploads import LARGEST_FILE, MOST_FILES

LENGTH_REQUIRED, TOO_LARGE = 411, 413


def takes_files[V: Callable[..., object]](view: V) -> V:
    """Mark a view to which people may send as many and as large files as orders/uploads.py allows."""
    vars(view)["takes_files"] = True
    return view


class RequestSizeMiddleware:
    """Refuses by its announced length what is too long for the view and for who sends it.

    Has to stand before CsrfViewMiddleware. Django asks for the views' middleware after every `__call__`, so that the
    person is known here all the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., object],
        _args: object,
        _kwargs: object,
    ) -> HttpResponse | None:
        """Django calls this before it reads the request."""
        announced = request.META.get("CONTENT_LENGTH", "")
        if not announced.isdecimal():
            is_form = request.content_type == "multipart/form-data"
            return _refuse(request, LENGTH_REQUIRED) if is_form else None
        return _refuse(request, TOO_LARGE) if int(announced[:20]) > _most(request, view) else None


class LargestFileHandler(FileUploadHandler):
    """Keeps no more of a file than shows that it is too large; the rest is read and dropped.

    The form then refuses the file by its size, at its field, and nothing that was typed is lost.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """The chunk for the next handler, or None for nobody; `start` counts the bytes that came before it."""
        return raw_data if start <= LARGEST_FILE else None

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002 - Django's signature
        """The handlers after this one keep the file."""
        return


def _most(request: HttpRequest, view: Callable[..., object]) -> int:
    """Bytes. Files are for people who have signed in, and for the pages that ask for some."""
    is_for_files = getattr(view, "takes_files", False) and isinstance(request.user, Person)
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + (MOST_FILES * LARGEST_FILE if is_for_files else 0)


def _refuse(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "400.html", {"is_too_much": status == TOO_LARGE}, status=status)
