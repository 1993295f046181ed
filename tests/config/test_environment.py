import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reprieve.config import environment


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPRIEVE_SECRET_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match="REPRIEVE_SECRET_KEY is not set"):
        environment.text("REPRIEVE_SECRET_KEY")


@pytest.mark.parametrize(("value", "read"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_yes_and_no_have_many_spellings(monkeypatch: pytest.MonkeyPatch, value: str, read: bool) -> None:  # noqa: FBT001
    monkeypatch.setenv("REPRIEVE_DEBUG", value)
    assert environment.flag("REPRIEVE_DEBUG", default=not read) is read


def test_what_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRIEVE_DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="neither yes nor no"):
        environment.flag("REPRIEVE_DEBUG", default=False)


def test_reads_a_mail_server_from_its_address() -> None:
    mailer = environment.mailer("smtp://lab:p%40ss@mail.example:587?tls=1")
    assert mailer["OPTIONS"] == {
        "host": "mail.example",
        "port": 587,
        "timeout": 20,
        "username": "lab",
        "password": "p@ss",
        "use_tls": True,
    }


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "file:"])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="no mail server"):
        environment.mailer(url)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({}, "REPRIEVE_SECRET_KEY is not set"),
        ({"REPRIEVE_SECRET_KEY": "x", "REPRIEVE_CURRENCY": "EURO"}, "no ISO 4217 currency"),
        ({"REPRIEVE_SECRET_KEY": "x", "REPRIEVE_MAIL": "pigeon"}, "no mail server"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path, setting: dict[str, str], words: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REPRIEVE_", "DJANGO_"))}
    finished = subprocess.run(
        [Path(sys.executable).with_name("reprieve"), "check"],
        env=kept | {"REPRIEVE_DATA": str(tmp_path)} | setting,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr
