"""Settings come from environment variables; a wrong one stops the start with a sentence that says what to do."""

import os
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off", ""})


def text(name: str, default: str | None = None) -> str:
    """The variable's value. Raises ImproperlyConfigured if it is unset and there is no default."""
    value = os.environ.get(name, default)
    if value is None:
        message = f"{name} is not set. Set it in the environment; docs/operations.md lists every setting."
        raise ImproperlyConfigured(message)
    return value


def flag(name: str, *, default: bool) -> bool:
    """A yes or no. Raises ImproperlyConfigured on anything else."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in YES:
        return True
    if value.lower() in NO:
        return False
    message = f"{name}={value!r} is neither yes nor no. Use 1 or 0."
    raise ImproperlyConfigured(message)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def mailer(url: str) -> dict[str, object]:
    """Django's mailer for `smtp://user:password@host:port?tls=1` (or `ssl=1`), or `file:///folder`.

    Raises ImproperlyConfigured on any other address.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {"file_path": parts.path}}
    if parts.scheme == "smtp" and parts.hostname:
        asked = parse_qs(parts.query)
        options: dict[str, object] = {"host": parts.hostname, "port": parts.port or 25, "timeout": 20}
        if parts.username:
            options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
        options |= {f"use_{kind}": True for kind in ("tls", "ssl") if asked.get(kind) == ["1"]}
        return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
    message = f"REPRIEVE_MAIL={url!r} is no mail server. Write smtp://user:password@host:587?tls=1 or file:///folder."
    raise ImproperlyConfigured(message)
