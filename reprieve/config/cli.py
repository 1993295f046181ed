"""The console script `reprieve`. Each command is a Django management command of one of our apps or of Django itself."""

import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from reprieve.demo import run as demo

# Of `reprieve policy`, what works on a deployment. The rest looks at rules in files, in somebody's own CI, say.
ON_A_DEPLOYMENT = frozenset({"import", "export", "simulate", "replay", "install"})


def main() -> None:
    """Run `reprieve COMMAND …`; a wrong setting ends with one sentence instead of a traceback."""
    try:
        if sys.argv[1:2] == ["demo"]:
            demo.main(sys.argv[2:])  # brings settings of its own
        else:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reprieve.config.settings")
            with _place_to_work(sys.argv[1:]):
                execute_from_command_line(sys.argv)
                sys.stdout.flush()
    except ImproperlyConfigured as problem:
        sys.exit(f"reprieve: {problem}")
    except BrokenPipeError:  # whoever reads has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


@contextmanager
def _place_to_work(arguments: Sequence[str]) -> Iterator[None]:
    """The settings that a command needs and may do without: a key, as it signs nothing, and a folder, left empty."""
    if arguments[:1] != ["policy"] or ON_A_DEPLOYMENT.intersection(arguments):
        yield
        return
    os.environ.setdefault("REPRIEVE_SECRET_KEY", secrets.token_urlsafe(50))
    if "REPRIEVE_DATA" in os.environ or Path("var").exists():
        yield
        return
    with TemporaryDirectory(prefix="reprieve-", ignore_cleanup_errors=True) as folder:
        os.environ["REPRIEVE_DATA"] = folder
        yield
