"""Decisions per second of the tables that the demo lab runs under, as they are shipped."""

import os
import sys

import django

from bench.decisions import holds, measure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reprieve.config.settings")
os.environ.setdefault("REPRIEVE_DEBUG", "1")  # asks for no secret key: nothing is signed here
django.setup()

from reprieve.policies.presets import files as preset_files  # noqa: E402 - Django has to be set up first


def main() -> int:
    """Measure every table of the preset. Returns 1 if one of them is far too slow, else 0."""
    return 0 if holds([measure(preset.table) for preset in preset_files.load("lab")]) else 1


if __name__ == "__main__":
    sys.exit(main())
