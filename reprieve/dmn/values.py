"""The kinds of value that a table knows, how they are written as text and as JSON, and what each must be.

Every value has one canonical Python form, so that equal values are written alike and hash alike: whole numbers are
`int` and others `Decimal`, instants are in UTC, times of day carry no offset. Floats are no value anywhere.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeGuard, cast

type Value = str | int | Decimal | bool | date | time | datetime | timedelta


class ValueType(StrEnum):
    """What a column's facts and constants are."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date_time"
    DURATION = "duration"

    @property
    def noun(self) -> str:
        """The type in the words of a message: "a number"."""
        return _NOUNS[self]

    @property
    def is_ordered(self) -> bool:
        """Whether values compare with < (text does not: each database sorts it differently)."""
        return self not in {ValueType.STRING, ValueType.BOOLEAN}


_NOUNS = {
    ValueType.STRING: "text",
    ValueType.NUMBER: "a number",
    ValueType.BOOLEAN: "true or false",
    ValueType.DATE: "a date",
    ValueType.TIME: "a time of day",
    ValueType.DATE_TIME: "a date and time",
    ValueType.DURATION: "a duration",
}

PYTHON_TYPES: dict[ValueType, tuple[type, ...]] = {
    ValueType.STRING: (str,),
    ValueType.NUMBER: (int, Decimal),
    ValueType.BOOLEAN: (bool,),
    ValueType.DATE: (date,),
    ValueType.TIME: (time,),
    ValueType.DATE_TIME: (datetime,),
    ValueType.DURATION: (timedelta,),
}

_MAX_DIGITS = 34  # DMN numbers are IEEE 754 decimal128
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_EXPONENT_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,6}")
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_OFFSET = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
_DATE_TEXT = re.compile(_DATE)
_TIME_TEXT = re.compile(_TIME)
_DATE_TIME_TEXT = re.compile(f"{_DATE}T{_TIME}{_OFFSET}")
_LOCAL_DATE_TIME_TEXT = re.compile(f"{_DATE}T{_TIME}")
_CALENDAR_DURATION = re.compile(r"-?P[0-9YMD]*[YM][0-9YMD]*(?:T.*)?")
_DURATION = re.compile(
    r"(?P<sign>-)?P(?=[0-9T])(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,12})H)?(?:(?P<minutes>[0-9]{1,12})M)?"
    r"(?:(?P<seconds>[0-9]{1,15})(?:\.(?P<fraction>[0-9]{1,6}))?S)?)?"
)


class NotAValueError(ValueError):
    """A text or JSON value that is not of its place's type. `message` says what is wrong and `hint` what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Comparable(Protocol):
    def __lt__(self, other: object, /) -> bool: ...


def comparable(value: Value) -> Comparable:
    """The value for <, once its column has made sure that both sides have one ordered type."""
    return cast("Comparable", value)


def is_before(a: Value, b: Value) -> bool:
    """Whether `a` < `b`; both of one ordered type."""
    return comparable(a) < comparable(b)


def has_type(value: object, value_type: ValueType) -> TypeGuard[Value]:
    """Whether a Python object is a value of the type (True is no number, an instant is no date, NaN is nothing)."""
    if not isinstance(value, PYTHON_TYPES[value_type]):
        return False
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, datetime):
        return value_type is ValueType.DATE_TIME and value.utcoffset() is not None
    if isinstance(value, time):
        return value.tzinfo is None
    return value_type is ValueType.BOOLEAN or not isinstance(value, bool)


def canonical(value: Value) -> Value:
    """The one form of a value: plain `str`, whole numbers as `int`, instants in UTC.

    Raises:
        NotAValueError: an instant at the edge of the calendar has no UTC form.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool | timedelta):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        return _canonical_decimal(value)
    if isinstance(value, datetime):
        return _canonical_instant(value)
    return value


def _canonical_decimal(value: Decimal) -> Value:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -_MAX_DIGITS <= exponent <= _MAX_DIGITS:
        return value
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(text) if "." in text else int(text)


def _canonical_instant(value: datetime) -> datetime:
    try:
        utc = value.astimezone(UTC)
    except OverflowError as error:
        raise NotAValueError("the date lies outside the calendar", "use a year between 1 and 9999") from error
    return datetime(
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC
    )  # a subclass of datetime becomes a plain one


def value_from_text(text: str, value_type: ValueType) -> Value:
    """Read the plain text of a value: 0.5, 2026-11-21, 14:30:00, 2026-11-21T14:30:00Z, PT1H (strings as they are).

    Raises:
        NotAValueError: the text is no value of the type.
    """
    match value_type:
        case ValueType.STRING:
            return _string(text)
        case ValueType.NUMBER:
            return _number(text)
        case ValueType.BOOLEAN:
            return _boolean(text)
        case ValueType.DURATION:
            return _duration(text)
        case _:
            return _calendar_value(text, value_type)


def _string(text: str) -> str:
    try:
        joined = text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise NotAValueError("the text holds half a character", "remove the broken character") from error
    if "\0" in joined:
        raise NotAValueError("the text holds a NUL character", "remove it: databases cannot store it")
    return joined


