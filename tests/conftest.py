"""How pytest runs here: which database, which browser. The people and things to test with stand elsewhere.

The database is SQLite, or the one that DATABASE_URL names (`bin/with-postgres .venv/bin/pytest …` starts one).
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

JOURNEYS = Path(__file__).parent / "journeys"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_IS_MISSING = "Chromium is not installed (Debian, Ubuntu: apt-get install chromium)"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # Chromium's sandbox refuses root, which is whom containers run as
    # What follows keeps Chromium from calling home in the middle of a test.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that drive a browser, and leave them out, with the reason, where there is none."""
    for item in items:
        if JOURNEYS in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=CHROMIUM_IS_MISSING))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium instead of one that Playwright would download."""
    # Playwright's event loop stays in this thread from here on, and Django would refuse to query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where the product runs: in a browser test, `page.goto("/orders/")` is enough."""
    return live_server.url
