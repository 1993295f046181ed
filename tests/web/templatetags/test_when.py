"""How instants read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from reprieve.web.templatetags.when import countdown, instant, moment

NOW = datetime(2026, 11, 21, 13, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(minutes=37), "in 37 minutes"),
        (timedelta(minutes=1, seconds=59), "in 1 minute"),
        (timedelta(seconds=59), "in 59 seconds"),
        (timedelta(0), "in 0 seconds"),
        (timedelta(hours=23, minutes=59), "in 23 hours"),
        (timedelta(days=1, hours=23), "in 1 day"),
        (timedelta(days=36, hours=23), "in 37 days"),
        (timedelta(days=36, hours=11), "in 36 days"),
        (-timedelta(hours=2, minutes=10), "2 hours ago"),
    ],
)
def test_counts_down_in_the_largest_whole_unit(delta: timedelta, words: str) -> None:
    assert countdown(NOW + delta, NOW) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 21, 14, 32, tzinfo=UTC), "today, 14:32"),
        (datetime(2026, 11, 22, 9, 0, tzinfo=UTC), "tomorrow, 09:00"),
        (datetime(2026, 11, 20, 23, 59, tzinfo=UTC), "yesterday, 23:59"),
        (datetime(2026, 12, 27, 14, 32, tzinfo=UTC), "27 Dec, 14:32"),
        (datetime(2025, 12, 27, 14, 32, tzinfo=UTC), "27 Dec 2025, 14:32"),
    ],
)
def test_names_the_day_as_people_do(at: datetime, words: str) -> None:
    assert moment(at, NOW) == words


def test_speaks_in_the_readers_time_zone() -> None:
    with timezone.override("Asia/Tokyo"):
        assert moment(datetime(2026, 11, 21, 16, 0, tzinfo=UTC), NOW) == "tomorrow, 01:00"


def test_writes_the_machine_form_in_utc() -> None:
    with timezone.override("Asia/Tokyo"):
        assert instant(timezone.localtime(NOW)) == "2026-11-21T13:55:00Z"
