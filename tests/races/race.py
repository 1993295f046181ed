"""Two commands at the same instant, on two real connections, with the order of their locks forced."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection

from reprieve.lib.errors import Refused
from reprieve.orders import lifecycle
from tests.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Finish:
    """How a runner came out: what it returned, or what refused it."""

    result: object = None
    refusal: Refused | None = None


def race(first: Callable[[], object], second: Callable[[], object], *, hold: tuple[object, str]) -> list[Finish]:
    """Start `second` while `first` stands inside its transaction, about to call the function that `hold` names.

    `first` goes on only when the database shows that `second` waits for its lock (on SQLite: when it begins a
    transaction, which nobody else can there). So both have begun before either has ended, and `first` holds the lock.
    """
    inside, go_on = threading.Event(), threading.Event()
    runners = [_Runner(first), _Runner(second)]
    owner, name = hold
    original = getattr(owner, name)

    def held(*args: object, **kwargs: object) -> object:
        if threading.current_thread() is runners[0] and not inside.is_set():
            inside.set()
            assert go_on.wait(PATIENCE)
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, held)
        runners[0].start()
        assert inside.wait(PATIENCE), f"the first runner never came to {name}: {runners[0].finish}"
        runners[1].start()
        _wait_until_blocked(runners[1])
        go_on.set()
        for runner in runners:
            runner.join(PATIENCE)
            assert not runner.is_alive()
    for runner in runners:
        if runner.error is not None:
            raise runner.error
    return [runner.finish for runner in runners]


class _Runner(threading.Thread):
    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.command = command
        self.finish = Finish()
        self.error: BaseException | None = None
        self.begins = threading.Event()

    def run(self) -> None:
        try:
            with connection.execute_wrapper(self._look_for_the_beginning):
                self.finish = Finish(result=self.command())
        except Refused as refusal:
            self.finish = Finish(refusal=refusal)
        except BaseException as error:  # noqa: BLE001 - the test raises it again
            self.error = error
        finally:
            connection.close()

    def _look_for_the_beginning(self, execute: Callable[..., object], sql: str, *arguments: object) -> object:
        if sql.startswith("BEGIN"):
            self.begins.set()
        return execute(sql, *arguments)


def _wait_until_blocked(runner: _Runner) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if _is_blocked(runner):
            return
        assert runner.is_alive(), "the second runner did not wait for the lock"
        time.sleep(0.01)
    raise AssertionError("the second runner never waited for the lock")


def _is_blocked(runner: _Runner) -> bool:
    if connection.vendor == "sqlite":
        return runner.begins.is_set() and runner.is_alive()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        (waiting,) = cursor.fetchone()
    return bool(waiting)


HOLD_AT_THE_MOVE = (lifecycle, "apply")
