"""`reprieve demo` from an empty folder to a page, and a second time."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.patience import PATIENCE

REPRIEVE = [sys.executable, "-c", "from reprieve.config.cli import main; main()"]

type Demo = subprocess.Popen[str]
type Start = Callable[..., Demo]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`reprieve demo`, in an environment that names a database which it must not touch; it ends with the test."""
    with ExitStack() as running:

        def start(*arguments: object) -> Demo:
            demo = running.enter_context(
                subprocess.Popen(  # noqa: S603
                    [*REPRIEVE, "demo", *map(str, arguments)],
                    cwd=tmp_path,
                    env={**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/real"},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            running.callback(demo.terminate)
            return demo

        yield start


def page(port: int, path: str, process: Demo) -> str:
    """The page, as soon as somebody serves it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=PATIENCE) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    process.terminate()
    pytest.fail(f"Nothing was served.\n{process.communicate(timeout=PATIENCE)[0]}")


def stopped(process: Demo) -> str:
    """What it printed, after it was asked to stop and has."""
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, printed
    return printed


def test_serves_a_lab_and_finds_it_again(start: Start, port: int) -> None:
    first = start("--port", port, "--cases", 1)
    assert "Alder &amp; Finch Dental Lab" in page(port, "/account/login/", first)
    assert "running already" in start("--port", port).communicate(timeout=PATIENCE)[0]
    printed = stopped(first)
    assert "Opening the demo lab" in printed
    assert f"http://localhost:{port}" in printed
    assert "doctor@maple.example" in printed
    assert "Traceback" not in printed, printed

    second = start("--port", port, "--cases", 1)
    assert "<form" in page(port, "/account/login/", second)
    assert "Opening the demo lab" not in stopped(second)


def test_says_that_the_port_is_taken(start: Start, tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        printed, _ = start("--port", port).communicate(timeout=PATIENCE)
    assert f"127.0.0.1:{port} cannot be served: Address already in use. Choose another with --port." in printed
    assert not (tmp_path / "var/demo/reprieve.sqlite3").exists()


def test_says_that_the_data_are_an_older_versions(start: Start, tmp_path: Path, port: int) -> None:
    (tmp_path / "var/demo").mkdir(parents=True)
    with closing(sqlite3.connect(tmp_path / "var/demo/reprieve.sqlite3")) as database, database:
        database.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app, name, applied)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'billing', '0002_append_only', '2026-01-01')")
    printed, _ = start("--port", port).communicate(timeout=PATIENCE)
    assert "is an older version's. Begin it again: make demo-fresh" in printed
    assert "Traceback" not in printed
