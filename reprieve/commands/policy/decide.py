"""`reprieve policy decide FILE|KEY --facts FILE|-`: what rules answer, for one order or for a million."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from reprieve.commands.policy.facts import BadFacts, FactReader, each_given
from reprieve.commands.policy.sources import read
from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.decision import Decision, Miss
from reprieve.dmn.facts import Fact
from reprieve.dmn.horizon import Horizon, horizon
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.values import NotAValueError, ValueType, value_from_text, value_to_data
from reprieve.policies.words.values import answer_in_words, cell_in_words, seen_in_words, value_in_words

HELP = "what rules answer to facts; ends with status 1 where facts could not be read"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "rules", metavar="FILE|KEY", help="a DMN file, a preset (.toml), or a policy's key, or KEY@VERSION"
    )
    parser.add_argument(
        "--facts",
        required=True,
        metavar="FILE|-",
        help="one JSON object by input name, or one a line for many; durations and dates in ISO 8601; - is stdin",
    )
    parser.add_argument("--decision", metavar="NAME", help="which one, where a DMN file holds several decisions")
    parser.add_argument(
        "--now", metavar="INSTANT", help="when it is asked, such as 2026-11-21T14:30:00Z (default: now)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for programs")


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Print an answer for each object of facts. Returns 1 where some could not be read; the others are answered."""
    now = _instant(options["now"])
    answering = _Answering(compile_table(read(options["rules"], options["decision"]).table), now)
    failed = 0
    with _opened(options["facts"]) as stream:
        for given in each_given(stream):
            try:
                answer = answering.to(given.read(), as_data=options["json"])
            except BadFacts as refusal:
                failed = 1
                answer = _refusal(given.line, refusal, as_data=options["json"])
            out.write(answer)
    return failed


def _instant(text: str | None) -> datetime:
    if text is None:
        return timezone.now()
    try:
        now = value_from_text(text, ValueType.DATE_TIME)
    except NotAValueError as error:
        raise CommandError(f"--now: {error.message}; {error.hint}.") from error
    assert isinstance(now, datetime)  # noqa: S101 - it was read as one
    return now


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below, so that only the opening is guarded
    except OSError as error:
        raise CommandError(f"--facts: {name} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _refusal(line: int, refusal: BadFacts, *, as_data: bool) -> str:
    if as_data:
        return json.dumps({"line": line, "input": refusal.name or None, "error": str(refusal)})
    return f"line {line}{f', {refusal.name}' if refusal.name else ''}: {refusal}"


class _Answering:
    def __init__(self, compiled: CompiledTable, now: datetime) -> None:
        self.compiled = compiled
        self.now = now
        self.reader = FactReader(compiled.table)
        self.ages = any(column.clock for column in compiled.table.inputs)
        self.columns = {column.name: column for column in compiled.table.inputs}
        self.numbers = {row.id: number for number, row in enumerate(compiled.table.rows, start=1)}

    def to(self, given: Mapping[str, object], *, as_data: bool) -> str:
        """The answer to facts as they were given. Raises BadFacts."""
        facts = self.reader.read(given, self.now)
        decision, missed = self.compiled.explain(facts, self.now)
        ends = horizon(self.compiled, facts, self.now) if self.ages else None
        if as_data:
            return json.dumps(_as_data(decision, missed, ends))
        return "\n".join(self.lines(decision, missed, ends))

    def lines(self, decision: Decision, missed: tuple[Miss, ...], ends: Horizon | None) -> Iterator[str]:
        outcome = decision.outputs.get("outcome")
        answered = f"row {self.numbers[decision.row]} “{decision.row}”" if decision.row else "the fallback"
        yield f"{value_in_words(outcome)}: {answered}" if outcome is not None else answered
        if decision.problem is not None:
            yield f"  because {decision.problem.message}"
        yield from (
            f"  {name}: {answer_in_words(name, value)}" for name, value in decision.outputs.items() if name != "outcome"
        )
        if ends is not None:
            yield f"  until: {ends.until.isoformat()}{'' if ends.inclusive else ' (not included)'}"
        yield from (f"  not row {self.numbers[miss.row]} “{miss.row}”: {self.why(miss)}" for miss in missed)

    def why(self, miss: Miss) -> str:
        column = self.columns[miss.column]
        seen = miss.seen if isinstance(miss.seen, tuple) else (miss.seen,)
        asked = parse_cell(miss.cell, column.type)
        words = ", ".join(seen_in_words(value, asked) for value in seen)
        return f"{column.title} is {words or 'none'}, not {cell_in_words(asked)}"


def _as_data(decision: Decision, missed: tuple[Miss, ...], ends: Horizon | None) -> dict[str, object]:
    """The answer for programs.

    `until` is when it ends if only time passes, and whether it still holds then (`until_included`), before what
    `then` says; null where it stays. `explanation` holds each earlier row with the first input that it did not fit.
    """
    answer: dict[str, object] = {
        "outputs": _outputs(decision),
        "row": decision.row,
        "until": None if ends is None else ends.until.isoformat(),
        "explanation": [
            {"row": miss.row, "input": miss.column, "cell": miss.cell, "seen": _seen(miss.seen)} for miss in missed
        ],
    }
    if ends is not None:
        answer["until_included"] = ends.inclusive
        answer["then"] = {"outputs": _outputs(ends.decision), "row": ends.decision.row}
    if decision.problem is not None:
        problem = decision.problem
        answer["problem"] = {"input": problem.column, "kind": problem.kind.value, "message": problem.message}
    return answer


def _outputs(decision: Decision) -> dict[str, object]:
    return {name: value_to_data(value) for name, value in decision.outputs.items()}


def _seen(seen: Fact) -> object:
    if seen is None:
        return None
    return [value_to_data(value) for value in seen] if isinstance(seen, tuple) else value_to_data(seen)
