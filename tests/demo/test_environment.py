"""The demo's settings: its own, whatever else runs on the machine."""

import os
from pathlib import Path

import pytest

from reprieve.demo.environment import RunningAlready, alone, forget, put_in_place, secret_key


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the environment, to be changed at will."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_replaces_the_settings_of_another_deployment(tmp_path: Path) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "somebody.elses",
        "DATABASE_URL": "postgresql://real@db/real",
        "REPRIEVE_DATA": "/srv/real",
        "REPRIEVE_MAIL": "smtp://mail",
        "REPRIEVE_DEBUG": "1",
        "REPRIEVE_LOG_LEVEL": "INFO",
    }
    put_in_place(tmp_path / "demo", 8123)
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "reprieve.config.settings"
    assert "DATABASE_URL" not in os.environ
    assert "REPRIEVE_MAIL" not in os.environ
    assert "REPRIEVE_DEBUG" not in os.environ
    assert os.environ["REPRIEVE_DATA"] == str(tmp_path / "demo")
    assert os.environ["REPRIEVE_BASE_URL"] == "http://localhost:8123"
    assert os.environ["REPRIEVE_LOG_LEVEL"] == "INFO"


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) >= 50
    assert secret_key(tmp_path) == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_forgets_what_use_has_made_and_nothing_else(tmp_path: Path) -> None:
    secret_key(tmp_path)
    (tmp_path / "reprieve.sqlite3").touch()
    (tmp_path / "files" / "orders").mkdir(parents=True)
    (tmp_path / "mine.txt").touch()
    forget(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "secret-key"]


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(RunningAlready, match="is running already"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass
