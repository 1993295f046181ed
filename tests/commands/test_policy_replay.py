"""`reprieve policy replay`: which decisions are made again, and how it ends."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reprieve.actions.cancel_order import cancel_order
from reprieve.policies.models import DecisionRecord
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def replay(*arguments: object) -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command("policy", "replay", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


@pytest.fixture
def decided(cast: Cast, catalog: Catalog) -> list[DecisionRecord]:
    """What was decided on two orders."""
    owner = cast.actor("owner")
    for family in ("design", "crowns"):
        order = an_order(catalog, owner, family)
        cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + MINUTE)
    return list(DecisionRecord.objects.order_by("pk"))


def forge(record: DecisionRecord) -> DecisionRecord:
    """A decision on the same order that its facts do not bear out."""
    return DecisionRecord.objects.create(
        version=record.version,
        action=record.action,
        subject=record.subject,
        subject_id=record.subject_id,
        at=record.at,
        row="about-to-ship",
        outputs=record.outputs,
        facts=record.facts,
    )


def test_every_decision_comes_out_the_same(decided: list[DecisionRecord]) -> None:
    assert len(decided) == 2
    assert replay("--all") == (0, ["2 the same, 0 different"])


def test_one_that_comes_out_otherwise_is_named(decided: list[DecisionRecord]) -> None:
    forged = forge(decided[0])
    said = f"It was decided by about-to-ship, and now by {decided[0].row}."
    assert replay("--all") == (
        1,
        [
            f"decision {forged.pk} (order-cancellation v1): {said}",
            "2 the same, 1 different",
        ],
    )


def test_those_of_one_order_or_one_alone_can_be_asked_for(decided: list[DecisionRecord]) -> None:
    forge(decided[0])
    first, second = (f"R-{record.subject_id + 1000}" for record in decided)
    assert replay("--order", second) == (0, ["1 the same, 0 different"])
    assert replay("--order", first.lower())[0] == 1
    assert replay("--decision-id", decided[0].pk) == (0, ["1 the same, 0 different"])


def test_programs_read_a_line_a_decision(decided: list[DecisionRecord]) -> None:
    status, lines = replay("--all", "--json")
    assert (status, len(lines)) == (0, 2)
    assert json.loads(lines[0]) == {
        "decision": decided[0].pk,
        "version": "order-cancellation v1",
        "agrees": True,
        "row": decided[0].row,
        "outputs": decided[0].outputs,
        "differences": [],
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--decision-id", "7"), "There is no decision 7."),
        (("--order", "R-9"), "There is no order R-9. Orders have numbers such as R-1042."),
        (("--order", "nine"), "There is no order nine."),
        ((), "one of the arguments --decision-id --order --all is required"),
        (("--all", "--order", "R-1001"), "not allowed with argument"),
    ],
)
def test_what_is_not_there_is_named(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        replay(*arguments)


def test_nothing_is_written(decided: list[DecisionRecord]) -> None:
    before = list(DecisionRecord.objects.values())
    replay("--all")
    assert list(DecisionRecord.objects.values()) == before
