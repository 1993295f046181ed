"""How pytest runs here: which database, which browser. The people and things to test with stand elsewhere.

The database is SQLite, or the one that DATABASE_URL names (`bin/with-postgres .venv/bin/pytest …` starts one).
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import TransactionTestCase
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests import examples  # noqa: F401 - hypothesis' profiles, before a test is read
from tests.factories.people import Cast, make_cast
from tests.factories.things import Catalog, make_catalog, put_rules_in_force
from tests.factories.world import World, make_world
from tests.patience import PATIENCE

HERE = Path(__file__).parent
JOURNEYS = HERE / "journeys"
# What these look at looks the same on both databases, and what it asks of them is asked in the other folders as well.
# Where a page asks more (it searches, sorts, counts, locks), its tests are marked `both`.
PAGES = {"console", "demo", "journeys", "portal", "web", "test_routes.py", "test_words.py"}
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--shots`: journeys leave screenshots of every page that they look at."""
    parser.addoption("--shots", action="store_true", help="leave screenshots in test-results/pages")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what queries, what does so on both databases, and what needs a browser; without one leave that out."""
    for item in items:
        if _may_query(item):
            item.add_marker("database")
            if item.path.relative_to(HERE).parts[0] not in PAGES:
                item.add_marker("both")
        if JOURNEYS in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=CHROMIUM_IS_MISSING))


def _may_query(item: pytest.Item) -> bool:
    """Whether pytest-django lets the test query. It stops every other one that tries, so the mark cannot be wrong."""
    asked_for = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    test_class = getattr(item, "cls", None) or object
    return bool(asked_for) or "django_db" in item.keywords or issubclass(test_class, TransactionTestCase)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium instead of one that Playwright would download."""
    # Playwright's event loop stays in this thread from here on, and Django would refuse to query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    patience = {"timeout": PATIENCE * 1000}
    return {**browser_type_launch_args, **patience, "executable_path": CHROMIUM, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where the product runs: in a browser test, `page.goto("/orders/")` is enough."""
    return live_server.url


@pytest.fixture
def cast(request: pytest.FixtureRequest, db: None) -> Cast:
    """Everybody who takes part; see tests/factories/people.py."""
    return _world(request).cast if _has_a_world(request) else make_cast()


@pytest.fixture
def catalog(request: pytest.FixtureRequest, db: None) -> Catalog:
    """A product of each family, and reasons; see tests/factories/things.py."""
    return _world(request).catalog if _has_a_world(request) else make_catalog()


@pytest.fixture
def rules(request: pytest.FixtureRequest, db: None) -> None:
    """The demo lab's rules are in force."""
    if _has_a_world(request):
        _world(request)
    else:
        put_rules_in_force()


@pytest.fixture
def world(db: None) -> World:
    """The cast, the catalog, the rules, and a row of everything; see tests/factories/world.py."""
    return make_world()


@pytest.fixture
def addresses(world: World, settings: Settings) -> dict[str, object]:
    """What stands for each parameter of a route: rows of the owner's practice. The business takes cards."""
    settings.CARD_GATEWAY = "fake"
    return world.addresses


def _has_a_world(request: pytest.FixtureRequest) -> bool:
    return "world" in request.fixturenames


def _world(request: pytest.FixtureRequest) -> World:
    world: World = request.getfixturevalue("world")
    return world


@pytest.fixture(scope="session", autouse=True)
def drop_whoever_is_still_connected() -> Iterator[None]:
    """The database goes at the end, even if a thread of the server that a browser talked to still holds on to it."""
    if connection.vendor != "postgresql":
        yield
        return

    def drop(self: BaseDatabaseCreation, test_database_name: str, verbosity: int) -> None:
        self.connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
        with self._nodb_cursor() as cursor:  # type: ignore[attr-defined]  # as every creation has
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(test_database_name)} WITH (FORCE)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.creation), "_destroy_test_db", drop)
        yield


@pytest.fixture(scope="session", autouse=True)
def flush_despite_append_only_tables() -> Iterator[None]:
    """Tests with real transactions end by emptying every table; on SQLite our triggers would forbid it."""
    if connection.vendor != "sqlite":
        yield
        return
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_without_triggers(self: BaseDatabaseOperations, sql_list: Sequence[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drops = [f"DROP TRIGGER {name}" for name, _ in triggers]
        flush(self, [*drops, *sql_list, *(sql for _, sql in triggers)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", flush_without_triggers)
        yield
