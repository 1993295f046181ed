"""When things happen in the demo."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from reprieve.demo.case import LAB, PRACTICE, Case, Step, moments

WEDNESDAY = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        ("2026-11-18T15:20", "2026-11-18T15:20"),
        ("2026-11-18T03:20", "2026-11-18T10:20"),
        ("2026-11-18T18:00", "2026-11-19T08:00"),
        ("2026-11-20T19:01", "2026-11-23T09:01"),
        ("2026-11-22T12:00", "2026-11-23T08:00"),
    ],
)
def test_staff_work_on_weekdays_from_eight_to_six(at: str, opened: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert LAB.next(moment).isoformat(timespec="minutes").removesuffix("+00:00") == opened


@override_settings(BUSINESS_TIME_ZONE="America/New_York")
def test_the_lab_opens_in_its_own_time_zone() -> None:
    assert LAB.next(WEDNESDAY.replace(hour=12)) == WEDNESDAY.replace(hour=15)


def test_steps_keep_their_order_and_never_come_after_now() -> None:
    told: list[datetime] = []
    steps = [Step(HOUR, lambda _case, at: told.append(at), by=LAB if n % 2 else PRACTICE) for n in range(40)]
    case = Case(0, *[None] * 3)  # type: ignore[arg-type]  # nobody does anything here
    for at, step in moments(steps, since=WEDNESDAY, now=WEDNESDAY + 40 * HOUR):
        step.tell(case, at)
    assert len(told) == 40
    assert told == sorted(told)
    assert told[-1] <= WEDNESDAY + 40 * HOUR
    assert told[0] == WEDNESDAY + HOUR


def test_what_a_step_sets_off_is_over_before_the_next_and_before_now() -> None:
    night = WEDNESDAY.replace(hour=5)  # of the three steps each would rather wait for eight o'clock
    steps = [Step(HOUR, lambda _case, _at: None, sets_off=timedelta(minutes=30)) for _ in range(3)]
    told = [at for at, _step in moments(steps, since=night, now=WEDNESDAY.replace(hour=8, minute=25))]
    assert told == [night + HOUR, night + 2 * HOUR, night + 3 * HOUR]


def test_nobody_submits_a_case_at_night() -> None:
    night = WEDNESDAY.replace(hour=2)
    evening = PRACTICE.last(night)
    assert evening < night
    assert PRACTICE.includes(evening)
    assert PRACTICE.last(WEDNESDAY) == WEDNESDAY
