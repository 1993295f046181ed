"""What tests of the draft's pages share: the fields of a form as a browser would send them, and pages as text."""

import re
import typing
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from reprieve.policies.models import Draft


class Fields(HTMLParser):
    """The fields of one form, by its id or a class that it has."""

    def __init__(self, page: str, form: str = "draft-form") -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._form, self._select, self._area, self._inside = form, "", "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Its inputs, and what is chosen in them."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = self._form in {given.get("id"), *given.get("class", "").split()}
        name, kind = given.get("name", ""), given.get("type", "text")
        if not self._inside:
            return
        if tag == "option" and "selected" in given:
            self.sent[self._select] = [given["value"]]
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            self.sent[name] = [""]
        elif tag == "input" and (kind not in {"checkbox", "radio"} or "checked" in given):
            self.sent.setdefault(name, []).append(given.get("value", "on"))

    def handle_data(self, data: str) -> None:
        """What stands in a text area."""
        if self._area:
            self.sent[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        """The end of a text area, and of the form."""
        if tag == "textarea":
            self._area = ""
        self._inside = self._inside and tag != "form"


def url(draft: Draft, rest: str = "") -> str:
    """An address about the draft."""
    return f"/console/drafts/{draft.pk}/{rest}"


def get(client: Client, address: str) -> HttpResponse:
    """A page."""
    return typing.cast("HttpResponse", client.get(address))


def post(client: Client, address: str, data: Mapping[str, object]) -> HttpResponse:
    """The answer to a form."""
    return typing.cast("HttpResponse", client.post(address, data))


def text_of(response: HttpResponse) -> str:
    """A page as it reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(response.content.decode())).split())


def unchanged(draft: Draft) -> bool:
    """Whether nothing of the draft has changed."""
    now = Draft.objects.get(pk=draft.pk)
    return now.version == draft.version and now.changed_at == draft.changed_at
