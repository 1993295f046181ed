from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.lib.durations import read_duration, write_duration

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45 days", 45 * DAY),
        ("45d", 45 * DAY),
        ("1 h 30 min", 1.5 * HOUR),
        ("1 hour and 30 minutes", 1.5 * HOUR),
        ("1 hour, 30 minutes", 1.5 * HOUR),
        ("1.5 hours", 1.5 * HOUR),
        (" 2  Weeks ", 14 * DAY),
        ("PT1H", HOUR),
        ("pt1h30m", 1.5 * HOUR),
        ("P45D", 45 * DAY),
        ("P1DT0.5S", DAY + timedelta(seconds=0.5)),
        ("-2 hours", -2 * HOUR),
        ("minus 2 hours", -2 * HOUR),
        ("0 minutes", timedelta()),
    ],
)
def test_reads_what_people_write(text: str, length: timedelta) -> None:
    assert read_duration(text) == length


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "A length of time is missing"),
        ("soon", "This is no length of time"),
        ("45", "This is no length of time"),
        ("2 months", "Months and years have no fixed length; write days"),
        ("2 fortnights", "fortnights is no unit of time"),
        ("9999999999 weeks", "That is longer than any calendar"),
        ("PT", "This is no length of time"),
        ("1 hour or 2", "This is no length of time"),
        ("٣ days", "This is no length of time"),
    ],
)
def test_says_what_is_wrong_with_the_rest(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_duration(text)


@given(st.timedeltas())
def test_reads_back_whatever_it_writes(length: timedelta) -> None:
    assert read_duration(write_duration(length)) == length


def test_writes_the_units_that_people_use() -> None:
    assert write_duration(14 * DAY) == "14 days"
    assert write_duration(-1.5 * HOUR) == "-1 hour 30 minutes"
    assert write_duration(timedelta(seconds=1.25)) == "1.25 seconds"
