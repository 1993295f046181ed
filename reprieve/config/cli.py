"""The console script `reprieve`. Each command is a Django management command of one of our apps or of Django itself."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run `reprieve COMMAND …`; a wrong setting ends with one sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reprieve.config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"reprieve: {problem}")
