"""Values as a manager types them into a form, and how they stand there: numbers, shares, lengths of time, dates."""

from datetime import timedelta
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext

from reprieve.dmn.values import NotAValueError, Value, ValueType, value_from_text, value_to_text
from reprieve.lib.durations import HOW_TO_WRITE, read_duration, write_duration

LONGEST = 2000


class TypedError(ValueError):
    """What was typed is no such value. `why` says what is wrong, `hint` what to write."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{_sentence(self.why)} {_sentence(self.hint)}".strip()


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def read_value(text: str, value_type: ValueType) -> Value:
    """The value that was typed. Raises TypedError."""
    if len(text) > LONGEST:
        raise TypedError(
            gettext("This is %(length)s characters long") % {"length": number_format(len(text), force_grouping=True)},
            gettext("shorten it to %(most)s") % {"most": number_format(LONGEST, force_grouping=True)},
        )
    try:
        match value_type:
            case ValueType.DURATION:
                return _duration(text)
            case ValueType.NUMBER:
                return _number(text.strip())
            case ValueType.STRING:
                return value_from_text(text, value_type)
            case _:
                return value_from_text(text.strip(), value_type)
    except NotAValueError as error:
        raise TypedError(error.message, error.hint) from error


def write_value(value: Value, *, as_share: bool = False) -> str:
    """How a value stands in its field; `read_value` reads it back. A share of 0.5 is written as 50 %."""
    if isinstance(value, timedelta):
        return write_duration(value)
    if as_share and isinstance(value, int | Decimal) and not isinstance(value, bool):
        percent = f"{(Decimal(value) * 100):f}"
        percent = percent.rstrip("0").rstrip(".") if "." in percent else percent
        return f"{percent} %"
    return value_to_text(value)


def _duration(text: str) -> timedelta:
    try:
        return read_duration(text)
    except ValueError as problem:
        raise TypedError(str(problem), str(HOW_TO_WRITE)) from problem


def _number(text: str) -> Value:
    if text.endswith("%"):
        share = value_from_text(text.removesuffix("%").strip(), ValueType.NUMBER)
        return value_from_text(f"{Decimal(str(share)).scaleb(-2):f}", ValueType.NUMBER)
    return value_from_text(text, ValueType.NUMBER)


def is_plain(text: str) -> bool:
    """Whether a browser's text field gives the text back as it is."""
    return text == text.strip() and text.isprintable()
