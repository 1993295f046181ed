"""`reprieve policy install PRESET` and `list`: the rules that are shipped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db import transaction
from django.utils import timezone

from reprieve.lib.errors import Refused
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.presets import files as preset_files

HELP = "publish a preset and put it in force now"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("preset")


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Put every policy of the preset in force, or none."""
    try:
        found = preset_files.load(options["preset"])
    except KeyError as error:
        raise CommandError(f"There is no preset {error}. There are: {', '.join(preset_files.names())}.") from error
    lines = []
    with transaction.atomic():
        for preset in found:
            try:
                version = install(preset, starts_at=timezone.now())
            except Refused as refusal:
                raise CommandError(f"{preset.key}: {refusal.why} {refusal.remedy}".strip()) from refusal
            lines.append(f"{preset.key}: version {version.number} ({preset.source}) is in force.")
    out.write("\n".join(lines))
    return 0
