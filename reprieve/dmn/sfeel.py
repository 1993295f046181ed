"""The cells of a decision table: S-FEEL unary tests over constants, read to one normal form and printed from it.

A cell is `-` (anything), a list of constants, comparisons and intervals, or `not(…)` around such a list. Names,
arithmetic and calls are refused, as what a cell lets through could then no longer be told without running it.
Source: OMG DMN 1.3, chapter 9 (S-FEEL), without its qualified names and arithmetic.
"""

import re
import sys
from typing import NoReturn

from reprieve.dmn.cell import ANY, Cell, Interval
from reprieve.dmn.values import NotAValueError, Value, ValueType, is_before, value_from_text, value_to_text

__all__ = ["ANY", "Cell", "CellError", "Interval", "Value", "ValueType", "parse_cell", "print_cell"]

_MAX_LENGTH = 10_000


class CellError(ValueError):
    """A cell that is no S-FEEL test of its column.

    `position` counts characters of `text` from 0; `message` says what is wrong there and `hint` what to write.
    """

    def __init__(self, text: str, position: int, message: str, hint: str) -> None:
        super().__init__(f"{message} (character {position + 1}): {hint}")
        self.text = text
        self.position = position
        self.message = message
        self.hint = hint


def parse_cell(text: str, value_type: ValueType) -> Cell:
    """Read a cell of a column of the given type.

    Raises:
        CellError: the text is no such cell; it names the position, the reason and what to write.
    """
    if len(text) > _MAX_LENGTH:
        raise CellError(text, _MAX_LENGTH, "The cell is too long", f"keep it under {_MAX_LENGTH} characters")
    return _Parser(text, value_type).cell()


def print_cell(cell: Cell, value_type: ValueType) -> str:
    """Write a cell; `parse_cell` reads it back to an equal one."""
    if cell.is_any:
        return "-"
    items = [_print_value(point, value_type) for point in cell.points]
    items += [_print_interval(interval, value_type) for interval in cell.intervals]
    items += ["null"] if cell.names_null else []
    return f"not({', '.join(items)})" if cell.negated else ", ".join(items)


def _print_interval(interval: Interval, value_type: ValueType) -> str:
    low, high = interval.low, interval.high
    if low is None and high is not None:
        return f"<{'=' * interval.high_closed} {_print_value(high, value_type)}"
    if high is None and low is not None:
        return f">{'=' * interval.low_closed} {_print_value(low, value_type)}"
    ends = [_print_value(end, value_type) for end in (low, high) if end is not None]
    return f"{'[' if interval.low_closed else '('}{'..'.join(ends)}{']' if interval.high_closed else ')'}"


_CALLS = {
    "date and time": ValueType.DATE_TIME,
    "date": ValueType.DATE,
    "time": ValueType.TIME,
    "duration": ValueType.DURATION,
}
_CALL_NAMES = {value_type: name for name, value_type in _CALLS.items()}


def _print_value(value: Value, value_type: ValueType) -> str:
    text = value_to_text(value)
    if value_type is ValueType.STRING:
        return _print_string(text)
    return f'{_CALL_NAMES[value_type]}("{text}")' if value_type in _CALL_NAMES else text


_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "'": "'"}
_PRINTED_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _print_string(text: str) -> str:
    return f'"{"".join(_print_character(character) for character in text)}"'


def _print_character(character: str) -> str:
    if character in _PRINTED_ESCAPES:
        return _PRINTED_ESCAPES[character]
    return character if character.isprintable() else f"\\U{ord(character):06X}"


_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\W\d]\w*(?:[ \-]+\w+)*")
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_NOT = re.compile(r"not\s*\(")
_CALL = re.compile(r"(date\s+and\s+time|date|time|duration)\s*\(\s*(?=\")")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_NULL = re.compile(r"null\b")
_BOOLEAN = re.compile(r"(?:true|false)\b")
_COMPARISON = re.compile(r"<=|>=|<|>")
_QUOTES = "'`“”„‟‘’«»"  # noqa: RUF001 each of them is meant
_EXAMPLES = {
    ValueType.STRING: '"crowns"',
    ValueType.NUMBER: "3",
    ValueType.BOOLEAN: "true",
    ValueType.DATE: 'date("2026-11-21")',
    ValueType.TIME: 'time("14:30:00")',
    ValueType.DATE_TIME: 'date and time("2026-11-21T14:30:00Z")',
    ValueType.DURATION: 'duration("PT1H")',
}


