"""`python -m dev`: a small lab on a server that reloads with the code, shows tracebacks, and counts queries.

The lab is one of its own, in var/dev. The worker runs beside it; for new code of its tasks, start anew.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.utils import timezone

from reprieve.commands.processes import run_together
from reprieve.demo.environment import HOST, RunningAlready, alone, forget, put_in_place

FOLDER = Path("var/dev")


def main() -> int:
    """Serve it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make dev", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--cases", type=int, default=60, help="how many cases a new lab has had")
    parser.add_argument("--fresh", action="store_true", help="begin with a new lab")
    options = parser.parse_args()
    put_in_place(FOLDER, options.port)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "dev.settings", "REPRIEVE_DEBUG": "1"}
    try:
        with alone(FOLDER):
            if options.fresh:
                forget(FOLDER)
            django.setup()
            return serve(options.port, options.cases)
    except RunningAlready as busy:
        sys.exit(f"dev: {busy}")


def serve(port: int, cases: int) -> int:
    """Bring the database up to date, open the lab if there is none, and run the server and the worker."""
    # What follows needs the settings.
    from reprieve.accounts.models import Practice  # noqa: PLC0415
    from reprieve.commands import serving  # noqa: PLC0415
    from reprieve.demo.lab import open_lab  # noqa: PLC0415
    from reprieve.demo.people import PASSWORD, SIGN_INS  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if not Practice.objects.exists():
        open_lab(now=timezone.now(), cases=cases)
    print(f"http://localhost:{port}, as {', '.join(SIGN_INS)}; everybody's password is {PASSWORD}", flush=True)  # noqa: T201
    server = [sys.executable, "-m", "django", "runserver", f"{HOST}:{port}"]
    return run_together([server, serving.worker()])


if __name__ == "__main__":
    sys.exit(main())
