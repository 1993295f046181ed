"""The console script `reprieve`. Each command is a Django management command of one of our apps or of Django itself."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from reprieve.demo import run as demo


def main() -> None:
    """Run `reprieve COMMAND …`; a wrong setting ends with one sentence instead of a traceback."""
    try:
        if sys.argv[1:2] == ["demo"]:
            demo.main(sys.argv[2:])  # brings settings of its own
        else:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reprieve.config.settings")
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"reprieve: {problem}")
