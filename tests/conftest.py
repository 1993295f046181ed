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
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import TransactionTestCase
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reprieve.actions.draft_policy import draft_policy
from reprieve.actions.open_revision import open_revision
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.orders.models import OrderFile
from reprieve.policies.models import Activation, Policy
from tests.factories.cards import a_card, a_card_visit
from tests.factories.money import a_refund
from tests.factories.people import Cast, make_cast
from tests.factories.simulations import a_simulation
from tests.factories.things import (
    NOON,
    TO_DESIGN,
    Catalog,
    an_invoice,
    an_order,
    an_upload,
    make_catalog,
    moved,
    put_rules_in_force,
)

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--shots`: journeys leave screenshots of every page that they look at."""
    parser.addoption("--shots", action="store_true", help="leave screenshots in test-results/pages")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that query and those that drive a browser; without a browser leave those out, with the reason."""
    for item in items:
        if _may_query(item):
            item.add_marker("database")
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
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where the product runs: in a browser test, `page.goto("/orders/")` is enough."""
    return live_server.url


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody who takes part; see tests/factories/people.py."""
    return make_cast()


@pytest.fixture
def catalog(db: None) -> Catalog:
    """A product of each family, and reasons; see tests/factories/things.py."""
    return make_catalog()


@pytest.fixture
def rules(db: None) -> None:
    """The demo lab's rules are in force."""
    put_rules_in_force()


@pytest.fixture
def addresses(cast: Cast, catalog: Catalog, rules: None, settings: Settings) -> dict[str, object]:
    """What stands for each parameter of a route: rows of the owner's practice. The business takes cards."""
    settings.CARD_GATEWAY = "fake"
    order = an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),))
    order = moved(order, *TO_DESIGN)
    request = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    revision = open_revision(
        order_id=order.pk, actor=cast.actor("production"), expected_version=order.version, now=NOON
    )
    draft = draft_policy(policy_key="order-cancellation", actor=cast.actor("director"), now=NOON)
    return {
        "number": order.number,
        "refund_id": a_refund(catalog, cast.actor("owner")).pk,
        "name": an_invoice(catalog, cast.actor("owner")).name,
        "file_id": OrderFile.objects.get().pk,
        "cancellation_id": request.pk,
        "decision_id": request.decision_id,
        "revision_id": revision.pk,
        "person_id": cast.colleague.pk,
        "pk": cast.practice.pk,
        "key": Policy.objects.earliest("pk").key,
        "version": 1,
        "draft_id": draft.pk,
        "card_id": a_card(cast).pk,
        "visit": a_card_visit(cast).key,
        "simulation_id": a_simulation(draft).pk,
        "activation_id": Activation.objects.get(policy=draft.policy).pk,
        "place": 1,
        "action": "cancel",
    }


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
