"""Facts on the command line: one JSON object by input name, or one a line for any number of them.

Durations, dates and instants are text in ISO 8601. Where a clock runs, a fact is the instant itself, or how long ago it
is ("PT59M"; how far ahead, where a column counts towards it).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, NoReturn

from reprieve.dmn.check import unknown_name
from reprieve.dmn.facts import Fact
from reprieve.dmn.table import Clock, Column, Table
from reprieve.dmn.values import NotAValueError, Value, ValueType, value_from_data, value_from_text

LONGEST = 1_000_000
"""Bytes of a line."""
LONGEST_PART, MOST_LINES = 10_000, 1_000
"""Bytes of a line, and lines, of an object that takes several."""
_BEFORE = b"\xef\xbb\xbf \t"


class Fraction(str):
    """A number as it was written, which a float would not keep."""

    __slots__ = ()


class BadFacts(Exception):  # noqa: N818 - an answer, not a failure
    """Facts that cannot be read. `name` is the input to blame; empty where all of it is."""

    def __init__(self, name: str, message: str, hint: str) -> None:
        super().__init__(f"{message}. {hint[:1].upper()}{hint[1:]}.")
        self.name = name


class NotJson(BadFacts):
    """Text that is no JSON; with the lines after it, it might be."""


@dataclass(frozen=True, slots=True)
class Given:
    """An object as it was given, or what is wrong with it, and the line on which it begins."""

    line: int
    facts: Mapping[str, object]
    problem: BadFacts | None = None

    def read(self) -> Mapping[str, object]:
        """The object. Raises BadFacts."""
        if self.problem is not None:
            raise self.problem
        return self.facts


def each_given(stream: BinaryIO) -> Iterator[Given]:
    """The objects of a stream, one after the other as they arrive. Empty lines are skipped."""
    begun: list[tuple[int, bytes]] = []  # of an object that takes several lines, as far as it looks like one
    for number, line in enumerate(_lines(stream), start=1):
        is_start = line.lstrip(_BEFORE).startswith(b"{")
        if begun and (is_start or len(begun) == MOST_LINES or len(line) > LONGEST_PART):
            yield from _whole_or_each(begun)
            begun = []
        given = None if begun or not line.strip() else _given(number, line)
        if given is not None and not (is_start and isinstance(given.problem, NotJson) and len(line) <= LONGEST_PART):
            yield given
        elif begun or given is not None:
            begun.append((number, line))
            if line.startswith(b"}"):
                yield from _whole_or_each(begun)
                begun = []
    yield from _whole_or_each(begun)


def _whole_or_each(lines: list[tuple[int, bytes]]) -> Iterator[Given]:
    """One object if the lines are one together, otherwise what each of them is."""
    if not lines:
        return
    whole = _given(lines[0][0], b"".join(line for _, line in lines))
    if len(lines) > 1 and isinstance(whole.problem, NotJson):
        yield from (_given(number, line) for number, line in lines if line.strip())
    else:
        yield whole


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines, of which one that is too long comes cut to just that: too long."""
    while line := stream.readline(LONGEST + 1):
        end = line
        while len(end) > LONGEST and not end.endswith(b"\n"):
            end = stream.readline(LONGEST + 1)
            if not end:
                break
        yield line


def _given(number: int, text: bytes) -> Given:
    try:
        return Given(number, _object(text))
    except BadFacts as problem:
        return Given(number, {}, problem)


def _object(text: bytes) -> Mapping[str, object]:
    if len(text) > LONGEST and b"\n" not in text[:-1]:
        raise BadFacts("", f"The line has more than {LONGEST:,} bytes", "write one object of facts a line")
    try:
        found = _DECODER.decode(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadFacts("", "This is not UTF-8", "write the facts in UTF-8") from error
    except (ValueError, RecursionError) as error:
        hint = 'write one JSON object a line, such as {"status": "on_hold"}'
        raise NotJson("", f"This is no JSON: {error}", hint) from error
    if not isinstance(found, dict):
        raise BadFacts("", "This is no JSON object", 'write one a line, such as {"status": "on_hold"}')
    return found


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadFacts(twice, f"{twice} is there twice", "leave one of them")
    return members


def _refuse(word: str) -> NoReturn:
    raise BadFacts("", f"{word} is no value", "leave the fact out, or write null")


_DECODER = json.JSONDecoder(parse_float=Fraction, parse_constant=_refuse, object_pairs_hook=_members)


class FactReader:
    """Reads the facts that one table asks for."""

    def __init__(self, table: Table) -> None:
        self._columns = {column.name: column for column in table.inputs}

    def read(self, given: Mapping[str, object], now: datetime) -> dict[str, Fact]:
        """The facts, ready to be decided; those that are not given are missing.

        Raises:
            BadFacts: one is unknown to the table, or no value of its input's type.
        """
        facts: dict[str, Fact] = dict.fromkeys(self._columns)
        for name, raw in given.items():
            if name not in self._columns:
                problem = unknown_name("", "input", name, self._columns)
                raise BadFacts(name, problem.message, problem.hint)
            try:
                facts[name] = _fact(self._columns[name], raw, now)
            except NotAValueError as error:
                raise BadFacts(name, f"{error.message[:1].upper()}{error.message[1:]}", error.hint) from error
        return facts


def _fact(column: Column, raw: object, now: datetime) -> Fact:
    if raw is None:
        return None
    if column.several:
        if not isinstance(raw, list):
            raise NotAValueError("this is no list of values", 'write ["…", "…"]')
        return tuple(_value(item, column.type) for item in raw)
    if column.clock is not None and isinstance(raw, str) and raw.lstrip("-").startswith("P"):
        return _instant(column.clock, value_from_text(raw, ValueType.DURATION), now)
    return _value(raw, column.fact_type)


def _value(raw: object, value_type: ValueType) -> Value:
    if isinstance(raw, Fraction) and value_type is ValueType.NUMBER:
        return value_from_text(raw, value_type)
    return value_from_data(float(raw) if isinstance(raw, Fraction) else raw, value_type)


def _instant(clock: Clock, length: Value, now: datetime) -> datetime:
    assert isinstance(length, timedelta)  # noqa: S101 - it was read as one
    try:
        return now - length if clock is Clock.SINCE else now + length
    except OverflowError as error:
        raise NotAValueError("the time lies outside the calendar", "write fewer days") from error
