"""`reprieve demo`: open the lab if it is not there yet, then serve it with the worker running."""

import argparse
import sys
import time
from collections.abc import Sequence

import django
from django.core.management import call_command
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.utils import timezone

from reprieve.commands.processes import run_together
from reprieve.demo.environment import FOLDER, HOST, RunningAlready, alone, forget, put_in_place


def main(arguments: Sequence[str]) -> None:
    """Serve the demo until Ctrl-C."""
    options = _parser().parse_args(arguments)
    put_in_place(FOLDER, options.port)
    try:
        with alone(FOLDER):
            if options.fresh:
                forget(FOLDER)
            django.setup()
            sys.exit(_serve(options.port, options.cases))
    except RunningAlready as busy:
        sys.exit(f"reprieve: {busy}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reprieve demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="default: 8000")
    parser.add_argument("--cases", type=int, default=400, help="how many cases a new lab has had (default: 400)")
    parser.add_argument("--fresh", action="store_true", help="forget what was done in the demo, and begin again")
    return parser


def _serve(port: int, cases: int) -> int:
    # What follows needs the settings.
    from reprieve.commands import serving  # noqa: PLC0415

    try:
        serving.require_free(HOST, port)
    except serving.NotReady as refusal:
        sys.exit(f"reprieve: {refusal.why} {refusal.remedy}")
    try:
        call_command("migrate", verbosity=0)
    except InconsistentMigrationHistory:
        sys.exit(f"reprieve: The demo in {FOLDER} is an older version's. Begin it again: make demo-fresh")
    call_command("collectstatic", interactive=False, verbosity=0)
    _open_lab(cases)
    print(_welcome(port), flush=True)  # noqa: T201 - a program that talks to its terminal
    return run_together([serving.web_server(host=HOST, port=port), serving.worker()])


def _open_lab(cases: int) -> None:
    from reprieve.accounts.models import Practice  # noqa: PLC0415
    from reprieve.demo.lab import open_lab  # noqa: PLC0415

    if Practice.objects.exists():
        return
    print("Opening the demo lab, with half a year of cases …", flush=True)  # noqa: T201
    forget(FOLDER, ("files",))  # of an opening that did not come to its end
    started = time.monotonic()
    open_lab(now=timezone.now(), cases=cases)
    print(f"… done in {time.monotonic() - started:.0f} seconds.", flush=True)  # noqa: T201


def _welcome(port: int) -> str:
    from django.conf import settings  # noqa: PLC0415

    from reprieve.demo.people import PASSWORD, SIGN_INS  # noqa: PLC0415

    width = max(map(len, SIGN_INS))
    people = "\n".join(f"    {email:{width}}  {who}" for email, who in SIGN_INS.items())
    return f"""
{settings.BUSINESS_NAME} is open: http://localhost:{port}

  Sign in with the password {PASSWORD} as
{people}

  Mail is written to {FOLDER / "mail"}. Ctrl-C stops the demo; `make demo-fresh` begins it again.
"""
