"""The weekday and the hour of now turn when the clock on the wall says so, also where it is put forward or back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reprieve.accounts.actors import ActorKind
from reprieve.policies.facts import wall_clock
from reprieve.policies.facts.registry import Asking

MICROSECOND = timedelta(microseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asking(now: datetime, zone: str) -> Asking:
    return Asking(now=now, who=ActorKind.CUSTOMER, reason=None, zone=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "now", "hour", "weekday"),
    [
        ("Europe/Berlin", "2026-11-21T12:34:56.000007+00:00", "2026-11-21T13:00+00:00", "2026-11-21T23:00+00:00"),
        ("Europe/Berlin", "2026-11-21T23:00+00:00", "2026-11-22T00:00+00:00", "2026-11-22T23:00+00:00"),
        ("Asia/Kathmandu", "2026-11-21T12:34+00:00", "2026-11-21T13:15+00:00", "2026-11-21T18:15+00:00"),
    ],
)
def test_turn_at_the_next_full_hour_and_midnight(zone: str, now: str, hour: str, weekday: str) -> None:
    question = asking(datetime.fromisoformat(now), zone)
    assert wall_clock.next_hour(None, question) == datetime.fromisoformat(hour)
    assert wall_clock.next_weekday(None, question) == datetime.fromisoformat(weekday)


@pytest.mark.parametrize(
    ("zone", "shift"),
    [
        ("Europe/Berlin", "2026-03-29T01:00+00:00"),  # 2:00 becomes 3:00
        ("Europe/Berlin", "2026-10-25T01:00+00:00"),  # 3:00 becomes 2:00
        ("America/New_York", "2026-11-01T06:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00+00:00"),  # by half an hour
        ("America/Havana", "2026-03-08T05:00+00:00"),  # has no midnight
        ("America/Havana", "2026-11-01T05:00+00:00"),  # has two
        ("Pacific/Apia", "2011-12-30T10:00+00:00"),  # leaves out a day
    ],
)
def test_equal_stepping_through_time_where_the_clocks_are_changed(zone: str, shift: str) -> None:
    at = datetime.fromisoformat(shift)
    clock = ZoneInfo(zone)
    assert (at - MICROSECOND).astimezone(clock).utcoffset() != at.astimezone(clock).utcoffset()
    instants = [at + step * timedelta(minutes=1) for step in range(-2 * 24 * 60, 2 * 24 * 60)]
    for fact, turns in ((wall_clock.hour, wall_clock.next_hour), (wall_clock.weekday, wall_clock.next_weekday)):
        changes = [now for now in instants[1:] if fact(now, clock) != fact(now - timedelta(minutes=1), clock)]
        found, now = [], instants[0]
        while (now := turns(None, asking(now, zone))) <= instants[-1]:
            if fact(now, clock) != fact(now - MICROSECOND, clock):
                found.append(now)
        assert found == changes
        assert len(changes) >= 3


def test_tell_in_utc() -> None:
    now = datetime(2026, 11, 21, 12, 34, tzinfo=ZoneInfo("America/New_York"))
    question = asking(now, "Europe/Berlin")
    assert wall_clock.next_hour(None, question).tzinfo is UTC
    assert wall_clock.next_hour(None, question) == datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert (wall_clock.weekday(now, question.zone), wall_clock.hour(now, question.zone)) == ("saturday", 18)
