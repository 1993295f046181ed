"""A process of ours, killed as by `kill -9` when it comes to a point: `python -m tests.drill POINT COMMAND ID`.

POINT is one of POINTS or PAYMENT_POINTS, or `never`. COMMAND: `send` goes on with a refund, `pay` with a payment by
card, `cancel` cancels an order as its practice's owner would, `work` is the real worker, until nothing is left to do.
"""

import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import django

POINTS = {
    "before the claim": "reprieve.billing.sending.claim",
    "in the claim's transaction": "reprieve.billing.sending.move",
    "before the provider is asked": "reprieve.billing.sending.ask",
    "before the provider acts": "tests.fake_gateway.FakeGateway.refund",
    "after the provider acted": "tests.fake_gateway.FakeGateway.refund",
    "before the booking": "reprieve.billing.sending.book",
    "in the booking's transaction": "reprieve.settlement.send_refund._notify",
    "after the booking": "reprieve.settlement.send_refund._look_again",
}
PAYMENT_POINTS = {
    "before the payment's claim": "reprieve.billing.paying.claim",
    "in the payment's claim": "reprieve.billing.paying._next_step",
    "before the payment is asked for": "reprieve.billing.paying.ask",
    "before the payment is taken": "tests.fake_gateway.FakeGateway.charge",
    "after the payment was taken": "tests.fake_gateway.FakeGateway.charge",
    "before the payment is booked": "reprieve.billing.paying.book",
    "in the payment's booking": "reprieve.settlement.send_payment.receive_payment",
    "after the payment's booking": "reprieve.settlement.send_payment._look_again",
}
IN_THE_CANCELLATION = "reprieve.settlement.cancelling.notify_practice"
AFTERWARDS = ("after the provider acted", "after the payment was taken")
ROOT = Path(__file__).parents[1]


def start(point: str, command: str, pk: int = 0) -> "subprocess.Popen[bytes]":
    """The process, on the database that the test is on."""
    # This file is also a program, which sets Django up itself.
    from django.db import connection  # noqa: PLC0415

    from tests import fake_gateway  # noqa: PLC0415

    found, name = connection.settings_dict, connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{name}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FAKE_PROVIDER": str(fake_gateway.BOOKS),
        "PYTEST_XDIST_WORKER": "drill",  # it shares our folder: see tests/settings.py
    }
    program = [sys.executable, "-m", "tests.drill", point, command, str(pk)]
    return subprocess.Popen(program, cwd=ROOT, env=environment)  # noqa: S603 - ours


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying(original: Callable[..., object], *, afterwards: bool) -> Callable[..., object]:
    def dying(*args: object, **kwargs: object) -> object:
        if afterwards:
            original(*args, **kwargs)
        _die()
        raise AssertionError("Nobody survives this.")

    return dying


def main(point: str, command: str, pk: int) -> None:
    """Do it, and die at the point."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after the setup
    from django.utils import timezone  # noqa: PLC0415 - the same

    from reprieve.accounts.actors import Actor  # noqa: PLC0415 - the same
    from reprieve.accounts.models import Person  # noqa: PLC0415 - the same
    from reprieve.actions.cancel_order import cancel_order  # noqa: PLC0415 - the same
    from reprieve.settlement.send_payment import send_payment_when_due  # noqa: PLC0415 - the same
    from reprieve.settlement.send_refund import send_when_due  # noqa: PLC0415 - the same

    def cancel() -> None:
        actor = Actor.of(Person.objects.get(email="owner@example.test"))
        cancel_order(order_id=pk, actor=actor, reason="patient_away", now=timezone.now())
        if point == "after the cancellation":
            _die()

    commands: dict[str, Callable[[], object]] = {
        "send": lambda: send_when_due.call(pk),
        "pay": lambda: send_payment_when_due.call(pk),
        "cancel": cancel,
        "work": lambda: call_command("ox_worker", batch=True, interval=0.05, verbosity=0),
    }
    target = (POINTS | PAYMENT_POINTS).get(point) or (IN_THE_CANCELLATION if point == "in the cancellation" else None)
    if target is None:
        commands[command]()
        return
    module, _, name = target.rpartition(".")
    owner = pkgutil.resolve_name(module)
    with mock.patch.object(owner, name, _dying(getattr(owner, name), afterwards=point in AFTERWARDS)):
        commands[command]()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