def _number(text: str) -> Value:
    if _EXPONENT_NUMBER.fullmatch(text):
        return canonical(Decimal(text))
    if not _NUMBER.fullmatch(text):
        raise NotAValueError(f"{_quoted(text)} is not a number", "write digits, such as 3 or 0.5")
    if sum(character.isdigit() for character in text) > _MAX_DIGITS:
        raise NotAValueError(f"the number has more than {_MAX_DIGITS} digits", "write a shorter number")
    return canonical(Decimal(text))


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise NotAValueError(f"{_quoted(text)} is neither true nor false", "write true or false")
    return text == "true"


def _calendar_value(text: str, value_type: ValueType) -> Value:
    try:
        if value_type is ValueType.DATE and _DATE_TEXT.fullmatch(text):
            return date.fromisoformat(text)
        if value_type is ValueType.TIME and _TIME_TEXT.fullmatch(text):
            return time.fromisoformat(text)
        if value_type is ValueType.DATE_TIME and _DATE_TIME_TEXT.fullmatch(text):
            return canonical(datetime.fromisoformat(text))
    except NotAValueError:
        raise
    except ValueError as error:
        raise NotAValueError(f"{_quoted(text)} is not in the calendar", "check day, month and hour") from error
    if value_type is ValueType.DATE_TIME and _LOCAL_DATE_TIME_TEXT.fullmatch(text):
        raise NotAValueError("a date and time needs its offset", f"write {text}Z, or {text}+01:00")
    raise NotAValueError(f"{_quoted(text)} is not {value_type.noun}", f"write it as {_TEXT_EXAMPLES[value_type]}")


_TEXT_EXAMPLES = {
    ValueType.DATE: "2026-11-21",
    ValueType.TIME: "14:30:00",
    ValueType.DATE_TIME: "2026-11-21T14:30:00Z",
}


def _duration(text: str) -> timedelta:
    if _CALENDAR_DURATION.fullmatch(text):
        raise NotAValueError("months and years have no fixed length", "write days, such as P30D")
    match = _DURATION.fullmatch(text)
    if match is None or not any(match[part] for part in ("days", "hours", "minutes", "seconds")):
        hint = "write it as PT1H (an hour), PT30M (minutes) or P45D (days)"
        raise NotAValueError(f"{_quoted(text)} is not a duration", hint)
    micros = int((match["fraction"] or "").ljust(6, "0"))
    try:
        length = timedelta(
            days=int(match["days"] or 0),
            hours=int(match["hours"] or 0),
            minutes=int(match["minutes"] or 0),
            seconds=int(match["seconds"] or 0),
            microseconds=micros,
        )
    except OverflowError as error:
        raise NotAValueError("the duration is too long", "write fewer than 999999999 days") from error
    return -length if match["sign"] else length


def value_to_text(value: Value) -> str:
    """The plain text of a value; `value_from_text` reads it back to an equal value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return _duration_text(value)
    if isinstance(value, date | time):  # an instant is a date as well
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return _decimal_text(value)
    return str(value)


def _decimal_text(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    readable = isinstance(exponent, int) and -_MAX_DIGITS <= exponent <= _MAX_DIGITS
    return f"{value:f}" if readable else str(value)


def _duration_text(length: timedelta) -> str:
    if length < timedelta():
        return "-" + _duration_text(-length)
    hours, seconds = divmod(length.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    days_text = f"{length.days}D" if length.days else ""
    clock_text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock_text += f"{seconds}{fraction}S" if seconds or fraction else ""
    if not days_text and not clock_text:
        return "PT0S"
    return f"P{days_text}" + (f"T{clock_text}" if clock_text else "")


def value_from_data(data: object, value_type: ValueType) -> Value:
    """Read a JSON value: strings and booleans plain, numbers as ints or decimal strings, the rest as ISO 8601 text.

    Raises:
        NotAValueError: it is no value of the type; a JSON number with a fraction is refused, as it is a float.
    """
    if value_type is ValueType.BOOLEAN and isinstance(data, bool):
        return data
    if value_type is ValueType.NUMBER and isinstance(data, int) and not isinstance(data, bool):
        return data
    if value_type is ValueType.NUMBER and isinstance(data, float):
        raise NotAValueError(f"{data!r} is not exact", f'write it as text: "{data!r}"')
    if isinstance(data, str) and value_type is not ValueType.BOOLEAN:
        return value_from_text(data, value_type)
    raise NotAValueError(f"{_quoted(data)} is not {value_type.noun}", f"write {_DATA_HINTS[value_type]}")


_DATA_HINTS = {
    ValueType.STRING: 'text, such as "crowns"',
    ValueType.NUMBER: 'a whole number, or text such as "0.5"',
    ValueType.BOOLEAN: "true or false, without quotes",
    ValueType.DATE: 'text such as "2026-11-21"',
    ValueType.TIME: 'text such as "14:30:00"',
    ValueType.DATE_TIME: 'text such as "2026-11-21T14:30:00Z"',
    ValueType.DURATION: 'text such as "PT1H" or "P45D"',
}


def value_to_data(value: Value) -> str | int | bool:
    """The JSON form of a value; `value_from_data` reads it back to an equal value."""
    return value if isinstance(value, bool | int) else value_to_text(value)


def _quoted(data: object) -> str:
    text = data if isinstance(data, str) else repr(data)
    limit = 40
    return f'"{text[:limit]}…"' if len(text) > limit else f'"{text}"'
