"""Whether the answers of a policy's table are answers that a policy can give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext

from reprieve.dmn.table import Severity, Table
from reprieve.dmn.values import Value
from reprieve.policies.in_words import value_in_words
from reprieve.policies.models import Outcome
from reprieve.policies.outputs import OUTPUTS

LEAST: Mapping[str, Value] = {"refund_share": 0, "fixed_fee": 0}
MOST: Mapping[str, Value] = {"refund_share": 1}
LASTING = ("longest_pause", "grace", "undo_window")
"""Lengths of time, which are longer than nothing."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """An answer that cannot be meant. `row` is empty for the fallback and for the table as a whole."""

    row: str
    output: str
    severity: Severity
    sentence: str
    remedy: str


def flaws(table: Table) -> Iterator[Flaw]:
    """Everything about a sound table's answers that no policy can mean, in the order of its rows."""
    names = {output.name for output in table.outputs}
    if "outcome" not in names:
        yield Flaw(
            "",
            "outcome",
            Severity.ERROR,
            gettext("The table gives no outcome, and so says neither yes nor no."),
            gettext("Add the output outcome with the values %s.") % ", ".join(Outcome.values),
        )
        return
    for row in table.rows:
        yield from _of_answer(row.id, gettext("Row “%s”") % row.id, row.outputs, names)
        if "longest_pause" in names and row.outputs.get("outcome") == Outcome.ALLOW.value:
            yield from _unlimited_pause(row.id, row.outputs)
    yield from _of_answer("", gettext("The fallback"), table.fallback, names)
    yield from _of_fallback(table.fallback)


def _of_fallback(fallback: Mapping[str, Value]) -> Iterator[Flaw]:
    if fallback.get("outcome") not in {Outcome.REQUEST.value, Outcome.REFUSE.value}:
        sentence = gettext("The fallback must never allow: it answers where a fact is missing or no row fits.")
        yield Flaw("", "outcome", Severity.ERROR, sentence, gettext("Let it be request or refuse."))


def _of_answer(row: str, subject: str, answer: Mapping[str, Value], names: set[str]) -> Iterator[Flaw]:
    if "message" in names and not str(answer.get("message", "")).strip():
        sentence = gettext("%s tells the customer nothing.") % subject
        remedy = gettext("Write a sentence: why, until when, or what would have to differ.")
        yield Flaw(row, "message", Severity.WARNING, sentence, remedy)
    for name, value in answer.items():
        if (wanted := _wanted(name, value)) is not None:
            said = {"subject": subject, "value": value_in_words(value), "output": OUTPUTS[name].label}
            sentence = gettext("%(subject)s gives %(value)s as “%(output)s”.") % said
            yield Flaw(row, name, Severity.ERROR, sentence, wanted)


def _wanted(name: str, value: Value) -> str | None:
    """What the output should be instead; None where it may be so."""
    if name in LASTING and isinstance(value, timedelta):
        return gettext("Write a length of time above zero.") if value <= timedelta() else None
    if name in LEAST and isinstance(value, int | Decimal):
        least, most = LEAST[name], MOST.get(name)
        if most is not None and not least <= value <= most:  # type: ignore[operator]
            return gettext("Write a number from %(least)s to %(most)s.") % {"least": least, "most": most}
        if value < least:  # type: ignore[operator]
            return gettext("Write a number that is not negative.")
    return None


def _unlimited_pause(row: str, answer: Mapping[str, Value]) -> Iterator[Flaw]:
    if "longest_pause" not in answer:
        sentence = gettext("Row “%s” allows a pause without saying for how long.") % row
        yield Flaw(row, "longest_pause", Severity.ERROR, sentence, gettext("Write the longest pause."))
