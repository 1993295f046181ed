"""Lengths of time as people write them in a form: “45 days”, “1 h 30 min”, “-2 hours”, and ISO 8601 such as PT1H."""

import re
from datetime import timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

HOW_TO_WRITE = _("write it like 45 days, 1 h 30 min or PT1H")

UNITS: tuple[tuple[str, timedelta, tuple[str, ...]], ...] = (
    ("week", timedelta(weeks=1), ("w", "wk", "wks", "week", "weeks")),
    ("day", timedelta(days=1), ("d", "day", "days")),
    ("hour", timedelta(hours=1), ("h", "hr", "hrs", "hour", "hours")),
    ("minute", timedelta(minutes=1), ("m", "min", "mins", "minute", "minutes")),
    ("second", timedelta(seconds=1), ("s", "sec", "secs", "second", "seconds")),
)
_LENGTHS = {word: length for _, length, words in UNITS for word in words}
_CALENDAR = {"mo", "mth", "month", "months", "y", "yr", "yrs", "year", "years"}
_PART = re.compile(r"(?:(?<=.)(?:,|\band\b)?\s*)?([0-9]{1,12})(?:\.([0-9]{1,6}))?\s*([a-z]+)\s*", re.ASCII)
_ISO = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,9})D)?(?:T(?=[0-9])(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?"
    r"(?:([0-9]{1,15})(?:\.([0-9]{1,6}))?S)?)?",
    re.ASCII | re.IGNORECASE,
)
_SIGNS = ("-", "−", "minus ")


def read_duration(text: str) -> timedelta:
    """The length of time that somebody wrote.

    Raises ValueError with a sentence that says what is wrong. Days are 24 hours; months and years have no fixed length.
    """
    words = " ".join(text.split()).lower()
    sign = next((mark for mark in _SIGNS if words.startswith(mark)), "")
    try:
        length = _unsigned(words.removeprefix(sign).strip())
    except OverflowError as problem:
        raise ValueError(gettext("That is longer than any calendar")) from problem
    return -length if sign else length


def _unsigned(words: str) -> timedelta:
    if iso := _ISO.fullmatch(words):
        days, hours, minutes, seconds, fraction = iso.groups()
        parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
        length = sum((int(number) * _LENGTHS[unit] for number, unit in parts if number), timedelta())
        return length + _fraction(fraction, timedelta(seconds=1))
    length, at = timedelta(), 0
    while at < len(words):
        part = _PART.match(words, at)
        if part is None:
            raise ValueError(gettext("This is no length of time"))
        number, fraction, unit = part.groups()
        if unit in _CALENDAR:
            raise ValueError(gettext("Months and years have no fixed length; write days"))
        if unit not in _LENGTHS:
            raise ValueError(gettext("%s is no unit of time") % unit[:20])
        length += int(number) * _LENGTHS[unit] + _fraction(fraction, _LENGTHS[unit])
        at = part.end()
    if not words:
        raise ValueError(gettext("A length of time is missing"))
    return length


def _fraction(digits: str | None, unit: timedelta) -> timedelta:
    """What stands behind the point, exact to the microsecond."""
    return int((digits or "0").ljust(6, "0")) * unit // 10**6


def write_duration(length: timedelta) -> str:
    """The length in whole units, exactly; `read_duration` reads it back: “1 hour 30 minutes”, “0 minutes”."""
    rest, parts = abs(length), []
    for name, unit, _words in UNITS[1:-1]:
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number} {name}{'' if number == 1 else 's'}")
    if rest:
        seconds, micros = divmod(rest, timedelta(seconds=1))
        number_text = f"{seconds}.{micros // timedelta.resolution:06}".rstrip("0").rstrip(".")
        parts.append(f"{number_text} second{'' if number_text == '1' else 's'}")
    return ("-" if length < timedelta() else "") + " ".join(parts or ["0 minutes"])
