"""Settings come from environment variables; a wrong one stops the start with a sentence that says what to do.

Every function that reads one raises ImproperlyConfigured. An address that may hold a password is never repeated.
"""

import os
import re
import zoneinfo
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from moneyed import CURRENCIES

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off", ""})
DATABASES = ("django.db.backends.postgresql", "django.db.backends.sqlite3")


def text(name: str, default: str | None = None) -> str:
    """The variable's value. Without a default it has to be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment; docs/operations.md lists every setting."
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in YES:
        return True
    if value.lower() in NO:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no. Use 1 or 0.")


def number(name: str, default: int) -> int:
    """A whole number, 0 or larger."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdecimal()):
        raise ImproperlyConfigured(f"{name}={value!r} is no whole number. Write 0, 1, 2 …")
    return int(value)


def choice(name: str, default: str, among: Collection[str]) -> str:
    value = text(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name}={value!r} is not known. Choose one of {', '.join(among)}.")
    return value


def currency(name: str, default: str) -> str:
    value = text(name, default)
    if value not in CURRENCIES:
        raise ImproperlyConfigured(f"{name}={value!r} is no ISO 4217 currency code, such as EUR.")
    return value


def percent(name: str, default: str) -> Decimal:
    """A number of percent, with three decimals at most."""
    value = text(name, default)
    try:
        found = Decimal(value)
    except InvalidOperation:
        found = Decimal(-1)
    if not (0 <= found <= 100 and found == round(found, 3)):  # noqa: PLR2004 - all of it
        raise ImproperlyConfigured(f"{name}={value!r} is no number of percent from 0 to 100, such as 19 or 8.875.")
    return found


def card_fee(name: str, default: str) -> tuple[Decimal, Decimal]:
    """What card payments usually cost: a number of percent, and an amount in the currency of the payment."""
    value = text(name, default)
    match = re.fullmatch(r"\s*(\d{1,2}(?:\.\d{1,3})?)\s*%\s*\+\s*(\d{1,4}(?:\.\d{1,3})?)\s*", value)
    if match is None:
        raise ImproperlyConfigured(f"{name}={value!r} is no fee of a card payment. Write it like 2.9% + 0.30.")
    return Decimal(match[1]), Decimal(match[2])


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
        raise ImproperlyConfigured(f"{name}={value!r} is no IANA time zone, such as Europe/Berlin.")
    return value


def url(name: str, default: str) -> str:
    """The address of a web server, without a slash at its end."""
    value = text(name, default)
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name}={value!r} is no address of a server. Write https:// and its name, no path.")
    return value.rstrip("/")


def folder(name: str, default: str, *, holding: str) -> Path:
    """A folder that can be written to, with the one that it holds. Where it has to be made, nobody else looks in."""
    path = Path(text(name, default)).resolve()
    try:
        for made in (path, path / holding):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(f"{name}={str(path)!r} cannot be used: {problem.strerror}.") from problem
    return path


def hosts(name: str, default: str) -> list[str]:
    """Host names, without which nothing would be answered."""
    found = words(name, default)
    wrong = [host for host in found if "/" in host or (":" in host and not host.endswith("]"))]
    if wrong or not found:
        what = f"{wrong[0]!r} is no host name" if wrong else "there is none"
        raise ImproperlyConfigured(f"{name}: {what}. Write names such as lab.example, without https:// and port.")
    return found


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, default: str) -> dict[str, Any]:
    """Django's database for `postgresql://user:password@host:port/name` or `sqlite:///file`, with `?option=value`."""
    try:
        found = dj_database_url.parse(text(name, default))
    except ValueError:
        found = {}
    if found.get("ENGINE") not in DATABASES:
        raise ImproperlyConfigured(f"{name} is no database. Write postgresql://user:password@host:5432/name.")
    return {"OPTIONS": {}, **found}


def mailer(name: str, default: str) -> dict[str, object]:
    """Django's mailer for `smtp://user:password@host:port?tls=1` (or `ssl=1`), or `file:///folder`."""
    parts = _split(text(name, default))
    if parts is not None and parts.scheme == "file" and parts.path:
        return {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {"file_path": parts.path}}
    if parts is not None and parts.scheme == "smtp" and parts.hostname:
        asked = parse_qs(parts.query)
        options: dict[str, object] = {"host": parts.hostname, "port": parts.port or 25, "timeout": 20}
        if parts.username:
            options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
        options |= {f"use_{kind}": True for kind in ("tls", "ssl") if asked.get(kind) == ["1"]}
        return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
    raise ImproperlyConfigured(
        f"{name} is no mail server. Write smtp://user:password@host:587?tls=1 or file:///folder."
    )


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None if it is none, also because of its port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
