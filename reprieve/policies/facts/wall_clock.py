"""Facts that follow the clock on the wall of the business, and when they turn.

A day or an hour of it is as long as the zone says: where the clocks are changed, they turn earlier, later or twice.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reprieve.policies.facts.registry import Asking

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def weekday(instant: datetime, zone: ZoneInfo) -> str:
    """The day of the week of an instant, by its clock in the zone."""
    return WEEKDAYS[instant.astimezone(zone).weekday()]


def hour(instant: datetime, zone: ZoneInfo) -> int:
    """The hour of an instant, from 0 to 23, by its clock in the zone."""
    return instant.astimezone(zone).hour


def elapsed(earlier: datetime, later: datetime) -> timedelta:
    """The time that passes between two instants: Python subtracts wall clocks where both are of one zone."""
    return later.astimezone(UTC) - earlier.astimezone(UTC)


def next_weekday(_subject: object, asking: Asking) -> datetime:
    """When the weekday may turn next. Nothing turns before it."""
    here = asking.now.astimezone(asking.zone)
    past = timedelta(hours=here.hour, minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    return _unless_shifted(asking, _DAY - past)


def next_hour(_subject: object, asking: Asking) -> datetime:
    """When the hour may turn next. Nothing turns before it."""
    here = asking.now.astimezone(asking.zone)
    past = timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    return _unless_shifted(asking, _HOUR - past)


def _unless_shifted(asking: Asking, rest: timedelta) -> datetime:
    """The instant after the rest, or the one before it at which the clocks are put forward or back."""

    def offset(instant: datetime) -> timedelta | None:
        return instant.astimezone(asking.zone).utcoffset()

    before = asking.now.astimezone(UTC)
    after = before + rest
    if offset(after) == offset(before):
        return after
    known = offset(before)
    while after - before > timedelta.resolution:
        middle = before + (after - before) // 2
        before, after = (middle, after) if offset(middle) == known else (before, middle)
    return after
