"""`reprieve serve`: the web server, and the worker beside it if asked."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reprieve.commands.processes import run_together
from reprieve.commands.serving import NotReady, remove_abandoned_uploads, require_ready, web_server, worker


class Command(BaseCommand):
    help = "Serve web pages until SIGTERM or Ctrl-C, which let what is under way finish. A proxy in front ends TLS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="default: $HOST or 127.0.0.1")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help="default: $PORT or 8000")
        parser.add_argument("--processes", type=int, default=1, help="web server processes (default: 1)")
        parser.add_argument(
            "--threads",
            type=int,
            default=settings.WEB_THREADS,
            help=f"threads of each; they share {settings.WEB_THREADS} database connections, and are as many by default",
        )
        parser.add_argument(
            "--worker", action="store_true", help="run the worker as well, such as on one small machine"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        host, port = options["host"], options["port"]
        try:
            require_ready(host, port)
        except NotReady as refusal:
            raise CommandError(f"{refusal.why} {refusal.remedy}") from refusal
        remove_abandoned_uploads(timezone.now())
        commands = [web_server(host=host, port=port, processes=options["processes"], threads=options["threads"])]
        if options["worker"]:
            commands.append(worker())
        self.stdout.write(f"Serving on {host}:{port}. Ctrl-C stops it.")
        sys.exit(run_together(commands))
