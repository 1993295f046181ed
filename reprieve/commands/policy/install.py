"""`reprieve policy install PRESET` and `list`: the rules that are shipped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from reprieve.policies import preset_files
from reprieve.policies.publishing import install

HELP = "publish a preset and put it in force now"


def add_arguments(parser: ArgumentParser) -> None:
    """`install PRESET`."""
    parser.add_argument("preset")


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Put every policy of the preset in force."""
    try:
        found = preset_files.load(options["preset"])
    except KeyError as error:
        raise CommandError(f"There is no preset {error}. There are: {', '.join(preset_files.names())}.") from error
    for preset in found:
        version = install(preset, starts_at=timezone.now())
        out.write(f"{preset.key}: version {version.number} ({preset.source}) is in force.")
    return 0
