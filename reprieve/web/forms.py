"""What the forms of every door share: several files in one field, a refusal at its field, the answer when done."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.files import File
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from reprieve.lib.errors import Invalid
from reprieve.orders.uploads import Upload, inspect


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files. Shape only: `inspected` looks at what they are."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[File[bytes]]":  # noqa: ANN401
        """The files, each as the browser sent it."""
        given = data if isinstance(data, list | tuple) else [data]
        chosen = [file for file in given if file is not None and file is not False]
        if self.required and not chosen:
            super().clean(None, initial)
        return chosen


class OnceForm(forms.Form):
    """A form whose command is done once, however often it is sent: `key` tells a repeat from a second wish."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)


def inspected(files: "Sequence[File[bytes]]", *, field: str = "files") -> list[Upload]:
    """Look at each file. Raises FileRefused for the first that cannot be used."""
    return [inspect(file, field=field) for file in files]


def show_refusal(form: forms.BaseForm, refusal: Invalid) -> None:
    """Put a command's refusal at its field, or on top of the form if the form has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.why)


class RefusalsAt:
    """`with RefusalsAt(form):` a command of what was typed; what it refuses is shown, and the code behind goes on."""

    def __init__(self, form: forms.BaseForm) -> None:
        self.form = form

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, refusal: BaseException | None, _traceback: object) -> bool:
        if isinstance(refusal, Invalid):
            show_refusal(self.form, refusal)
        return isinstance(refusal, Invalid)


def done(request: HttpRequest, words: str, url: str) -> HttpResponse:
    """Say that it is done and go on to `url`; the whole page goes there, also from a dialog."""
    messages.success(request, words)
    return redirect_page(request, url)


def redirect_page(request: HttpRequest, url: str) -> HttpResponse:
    """Go on to `url` with the whole page, also from a dialog."""
    return HttpResponseClientRedirect(url) if "HX-Request" in request.headers else redirect(url)
