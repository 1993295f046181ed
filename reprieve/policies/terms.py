"""Whether the answers of a policy's table are answers that a policy can give.

What each output may be stands in its registry (`policies.outputs`); here is what they must be together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from reprieve.dmn.table import Severity, Table
from reprieve.dmn.values import Value
from reprieve.policies.models import Outcome


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


def _unlimited_pause(row: str, answer: Mapping[str, Value]) -> Iterator[Flaw]:
    if "longest_pause" not in answer:
        sentence = gettext("Row “%s” allows a pause without saying for how long.") % row
        yield Flaw(row, "longest_pause", Severity.ERROR, sentence, gettext("Write the longest pause."))
