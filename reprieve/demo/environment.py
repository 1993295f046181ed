"""The settings under which the demo runs, and its folder. Nothing here needs Django: it has to be there before."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path("var/demo")
HOST = "127.0.0.1"
MADE_BY_USE = ("reprieve.sqlite3", "reprieve.sqlite3-wal", "reprieve.sqlite3-shm", "files", "mail", "uploading")
KEPT_FROM_OUTSIDE = ("REPRIEVE_LOG_LEVEL",)


class RunningAlready(Exception):  # noqa: N818 - an answer, not a failure
    """Another process serves the demo from this folder."""


def put_in_place(folder: Path, port: int) -> None:
    """Replace the settings of whatever else runs on this machine by the demo's own: it must never touch real data."""
    for name in list(os.environ):
        if name == "DATABASE_URL" or (name.startswith("REPRIEVE_") and name not in KEPT_FROM_OUTSIDE):
            del os.environ[name]
    kept = {name: os.environ[name] for name in KEPT_FROM_OUTSIDE if name in os.environ}
    os.environ |= {**variables(folder, port), **kept}


def variables(folder: Path, port: int) -> Mapping[str, str]:
    """Every variable that the demo sets."""
    return {
        "DJANGO_SETTINGS_MODULE": "reprieve.config.settings",
        "REPRIEVE_DATA": str(folder.resolve()),
        "REPRIEVE_SECRET_KEY": secret_key(folder),
        "REPRIEVE_BASE_URL": f"http://localhost:{port}",
        "REPRIEVE_BUSINESS": "Alder & Finch Dental Lab",
        "REPRIEVE_TIME_ZONE": "America/New_York",
        "REPRIEVE_LANGUAGE": "en-us",
        "REPRIEVE_CURRENCY": "USD",
        "REPRIEVE_SUPPORT_EMAIL": "support@lab.example",
        "REPRIEVE_SUPPORT_PHONE": "+1 617 555 0142",
        "REPRIEVE_LOG_LEVEL": "WARNING",
    }


def secret_key(folder: Path) -> str:
    """The demo's own key, made once, so that people stay signed in over a restart."""
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="ascii")
    return path.read_text(encoding="ascii")


def forget(folder: Path, names: tuple[str, ...] = MADE_BY_USE) -> None:
    """Remove what using the demo has made. Anything else in the folder stays."""
    for name in names:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While this is open no other process serves the demo. Raises RunningAlready."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise RunningAlready(f"The demo in {folder} is running already. Stop it there with Ctrl-C.") from busy
        yield
