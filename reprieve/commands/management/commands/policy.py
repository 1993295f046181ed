"""`reprieve policy …`: rules from the command line. Each verb is a module of `reprieve.commands.policy`."""

import sys
from argparse import ArgumentParser
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import OperationalError, ProgrammingError

from reprieve.commands.policy import check, decide, diff, install, presets, replay, simulate, transfer
from reprieve.commands.policy.remarks import Unusable


class Verb(Protocol):
    HELP: str

    def add_arguments(self, parser: ArgumentParser, /) -> None:
        """Its own arguments."""

    def run(self, options: dict[str, Any], out: OutputWrapper, /) -> int:
        """Do it; the exit status."""


VERBS: dict[str, Verb] = {
    "check": check,
    "decide": decide,
    "diff": diff,
    "import": transfer.import_,
    "export": transfer.export,
    "simulate": simulate,
    "replay": replay,
    "install": install,
    "list": presets,
}


class Command(BaseCommand):
    help = "Decision tables: check them, decide by them, move them between files and the database, put them in force."
    requires_system_checks = []  # rules in a file are looked at without a deployment

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        for name, verb in VERBS.items():
            verb.add_arguments(commands.add_parser(name, help=verb.HELP))

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        """Do one of them. Ends with its status where that is not 0."""
        try:
            status = VERBS[options["command"]].run(options, self.stdout)
        except Unusable as refusal:
            raise CommandError(str(refusal)) from refusal
        except (OperationalError, ProgrammingError) as error:
            why = str(error).strip().splitlines()[0]
            raise CommandError(
                f"The database holds no policies yet ({why}). Run `reprieve migrate`, or name a file."
            ) from error
        if status:
            sys.exit(status)
