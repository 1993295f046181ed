"""`reprieve policy simulate`: what is asked of which rules, what is printed, and that nothing is stored."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from reprieve.actions.cancel_order import cancel_order
from reprieve.orders.models import Order
from reprieve.policies.models import Draft, PolicyVersion, Simulation
from reprieve.policies.presets.files import PRESETS
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_DESIGN, Catalog, an_order, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
KEY = "order-cancellation"
MARCH = ("--from", "2026-03-01", "--to", "2026-04-01")
GENERAL = PRESETS / "general" / "order-cancellation.toml"


@pytest.fixture(autouse=True)
def in_april() -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(days=40)):
        yield


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    """Crowns in design, which the lab lets go, and the general rules do not; cancelled on the next day."""
    owner = cast.actor("owner")
    order = moved(an_order(catalog, owner), *TO_DESIGN, now=NOON + MINUTE)
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + timedelta(days=1, hours=1))
    return order


def simulate(*arguments: object) -> list[str]:
    out = StringIO()
    call_command("policy", "simulate", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_says_what_changes_and_shows_it(order: Order) -> None:
    lines = simulate(GENERAL, *MARCH)
    assert lines[:5] == [
        f"{KEY}: {GENERAL} beside version 1, 2026-03-01 to 2026-04-01 (UTC)",
        "",
        "Where decisions were made: 1 answers about 1; 1 change, 0 in their terms alone",
        "     allow → request          1 about 1  *",
        (
            f"  for example {order.number} on 2026-03-05 13:00 UTC: "
            "allow by “made-in-design” → request by “being-processed”"
        ),
    ]
    assert "Had everybody asked every day: " in lines[6]


def test_programs_read_json(order: Order) -> None:
    (line,) = simulate(GENERAL, *MARCH, "--json")
    found = json.loads(line)
    assert (found["policy"], found["against"], found["from"]) == (KEY, 1, "2026-03-01T00:00:00+00:00")
    assert found["decisions"]["cells"] == [{"old": "allow", "new": "request", "asks": 1, "subjects": 1}]
    assert found["decisions"]["samples"][0]["number"] == order.number


def test_a_version_against_itself_changes_nothing(order: Order) -> None:
    (line,) = simulate(f"{KEY}@1", *MARCH, "--json")
    assert all(cell["old"] == cell["new"] for cell in json.loads(line)["decisions"]["cells"])


def test_a_key_is_the_newest_draft(order: Order, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no draft of order-cancellation\. Name a file"):
        simulate(KEY)
    call_command("policy", "import", str(GENERAL), stdout=StringIO())
    assert simulate(KEY, *MARCH)[0].startswith(f"{KEY}: draft {Draft.objects.get().pk} beside version 1, ")


def test_a_dmn_file_needs_the_policy_s_key(order: Order, tmp_path: Path) -> None:
    path = tmp_path / "rules.dmn"
    call_command("policy", "export", KEY, "-o", str(path))
    with pytest.raises(CommandError, match="A DMN file does not say which policy it is of"):
        simulate(path)
    (line,) = simulate(path, "--key", KEY, *MARCH, "--json")
    assert json.loads(line)["decisions"]["asks"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "March"), '--from: "March" is not a date; write it as 2026-11-21.'),
        (("--from", "2026-04-02", "--to", "2026-04-01"), "The period has to begin before it ends."),
        (("--to", "2027-01-01"), "The period has to be over"),
        (("--from", "2020-01-01"), "Please choose a period of two years at most."),
    ],
)
def test_a_period_that_cannot_be_asked_is_refused(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        simulate(GENERAL, *arguments)
    assert said in str(refused.value)


def test_nothing_is_stored(order: Order) -> None:
    before = (PolicyVersion.objects.count(), Draft.objects.count())
    simulate(GENERAL, *MARCH)
    assert (PolicyVersion.objects.count(), Draft.objects.count()) == before
    assert not Simulation.objects.exists()
