"""`reprieve policy list`: the rules that are shipped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import OutputWrapper

from reprieve.policies.presets import files as preset_files

HELP = "the presets that are shipped"


def add_arguments(_parser: ArgumentParser) -> None:
    """`list`."""


def run(_options: dict[str, Any], out: OutputWrapper) -> int:
    out.write("\n".join(preset_files.names()))
    return 0
