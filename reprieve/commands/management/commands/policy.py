"""`reprieve policy …`: rules from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reprieve.policies import preset_files
from reprieve.policies.publishing import install


class Command(BaseCommand):
    """Put shipped rules in force."""

    help = "Decision tables: `install PRESET` publishes a shipped set of rules and puts it in force now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`install NAME`, `list`."""
        commands = parser.add_subparsers(dest="command", required=True)
        installing = commands.add_parser("install", help="publish a preset and put it in force now")
        installing.add_argument("preset")
        commands.add_parser("list", help="the presets that are shipped")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        """Run one of them."""
        if options["command"] == "list":
            self.stdout.write("\n".join(preset_files.names()))
            return
        try:
            found = preset_files.load(options["preset"])
        except KeyError as error:
            raise CommandError(f"There is no preset {error}. There are: {', '.join(preset_files.names())}.") from error
        for preset in found:
            version = install(preset, starts_at=timezone.now())
            self.stdout.write(f"{preset.key}: version {version.number} ({preset.source}) is in force.")