class _Parser:
    """One pass over the text, left to right; `at` is the position of the next character."""

    def __init__(self, text: str, value_type: ValueType) -> None:
        self.text = text
        self.type = value_type
        self.at = 0
        self.points: dict[Value, None] = {}
        self.intervals: dict[Interval, None] = {}
        self.names_null = False

    def cell(self) -> Cell:
        if not self.text.strip():
            self.fail(0, "The cell is empty", "write - where any value fits")
        if self.text.strip() == "-":
            return ANY
        self.skip_space()
        negated = self.take(_NOT) is not None
        self.skip_space()
        self.items()
        if negated:
            self.expect(")", "not( is never closed", "add ) at the end")
        if self.at < len(self.text):
            self.fail_after_item()
        accepts_null = not self.names_null and not self.intervals if negated else self.names_null
        return Cell(tuple(self.points), tuple(self.intervals), negated, accepts_null)

    def items(self) -> None:
        self.item()
        while self.peek() == ",":
            self.at += 1
            self.skip_space()
            self.item()

    def item(self) -> None:
        start = self.at
        comparison = self.take(_COMPARISON)
        if comparison is not None:
            self.comparison(comparison[0], start)
        elif self.peek() in {"[", "(", "]"}:
            self.interval()
        elif self.take(_NULL) is not None:
            self.names_null = True
        else:
            self.points[self.constant()] = None
        self.skip_space()

    def comparison(self, sign: str, start: int) -> None:
        self.demand_order(start)
        self.skip_space()
        end = self.constant()
        closed = sign.endswith("=")
        below = sign.startswith("<")
        interval = Interval(None, end, high_closed=closed) if below else Interval(end, None, low_closed=closed)
        self.intervals[interval] = None

    def interval(self) -> None:
        start = self.at
        self.demand_order(start)
        low_closed = self.next_character() == "["
        low = self.constant()
        self.skip_space()
        self.expect("..", "An interval has two ends", f"write it as [{_EXAMPLES[self.type]}..…]")
        high = self.constant()
        self.skip_space()
        if self.peek() not in {"]", ")", "["}:
            self.fail(self.at, "The interval is never closed", "end it with ] (up to and with) or ) (up to, without)")
        high_closed = self.next_character() == "]"
        if low == high and low_closed and high_closed:
            self.points[low] = None
        elif is_before(low, high):
            self.intervals[Interval(low, high, low_closed, high_closed)] = None
        else:
            self.fail(start, "Nothing lies in this interval", "write the smaller end first")

    def constant(self) -> Value:
        start = self.at
        if self.peek() == '"':
            return self.typed(self.string(), ValueType.STRING, start)
        if self.peek() == "@":
            self.at += 1
            return self.at_literal(start)
        number = self.take(_NUMBER)
        if number is not None:
            return self.typed(number[0], ValueType.NUMBER, start)
        call = self.take(_CALL)
        if call is not None:
            return self.call(_CALLS[" ".join(call[1].split())], start)
        boolean = self.take(_BOOLEAN)
        if boolean is None:
            self.fail_at_constant(start)
        return self.typed(boolean[0], ValueType.BOOLEAN, start)

    def call(self, value_type: ValueType, start: int) -> Value:
        text = self.string()
        self.skip_space()
        self.expect(")", "The bracket is never closed", "add )")
        return self.typed(text, value_type, start)

    def at_literal(self, start: int) -> Value:
        if self.peek() != '"':
            self.fail(self.at, "@ stands before quoted text", 'write it as @"PT1H"')
        text = self.string()
        if self.type not in _CALL_NAMES:
            self.fail(start, f"This column holds {self.type.noun}", f"write it as {_EXAMPLES[self.type]}")
        return self.typed(text, self.type, start)

    def typed(self, text: str, value_type: ValueType, start: int) -> Value:
        if value_type is not self.type:
            message = f"This column holds {self.type.noun}, not {value_type.noun}"
            self.fail(start, message, f"write it as {_EXAMPLES[self.type]}")
        try:
            value = value_from_text(text, value_type)
        except NotAValueError as error:
            raise CellError(self.text, start, error.message[0].upper() + error.message[1:], error.hint) from error
        self.skip_space()
        return value

    def string(self) -> str:
        start = self.at
        match = self.take(_STRING)
        if match is None:
            self.fail(start, "The quoted text is never closed", 'add " at its end')

        def unescape(escape: re.Match[str]) -> str:
            code = escape[1]
            if len(code) > 1 and int(code[1:], 16) <= sys.maxunicode:
                return chr(int(code[1:], 16))
            if code not in _ESCAPES:
                position = start + 1 + escape.start()
                self.fail(position, "\\ here means nothing", "write \\\\ for a backslash")
            return _ESCAPES[code]

        return _ESCAPE.sub(unescape, match[1])

    def demand_order(self, start: int) -> None:
        if not self.type.is_ordered:
            hint = f"list the values instead: {_EXAMPLES[self.type]}"
            self.fail(start, f"{self.type.noun.capitalize()} has no order", hint)

    # Refusals: what a person most likely meant.

    def fail_at_constant(self, start: int) -> NoReturn:
        rest = self.text[start:]
        if not rest or rest[0] in ",)":
            self.fail(start, "A value is missing here", f"write one, such as {_EXAMPLES[self.type]}")
        word = _WORD.match(rest)
        if word is not None:
            self.fail_at_word(start, word[0], is_call=rest[word.end() :].lstrip().startswith("("))
        if rest[0] in _QUOTES:
            self.fail(start, "This quotation mark is not understood", 'use straight double ones: "crowns"')
        if rest[0] in "=!":
            self.fail(start, f"{rest[0]} is not used in a cell", "write the value alone, or not(value)")
        if rest[0] == "-":
            self.fail(start, "- stands alone in its cell", "remove it, or remove the rest")
        self.fail(start, f"{rest[0]!r} is not understood here", f"write a value, such as {_EXAMPLES[self.type]}")

    def fail_at_word(self, start: int, word: str, *, is_call: bool) -> NoReturn:
        if word.startswith("not") and is_call:
            self.fail(start, "not(…) stands around the whole cell", "put everything inside one not(…)")
        if is_call:
            self.fail(start, f"{word}(…) cannot be used in a cell", self.constants_hint(word))
        if word == "null":
            self.fail(start, "null has no order", "add it to the list instead: < 3, null")
        if self.type is ValueType.STRING:
            self.fail(start, f"{word} is a name, and a cell holds constants only", f'text needs quotes: "{word}"')
        self.fail(start, f"{word} is a name, and a cell holds constants only", self.constants_hint(word))

    def constants_hint(self, word: str) -> str:
        if word in _CALLS:
            return f"write quoted text in its brackets: {_EXAMPLES[_CALLS[word]]}"
        if self.type is ValueType.DURATION and re.fullmatch(r"P[0-9TDHMS]+", word):
            return f'write it as duration("{word}")'
        return f"write {self.type.noun}, such as {_EXAMPLES[self.type]}"

    def fail_after_item(self) -> NoReturn:
        character = self.text[self.at]
        if character in "+-*/":
            self.fail(self.at, "A cell does not calculate", "work the value out and write it")
        if character == ")":
            self.fail(self.at, "This bracket was never opened", "remove it")
        self.fail(self.at, f"{character!r} is not understood here", "put a comma between values")

    def fail(self, position: int, message: str, hint: str) -> NoReturn:
        raise CellError(self.text, position, message, hint)

    # Moving along the text.

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def skip_space(self) -> None:
        self.take(_SPACE)

    def next_character(self) -> str:
        character = self.peek()
        self.at += 1
        self.skip_space()
        return character

    def expect(self, wanted: str, message: str, hint: str) -> None:
        if not self.text.startswith(wanted, self.at):
            if self.at < len(self.text) and wanted == ")":
                self.fail_after_item()
            self.fail(self.at, message, hint)
        self.at += len(wanted)
        self.skip_space()
