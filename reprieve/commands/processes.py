"""Running several processes as one: they start together, and when one ends, all end."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE = timedelta(seconds=30)
GLANCE = 0.1
SIGNALLED = 128


def run_together(commands: Iterable[Sequence[str]], *, grace: timedelta = GRACE) -> int:
    """Run the commands until one of them ends, or we are asked to stop: by SIGTERM, Ctrl-C, or a closed terminal.

    Then each is told by SIGTERM and has `grace` to finish what it is doing. Returns the exit status: 0 if we were asked
    to stop and all did so in time, else that of the process that ended by itself (1 for 0: it should not have) or had
    to be killed.
    """
    asked_to_stop = False

    def ask_to_stop(_signum: int, _frame: FrameType | None) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    before = {signum: signal.signal(signum, ask_to_stop) for signum in STOP_SIGNALS}
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            # A session of its own: Ctrl-C on the terminal reaches us alone, and a child is told once.
            children.append(subprocess.Popen(command, start_new_session=True))  # noqa: PERF401, S603 - ours; each is known at once
        while not asked_to_stop and all(child.poll() is None for child in children):
            time.sleep(GLANCE)
        ended = [child.returncode for child in children if child.poll() is not None]
    finally:
        killed = stop(children, grace)
        for signum, handler in before.items():
            signal.signal(signum, handler)
    if ended and not asked_to_stop:
        return _exit_status(ended[0])
    return _exit_status(-signal.SIGKILL) if killed else 0


def stop(children: Sequence[subprocess.Popen[bytes]], grace: timedelta) -> bool:
    """Ask every child to stop, and kill with its offspring what has not after `grace`. Whether that was needed."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + grace.total_seconds()
    late = False
    for child in children:
        try:
            child.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            late = True
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return late


def _exit_status(returncode: int) -> int:
    """As a shell has it: 128 and the signal's number for what a signal ended."""
    return SIGNALLED - returncode if returncode < 0 else returncode or 1
