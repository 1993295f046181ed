"""A row of a policy's table as one sentence: if …, customers can cancel it themselves: “…” The refund is 100 %.

Where the general words would read like a form, facts and answers have words of their own (`policies.words.facts`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext

from reprieve.dmn.cell import Cell
from reprieve.dmn.table import Column, Row, Table
from reprieve.dmn.values import Value
from reprieve.policies.words.facts import AGES, ANSWERED, ANSWERS, COUNTS, DENIED, HOLDS, LENGTHS, NOUNS, SAID, TEXTS
from reprieve.policies.words.values import KNOWN, cell_in_words, either, name_in_words, title_in_words, value_in_words

NOT_KNOWN = Cell(accepts_null=True)


@dataclass(frozen=True, slots=True)
class RuleInWords:
    """The parts of the sentence. `condition` ends with a comma or is “In every other case,”; `terms` are sentences."""

    condition: str
    answer: str
    message: str
    terms: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.condition} {self.answer}"
        first = f"{said}: “{self.message}”" if self.message else f"{said}."
        return " ".join((first, *self.terms))


def rule_in_words(table: Table, row: Row, action: str) -> RuleInWords:
    """The row as a manager would say it. `action` is what the policy is about: cancel, pause or resume."""
    return RuleInWords(
        condition=condition_in_words(table, row),
        answer=_answer(str(row.outputs.get("outcome", "")), action),
        message=str(row.outputs.get("message", "")).strip(),
        terms=tuple(_terms(table, row.outputs)),
    )


def condition_in_words(table: Table, row: Row) -> str:
    """When the row fits: “If the status is cancelled,”."""
    parts = [cell_as_condition(column, row.cells[column.name]) for column in table.inputs if column.name in row.cells]
    if parts:
        *others, last = parts
        both = gettext("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last} if others else last
        return gettext("If %s,") % both
    is_first = bool(table.rows) and table.rows[0].id == row.id
    return gettext("In every case,") if is_first else gettext("In every other case,")


def cell_as_condition(column: Column, cell: Cell) -> str:
    """What one cell asks of its fact, as a clause: “the design has not started”."""
    if cell in (NOT_KNOWN, KNOWN):
        phrase = gettext("%s is not known") if cell == NOT_KNOWN else gettext("%s is known")
        return phrase % _the(column)
    point = cell.points[0] if len(cell.points) == 1 and not cell.intervals and not cell.names_null else None
    if point is not None:
        said = point is not cell.negated if isinstance(point, bool) else point
        phrases = SAID if isinstance(point, bool) or not cell.negated else DENIED
        if (column.name, said) in phrases:
            return str(phrases[column.name, said])
    if column.several:
        return _several(column, cell)
    if column.clock is not None and column.name in AGES and not cell.names_null and not cell.negated:
        return _aged(column, cell)
    if column.name in COUNTS and cell in COUNTS[column.name]:
        return str(COUNTS[column.name][cell])
    return gettext("%(fact)s is %(wanted)s") % {"fact": _the(column), "wanted": cell_in_words(cell)}


def _the(column: Column) -> str:
    return str(NOUNS.get(column.name) or gettext("“%s”") % title_in_words(column))


def _several(column: Column, cell: Cell) -> str:
    values = either(
        [value_in_words(value) for value in cell.points] + [gettext("something not known")] * cell.names_null
    )
    if cell.intervals:
        return gettext("%(fact)s is %(wanted)s") % {"fact": _the(column), "wanted": cell_in_words(cell)}
    has, lacks = HOLDS.get(
        column.name, (gettext("%(fact)s include %(values)s"), gettext("%(fact)s do not include %(values)s"))
    )
    return str(lacks if cell.negated else has) % {"fact": _the(column), "values": values}


def _aged(column: Column, cell: Cell) -> str:
    """An age under a clock: “the case was submitted at most 1 hour ago”."""
    clause, age = AGES[column.name]
    parts = [Cell((point,)) for point in cell.points] + [Cell(intervals=(interval,)) for interval in cell.intervals]
    return str(clause) % either(str(age) % cell_in_words(part) for part in parts)


def _answer(outcome: str, action: str) -> str:
    known = ANSWERS.get((action, outcome))
    return str(known) if known is not None else gettext("the answer is “%s”") % name_in_words(outcome)


def _terms(table: Table, outputs: Mapping[str, Value]) -> Iterator[str]:
    titles = {output.name: title_in_words(output) for output in table.outputs}
    for name, value in outputs.items():
        if name in {"outcome", "message"} or name not in titles:
            continue
        yield _term(name, value, titles[name])


def _term(name: str, value: Value, title: str) -> str:
    if isinstance(value, bool):
        said = ANSWERED.get((name, value))
        return str(said) if said is not None else f"{title}: {value_in_words(value)}."
    if name == "refund_share" and isinstance(value, int | Decimal):
        return gettext("The refund is %s %%.") % f"{(Decimal(value) * 100).normalize():f}"
    if name in LENGTHS and isinstance(value, timedelta):
        return str(LENGTHS[name]) % value_in_words(value)
    if name in TEXTS:
        return str(TEXTS[name]) % str(value).strip()
    said = ANSWERED.get((name, value))
    return str(said) if said is not None else f"{title}: {value_in_words(value)}."
