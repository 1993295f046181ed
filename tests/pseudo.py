"""A language that nobody speaks: what goes through gettext stands in brackets, and what does not is found."""

import ast
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from moneyed import CURRENCIES

from reprieve.console.rules import draft_tables
from reprieve.policies.lifecycle import reviews

PACKAGE = Path(__file__).parents[1] / "reprieve"
OPEN, CLOSE = "⟦", "⟧"
READ = {
    "alt",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "data-label",
    "placeholder",
    "title",
}
UNREAD = {"script", "style", "template", "code", "pre"}
WITHIN_A_LINE = {"a", "abbr", "b", "bdi", "br", "code", "em", "small", "span", "strong", "time", "wbr"}
PUT_IN = re.compile(r"(%\(\w+\)[sd]|%[sd]|%%|\{\w*\})")
KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")  # of a refusal, for support
MONEY = re.compile(rf"(?:{'|'.join(CURRENCIES)})(?=\d|\b)")
ADDRESS = re.compile(r"https?://\S+")
NUMBERED = re.compile(
    r"\b(?:(?:r|p|inv|cn) \d+|\d{4} w\d\d)\b"
)  # an order, a practice, an invoice, a credit note: identifiers.py


class Sentences(HTMLParser):
    """What a person reads of a page outside of brackets, also by a screen reader; what stands in a field is theirs.

    A sentence goes on through what stands within a line; what begins a block begins anew.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found = [""]
        self._unread = self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag)
        self._unread += tag in UNREAD
        read = READ | ({"value"} if tag == "input" and dict(attrs).get("type") in {"submit", "button"} else set())
        self.found[-1:-1] = [outside(value)[0] for name, value in attrs if name in read and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in UNREAD
        self._begin(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            kept, self._depth = outside(data, self._depth)
            self.found[-1] += kept

    def _begin(self, tag: str) -> None:
        if tag not in WITHIN_A_LINE:
            self._depth = 0
            self.found.append("")


def outside(sentence: str, depth: int = 0) -> tuple[str, int]:
    """What of a sentence stands in no brackets, and in how many its end stands."""
    kept = []
    for character in sentence:
        depth += (character == OPEN) - (character == CLOSE)
        kept.append(character if not depth and character != CLOSE else " ")
    return " ".join("".join(kept).split()) + " ", depth


class Own:
    """What is no sentence of ours: what people have written into the database, who the business is, keys."""

    def __init__(self) -> None:
        words = {settings.BUSINESS_NAME, settings.SUPPORT_EMAIL, settings.SUPPORT_PHONE, "testserver"}
        words |= available_timezones()
        for model in apps.get_models():
            fields = [field.attname for field in model._meta.concrete_fields if _is_written_in(field)]  # noqa: SLF001
            if fields:
                rows = model._default_manager.values_list(*fields)  # noqa: SLF001
                words.update(text for row in rows for value in row for text in texts(value))
        tidy = sorted(set(map(spelt, words - written_by_us())) - {""}, key=len, reverse=True)
        self._own = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in tidy))

    def plain(self, page: str) -> list[str]:
        """The sentences of a page that did not go through gettext."""
        return [words.strip() for words in Sentences(page).found if self._is_plain(words)]

    def plain_lines(self, text: str) -> list[str]:
        """The lines of a text that did not."""
        found, depth = [], 0
        for line in text.splitlines():
            kept, depth = outside(line, depth)
            if self._is_plain(kept):
                found.append(kept.strip())
        return found

    def _is_plain(self, words: str) -> bool:
        return (
            re.search(
                r"[^\W\d_]",
                NUMBERED.sub("", self._own.sub("", spelt(KEY.sub("", MONEY.sub("", ADDRESS.sub("", words)))))),
            )
            is not None
        )


def _is_written_in(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices


def spelt(text: str) -> str:
    """A key such as first-hour is shown as “First hour”."""
    return " ".join(text.replace("-", " ").replace("_", " ").split()).casefold()


def texts(value: object) -> Iterator[str]:
    """Every text in a value of a column."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)


@cache
def written_by_us() -> frozenset[str]:
    """Every sentence in the source that is not translated where it stands: one in a row is no person's for that."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "demo" not in path.relative_to(PACKAGE).parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= _sentences(tree) - {
                words for call in ast.walk(tree) if _translates(call) for words in _sentences(call)
            }
    return frozenset(found)


def _sentences(tree: ast.AST) -> set[str]:
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and " " in value}


def _translates(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"gettext", "ngettext"}


def spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak it until the test is over."""

    def gettext(message: str) -> str:
        """What is put into it stands outside: it has to come from somewhere as well."""
        parts = PUT_IN.split(message)
        return "".join(part if place % 2 else f"{OPEN}{part}{CLOSE}" for place, part in enumerate(parts) if part)

    def ngettext(singular: str, plural: str, number: int) -> str:
        return gettext(singular if number == 1 else plural)

    spoken = {
        "gettext": gettext,
        "ngettext": ngettext,
        "pgettext": lambda _context, message: gettext(message),
        "npgettext": lambda _context, singular, plural, number: ngettext(singular, plural, number),
    }
    for name, speak in spoken.items():
        monkeypatch.setattr(f"django.utils.translation._trans.{name}", speak, raising=False)
    # What was found in plain words before is not read, and nobody reads this language afterwards.
    for module in (draft_tables, reviews):
        monkeypatch.setattr(module, "_findings", lru_cache(module._findings.__wrapped__))  # noqa: SLF001
