"""What rules see of an appointment, and a table that decides about one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reprieve.accounts.actors import ActorKind
from reprieve.appointments.facts import (
    APPOINTMENT_FACTS,
    LOOK_BACK,
    AppointmentStatus,
    CustomerKind,
    KnownAppointment,
)
from reprieve.dmn.analyse import analyse
from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Row, Table, check
from reprieve.policies.facts.registry import Asking, columns_of
from reprieve.policies.facts.stored import NoTwinError
from reprieve.policies.in_force import Rules
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.rulings import Ruling, rule
from reprieve.policies.sql.case import row_of

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
ASKING = Asking(now=NOW, who=ActorKind.CUSTOMER, reason="ill", zone=ZoneInfo("Europe/Berlin"))

CUT = KnownAppointment(
    status=AppointmentStatus.BOOKED,
    service="cut",
    category="hair",
    provider="lee",
    booked_at=NOW - 10 * DAY,
    starts_at=datetime(2026, 3, 29, 22, tzinfo=UTC),  # Monday, 0:00 in Berlin, where the clocks went forward
    deposit_paid=True,
    plan="standard",
    customer=CustomerKind.RETURNING,
    late_cancellations=(NOW - LOOK_BACK, NOW - LOOK_BACK + MICROSECOND, NOW - DAY),
    no_shows=(NOW - 400 * DAY, NOW, NOW + DAY),
)


def test_every_fact_has_its_exact_value() -> None:
    assert APPOINTMENT_FACTS.gather(APPOINTMENT_FACTS.facts, CUT, ASKING) == {
        "status": "booked",
        "service": "cut",
        "service_category": "hair",
        "provider": "lee",
        "notice": CUT.starts_at,
        "since_booking": CUT.booked_at,
        "lead": 12 * DAY + 10 * HOUR,
        "start_weekday": "monday",
        "deposit_paid": True,
        "late_cancellations": 2,
        "no_shows": 1,
        "plan": "standard",
        "customer": "returning",
        "reason": "ill",
        "who_asks": "customer",
    }


def test_the_lead_is_elapsed_time_whatever_the_clocks_do() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    booked, starts = datetime(2026, 3, 28, 12, tzinfo=berlin), datetime(2026, 3, 29, 12, tzinfo=berlin)
    facts = APPOINTMENT_FACTS.gather(["lead"], replace(CUT, booked_at=booked, starts_at=starts), ASKING)
    assert facts == {"lead": 23 * HOUR}


def test_tables_about_appointments_know_the_columns() -> None:
    assert dict(columns_of("appointment")) == dict(APPOINTMENT_FACTS.columns())


def ruling(appointment: KnownAppointment, *, now: datetime = NOW) -> Ruling:
    """By the rules of a salon: the deposit is given back until a day before; who often did not come has to ask."""
    columns = APPOINTMENT_FACTS.columns()
    rules: list[tuple[str, dict[str, str], dict[str, object]]] = [
        ("over", {"status": 'not("booked")'}, {"outcome": "refuse"}),
        ("unreliable", {"no_shows": ">= 2"}, {"outcome": "request"}),
        ("in-time", {"notice": '>= duration("P1D")'}, {"outcome": "allow", "refund_share": 1, "keep_deposit": False}),
        ("late", {"notice": '> duration("PT0S")'}, {"outcome": "allow", "keep_deposit": True}),
        ("begun", {}, {"outcome": "refuse"}),
    ]
    names = ("status", "no_shows", "notice")
    rows = tuple(
        Row(row, {name: parse_cell(cell, columns[name].type) for name, cell in cells.items()}, outputs)  # type: ignore[arg-type]  # values
        for row, cells, outputs in rules
    )
    outputs = tuple(OUTPUTS[name] for name in ("outcome", "refund_share", "keep_deposit"))
    table = Table("Cancelling", tuple(columns[name] for name in names), outputs, rows, {"outcome": "request"})
    assert check(table) == []
    assert (analyse(table).gaps, analyse(table).unreachable) == ((), ())
    rulebook = Rules(1, 1, compile_table(table))
    return rule(rulebook, APPOINTMENT_FACTS, appointment, action="cancel", asking=replace(ASKING, now=now))


@pytest.mark.parametrize(
    ("left", "row", "keeps_deposit"),
    [
        (DAY, "in-time", False),
        (DAY - MICROSECOND, "late", True),
        (MICROSECOND, "late", True),
        (timedelta(), "begun", None),
    ],
)
def test_a_table_decides_by_the_notice(left: timedelta, row: str, keeps_deposit: bool | None) -> None:  # noqa: FBT001
    found = ruling(replace(CUT, no_shows=()), now=CUT.starts_at - left)
    assert (found.decision.row, found.output("keep_deposit")) == (row, keeps_deposit)


def test_an_answer_ends_as_the_notice_runs_out() -> None:
    end = next(ruling(replace(CUT, no_shows=())).changes)
    assert (end.until, end.inclusive, end.decision.row) == (CUT.starts_at - DAY, True, "late")


def test_an_answer_ends_as_a_missed_appointment_is_forgiven() -> None:
    missed = (NOW - LOOK_BACK + HOUR, NOW - DAY)
    found = ruling(replace(CUT, no_shows=missed))
    assert found.decision.row == "unreliable"
    end = next(found.changes)
    assert (end.until, end.inclusive, end.decision.row) == (NOW + HOUR, False, "in-time")


def test_the_handbook_explains_every_fact() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    section = handbook.split("| fact of an appointment |")[1].split("###")[0]
    assert [name for name in APPOINTMENT_FACTS.facts if f"`{name}`" not in section] == []


def test_the_database_says_that_it_cannot_be_asked_yet() -> None:
    with pytest.raises(NoTwinError, match="not kept in the database yet"):
        row_of(ruling(CUT).rules.compiled, APPOINTMENT_FACTS, ASKING)
