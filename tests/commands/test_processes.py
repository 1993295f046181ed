"""Several processes as one: real ones, with real signals."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from reprieve.commands.processes import run_together
from tests.patience import PATIENCE

SECOND = timedelta(seconds=1)


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


WAITS = """
import pathlib, signal, sys, time
def stop(*_):
    pathlib.Path(sys.argv[1]).write_text("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
started = pathlib.Path(sys.argv[1] + ".started")
started.write_text("running")
started.rename(sys.argv[1])  # so that whoever finds it finds all of it
time.sleep(600)
"""
DEAF = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("running")
time.sleep(600)
"""


def wait_for(path: Path, words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text() == words):
        assert time.monotonic() < deadline, f"{path.name} never said {words}"
        time.sleep(0.02)


def signal_when_running(signum: signal.Signals, *paths: Path) -> None:
    def send() -> None:
        for path in paths:
            wait_for(path, "running")
        os.kill(os.getpid(), signum)

    threading.Thread(target=send, daemon=True).start()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_every_process_when_asked_to(tmp_path: Path, signum: signal.Signals) -> None:
    web, worker = tmp_path / "web", tmp_path / "worker"
    before = signal.getsignal(signum)
    signal_when_running(signum, web, worker)
    assert run_together([python(WAITS, web), python(WAITS, worker)]) == 0
    assert web.read_text() == worker.read_text() == "stopped"
    assert signal.getsignal(signum) is before


@pytest.mark.parametrize(("end", "status"), [("sys.exit(3)", 3), ("sys.exit(0)", 1), ("os.kill(os.getpid(), 9)", 137)])
def test_when_one_ends_by_itself_the_others_are_stopped(tmp_path: Path, end: str, status: int) -> None:
    other = tmp_path / "other"
    code = f"import os, pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(.02)\n{end}"
    assert run_together([python(code, other), python(WAITS, other)]) == status
    assert other.read_text() == "stopped"


def test_kills_what_does_not_stop_in_time(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    signal_when_running(signal.SIGTERM, deaf)
    assert run_together([python(DEAF, deaf)], grace=SECOND) == 137


def test_a_command_that_does_not_exist_leaves_nothing_running(tmp_path: Path) -> None:
    other = tmp_path / "other"
    code = WAITS.replace("time.sleep(600)", "time.sleep(5)")
    with pytest.raises(FileNotFoundError):
        run_together([python(code, other), ["/there/is/no/such/command"]], grace=SECOND)
    assert subprocess.run(["pgrep", "-f", str(other)], check=False, capture_output=True).stdout == b""  # noqa: S603, S607
