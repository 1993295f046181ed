"""What it takes to serve: the web server's and the worker's command lines, and what has to be in place before."""

import socket
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext

from reprieve.lib.errors import Refused

WORKER_THREADS = 2
ABANDONED = timedelta(days=1)


class NotReady(Refused):
    """Something has to be done before the product can be served; `why` and `remedy` say what."""


def web_server(*, host: str, port: int, processes: int = 1, threads: int = settings.WEB_THREADS) -> list[str]:
    """The command that serves web pages. No access log: addresses of pages are nobody else's business.

    Below errors granian only wonders at the many threads, which are there for slow uploads.
    """
    return [
        *(sys.executable, "-m", "granian", "reprieve.config.wsgi:application"),
        *("--interface", "wsgi", "--no-ws"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(processes), "--blocking-threads", str(threads)),
        *("--workers-kill-timeout", "20", "--log-level", "error", "--no-access-log"),
    ]


def worker() -> list[str]:
    """The command that does what happens in the background."""
    return [sys.executable, "-m", "django", "ox_worker", "--concurrency", str(WORKER_THREADS), "--verbosity", "0"]


def require_ready(host: str, port: int) -> None:
    """Raises NotReady if the database is behind, static files are not collected, or the port is taken."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady(gettext("The database is not up to date."), remedy=gettext("Run `reprieve migrate` first."))
    manifest = getattr(staticfiles_storage, "manifest_name", None)
    if manifest is not None and not Path(settings.STATIC_ROOT, manifest).is_file():
        raise NotReady(
            gettext("The static files are not collected."),
            remedy=gettext("Run `reprieve collectstatic --no-input` first."),
        )
    require_free(host, port)


def require_free(host: str, port: int) -> None:
    """Raises NotReady if something listens there already, or nobody may."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        raise NotReady(
            gettext("%(host)s:%(port)s cannot be served: %(strerror)s.")
            % {"host": host, "port": port, "strerror": problem.strerror},
            remedy=gettext("Choose another with --port."),
        ) from problem


def remove_abandoned_uploads(now: datetime) -> None:
    """Remove what a server that was killed left of files that were arriving: what is older than a day arrives no more.

    Only files that Django named are looked at.
    """
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(FileNotFoundError):  # it has arrived just now, at another process
            if now.timestamp() - path.stat().st_mtime > ABANDONED.total_seconds():
                path.unlink()
