"""`reprieve serve`: what has to be in place before, and what is started."""

import os
import socket
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from reprieve.commands.management.commands import serve

pytestmark = pytest.mark.django_db
Started = list[list[str]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The commands that would run, instead of running them."""
    commands: Started = []

    def run_together(asked: Started) -> int:
        commands.extend(asked)
        return 0

    monkeypatch.setattr(serve, "run_together", run_together)
    return commands


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def listener(port: int) -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", port)):
        yield port


def run(*arguments: object) -> str:
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("serve", *map(str, arguments), stdout=out)
    assert end.value.code == 0
    return out.getvalue()


def test_starts_the_web_server_where_it_is_told(started: Started, port: int) -> None:
    assert run("--port", port, "--processes", 2, "--threads", 5) == f"Serving on 127.0.0.1:{port}. Ctrl-C stops it.\n"
    (web,) = started
    line = " ".join(web)
    assert "granian reprieve.config.wsgi:application --interface wsgi" in line
    assert f"--host 127.0.0.1 --port {port} --workers 2 --blocking-threads 5" in line
    assert "--no-access-log" in line


def test_serves_as_many_at_once_as_there_are_database_connections(started: Started, port: int) -> None:
    run("--port", port)
    assert "--blocking-threads 32" in " ".join(started[0])
    if connection.vendor == "postgresql":
        assert connection.settings_dict["OPTIONS"]["pool"]["max_size"] == 32


@pytest.fixture
def uploading(tmp_path: Path, settings: Settings) -> Path:
    """A folder of arriving files: one of two days ago, one of an hour ago, and one that is none of ours."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    for name, hours in (("tmpold.upload.stl", 48), ("tmpnew.upload.stl", 1), ("notes.txt", 48)):
        (tmp_path / name).touch()
        at = timezone.now().timestamp() - hours * 3600
        os.utime(tmp_path / name, (at, at))
    return tmp_path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_removes_what_a_killed_server_left_of_arriving_files(started: Started, port: int, uploading: Path) -> None:
    run("--port", port)
    assert left_in(uploading) == ["notes.txt", "tmpnew.upload.stl"]


def test_removes_nothing_where_it_refuses_to_start(started: Started, listener: int, uploading: Path) -> None:
    with pytest.raises(CommandError):
        call_command("serve", "--port", str(listener))
    assert len(left_in(uploading)) == 3
    assert started == []


def test_starts_the_worker_beside_it_if_asked(started: Started, port: int) -> None:
    run("--port", port, "--worker")
    assert [command[2:4] for command in started] == [
        ["granian", "reprieve.config.wsgi:application"],
        ["django", "ox_worker"],
    ]


def test_takes_the_port_from_the_environment(started: Started, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(port))
    assert f"127.0.0.1:{port}" in run()


def test_a_port_that_is_taken_starts_nothing(started: Started, listener: int) -> None:
    with pytest.raises(CommandError, match=r"Address already in use\. Choose another with --port"):
        call_command("serve", "--port", str(listener))
    assert started == []


def test_a_database_that_is_behind_starts_nothing(started: Started, port: int) -> None:
    MigrationRecorder.Migration.objects.filter(app="orders").delete()
    with pytest.raises(CommandError, match=r"The database is not up to date\. Run `reprieve migrate` first\."):
        call_command("serve", "--port", str(port))
    assert started == []


def test_static_files_that_are_not_collected_start_nothing(started: Started, port: int, tmp_path: Path) -> None:
    manifest = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    with (
        override_settings(STATIC_ROOT=tmp_path, STORAGES={**settings.STORAGES, "staticfiles": manifest}),
        pytest.raises(CommandError, match="Run `reprieve collectstatic --no-input` first"),
    ):
        call_command("serve", "--port", str(port))
    assert started == []
