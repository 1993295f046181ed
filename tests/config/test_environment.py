import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reprieve.config import environment
from tests.patience import PATIENCE

SETTINGS = str(Path(environment.__file__).with_name("settings.py"))


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


def test_reads_a_mail_server_from_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRIEVE_MAIL", "smtp://lab:p%40ss@mail.example:587?tls=1")
    mailer = environment.mailer("REPRIEVE_MAIL", "")
    assert mailer["OPTIONS"] == {
        "host": "mail.example",
        "port": 587,
        "timeout": 20,
        "username": "lab",
        "password": "p@ss",
        "use_tls": True,
    }


def test_reads_a_database_with_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://lab:p%40ss@db.example:5433/lab?sslmode=require")
    database = environment.database("DATABASE_URL", "")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "lab")
    assert (database["USER"], database["PASSWORD"]) == ("lab", "p@ss")
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_what_may_hold_a_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://lab:secret@db/lab")
    monkeypatch.setenv("REPRIEVE_MAIL", "smtps://lab:secret@mail")
    for read in (environment.database, environment.mailer):
        with pytest.raises(ImproperlyConfigured) as refusal:
            read("DATABASE_URL" if read is environment.database else "REPRIEVE_MAIL", "")
        assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "read"), [("https://lab.example", "https://lab.example"), ("http://[::1]:8000/", "http://[::1]:8000")]
)
def test_reads_an_address_without_its_last_slash(monkeypatch: pytest.MonkeyPatch, value: str, read: str) -> None:
    monkeypatch.setenv("REPRIEVE_BASE_URL", value)
    assert environment.url("REPRIEVE_BASE_URL", "") == read


def test_reads_host_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRIEVE_HOSTS", " lab.example, .lab.example,[::1],")
    assert environment.hosts("REPRIEVE_HOSTS", "") == ["lab.example", ".lab.example", "[::1]"]


def test_a_data_folder_that_has_to_be_made_is_its_owners_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REPRIEVE_DATA", str(tmp_path / "data"))
    made = environment.folder("REPRIEVE_DATA", "var", holding="uploading")
    assert made == tmp_path / "data"
    assert [path.stat().st_mode & 0o777 for path in (made, made / "uploading")] == [0o700, 0o700]


def test_a_data_folder_that_is_there_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    monkeypatch.setenv("REPRIEVE_DATA", str(tmp_path))
    environment.folder("REPRIEVE_DATA", "var", holding="uploading")
    assert tmp_path.stat().st_mode & 0o777 == 0o750


WRONG = [
    ("REPRIEVE_BASE_URL", "lab.example", "no address of a server"),
    ("REPRIEVE_BASE_URL", "https://", "no address of a server"),
    ("REPRIEVE_BASE_URL", "https://lab.example/reprieve", "no address of a server"),
    ("REPRIEVE_BASE_URL", "https://lab.example:port", "no address of a server"),
    ("REPRIEVE_BASE_URL", "ftp://lab.example", "no address of a server"),
    ("REPRIEVE_CURRENCY", "EURO", "no ISO 4217 currency"),
    ("REPRIEVE_CARD_FEE", "2.9", "no fee of a card payment"),
    ("REPRIEVE_CARD_FEE", "-1% + 0.30", "no fee of a card payment"),
    ("REPRIEVE_STRIPE_ADDRESS", "stripe", "no address of a server"),
    ("REPRIEVE_TAX_PERCENT", "nineteen", "no number of percent"),
    ("REPRIEVE_TAX_PERCENT", "-1", "no number of percent"),
    ("REPRIEVE_TAX_PERCENT", "8.8755", "no number of percent"),
    ("REPRIEVE_DATA", "/dev/null", "'/dev/null' cannot be used"),
    ("REPRIEVE_HOSTS", "", "REPRIEVE_HOSTS: there is none"),
    ("REPRIEVE_HOSTS", " , ", "REPRIEVE_HOSTS: there is none"),
    ("REPRIEVE_HOSTS", "https://lab.example", "'https://lab.example' is no host name"),
    ("REPRIEVE_HOSTS", "a.example,lab.example:8000", "'lab.example:8000' is no host name"),
    ("REPRIEVE_LOG_LEVEL", "LOUD", "Choose one of DEBUG, INFO, WARNING, ERROR"),
    ("REPRIEVE_MAIL", "", "no mail server"),
    ("REPRIEVE_MAIL", "mail.example", "no mail server"),
    ("REPRIEVE_MAIL", "http://mail.example", "no mail server"),
    ("REPRIEVE_MAIL", "smtp://", "no mail server"),
    ("REPRIEVE_MAIL", "smtp://mail.example:port", "no mail server"),
    ("REPRIEVE_MAIL", "file:", "no mail server"),
    ("REPRIEVE_PROXIES", "two", "no whole number"),
    ("REPRIEVE_PROXIES", "-1", "no whole number"),
    ("REPRIEVE_PROXIES", "", "no whole number"),
    ("REPRIEVE_TIME_ZONE", "Mars/Base", "no IANA time zone"),
    ("DATABASE_URL", "nonsense", "DATABASE_URL is no database"),
    ("DATABASE_URL", "", "DATABASE_URL is no database"),
    ("DATABASE_URL", "postgresql://lab@db:port/lab", "DATABASE_URL is no database"),
    ("DATABASE_URL", "mysql://lab@db/lab", "DATABASE_URL is no database"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, words: str
) -> None:
    """The settings themselves are read, in an environment in which all else is right."""
    for given in [given for given in os.environ if given.startswith("REPRIEVE_") or given == "DATABASE_URL"]:
        monkeypatch.delenv(given)
    monkeypatch.setenv("REPRIEVE_DATA", str(tmp_path))
    monkeypatch.setenv("REPRIEVE_SECRET_KEY", "x")
    runpy.run_path(SETTINGS)
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=re.escape(words)) as refusal:
        runpy.run_path(SETTINGS)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({}, "REPRIEVE_SECRET_KEY is not set"),
        ({"REPRIEVE_SECRET_KEY": "x", "REPRIEVE_LOG_LEVEL": "LOUD"}, "REPRIEVE_LOG_LEVEL='LOUD' is not known"),
        ({"REPRIEVE_SECRET_KEY": "x", "DATABASE_URL": "nonsense"}, "DATABASE_URL is no database"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path, setting: dict[str, str], words: str) -> None:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("REPRIEVE_", "DJANGO_", "DATABASE_"))
    }
    finished = subprocess.run(  # noqa: S603
        [Path(sys.executable).with_name("reprieve"), "check"],
        env=kept | {"REPRIEVE_DATA": str(tmp_path)} | setting,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 1
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr
