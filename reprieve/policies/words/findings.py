"""What is wrong with a decision table, or worth a look, in words for the person who wrote it.

`dmn.analyse` finds what a table leaves open, never uses or contradicts; here each of that becomes a sentence, what to
do about it, and an example. What cannot be used is an error; a gap that the fallback answers is a warning. Where the
first row that fits decides, overlap is normal: what is said of it are hints, where a row stands above a stricter one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from django.utils.translation import gettext, ngettext

from reprieve.dmn.analyse import WITNESS_NOW, Analysis, Conflict, Duplicate, Gap, OrderSensitive, Unreachable, Witness
from reprieve.dmn.analyse import analyse as analysed
from reprieve.dmn.cell import Cell
from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.facts import facts_to_data
from reprieve.dmn.table import HitPolicy, Problem, Row, Severity, Table, check
from reprieve.policies.models import Outcome
from reprieve.policies.terms import Flaw, flaws
from reprieve.policies.words.values import ReadFact, cell_in_words, facts_in_words, title_in_words

__all__ = ["Finding", "Kind", "Place", "Severity", "findings", "findings_of_problems", "has_errors"]

STRICTNESS = {Outcome.ALLOW.value: 0, Outcome.REQUEST.value: 1, Outcome.REFUSE.value: 2}


class Kind(StrEnum):
    """What was found; stable, for programs."""

    UNSOUND = "unsound"
    """The table, or a part of it, says nothing that can be used."""
    NO_CATCH_ALL = "no-catch-all"
    GAP = "gap"
    MORE_GAPS = "more-gaps"
    NEVER_FITS = "never-fits"
    MASKED = "masked"
    CONFLICT = "conflict"
    DUPLICATE = "duplicate"
    ORDER = "order"
    TERMS = "terms"
    """An answer that no policy may give, or that leaves something out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the table: ids of rows, names of inputs and outputs. All empty is the table as a whole."""

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about a table.

    Attributes:
        kind: what.
        severity: an error keeps the table from being used; a warning is worth a look; a hint may well be meant.
        place: the rows and columns that it is about.
        sentence: what is the matter.
        remedy: what to do.
        example: facts that show it, in words; empty where none are needed.
        witness: the same facts, to be decided, and the instant at which they are.
        suggestion: a row that settles it, to be added as the last one.
    """

    kind: Kind
    severity: Severity
    place: Place
    sentence: str
    remedy: str
    example: tuple[ReadFact, ...] = ()
    witness: Witness | None = None
    suggestion: Row | None = None


def findings(table: Table | CompiledTable, *, is_policy: bool = True, now: datetime = WITNESS_NOW) -> list[Finding]:
    """Everything that is to be said of a sound table: errors first, then warnings, then hints.

    Args:
        table: of which `check` finds no errors.
        is_policy: whether it is to answer with an outcome and its terms (`policies.outputs`); any table otherwise.
        now: the instant of the examples.

    Raises:
        TableError: the table has errors; `findings_of_problems` says them.
    """
    compiled = table if isinstance(table, CompiledTable) else compile_table(table)
    found = list(_Words(compiled.table, now).of(analysed(compiled, now=now)))
    if is_policy:
        found += [_flaw(flaw) for flaw in flaws(compiled.table)]
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


def findings_of_problems(problems: Iterable[Problem], data: Mapping[str, object]) -> list[Finding]:
    """The same words for what keeps a table from being read at all. `data` is the table as it was given."""
    return [
        Finding(
            kind=Kind.UNSOUND,
            severity=problem.severity,
            place=_place(problem.place, data),
            sentence=f"{problem.message}.",
            remedy=f"{problem.hint[:1].upper()}{problem.hint[1:]}.",
        )
        for problem in problems
    ]


def has_errors(found: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in found)


class _Words:
    def __init__(self, table: Table, now: datetime) -> None:
        self.table = table
        self.now = now
        self.titles = {column.name: title_in_words(column) for column in table.inputs}

    def of(self, analysis: Analysis) -> Iterator[Finding]:
        unreachable = {found.row for found in analysis.unreachable}
        yield from self.warnings(analysis)
        yield from map(self.unreachable, analysis.unreachable)
        yield from map(self.conflict, analysis.conflicts)
        yield from map(self.gap, analysis.gaps)
        if analysis.has_more_gaps:
            yield _more_gaps(len(analysis.gaps))
        said = {frozenset(found.rows) for found in analysis.conflicts}
        for duplicate in analysis.duplicates:
            reachable = [row for row in duplicate.rows if row not in unreachable]
            if len(reachable) > 1 and frozenset(duplicate.rows) not in said:
                yield self.duplicate(duplicate)
        pairs = [pair for pair in analysis.order_sensitive if self.is_noteworthy(pair)]
        for _, group in groupby(pairs, key=lambda pair: pair.earlier):
            yield self.order(list(group))

    def warnings(self, analysis: Analysis) -> Iterator[Finding]:
        """What `check` warns of. Without a catch-all nothing is missing where the rows leave nothing open."""
        data = {
            "rows": [{"id": row.id} for row in self.table.rows],
            "inputs": [{"name": column.name} for column in self.table.inputs],
        }
        for problem in check(self.table):
            for found in findings_of_problems([problem], data):
                if problem.place != "/rows":
                    yield found
                elif analysis.gaps:
                    yield Finding(
                        kind=Kind.NO_CATCH_ALL,
                        severity=found.severity,
                        place=found.place,
                        sentence=found.sentence,
                        remedy=found.remedy,
                    )

    def gap(self, gap: Gap) -> Finding:
        is_answered = bool(self.table.fallback)
        where = gettext(" and ").join(self.condition(name, cell) for name, cells in gap.cells.items() for cell in cells)
        sentence = gettext("No row fits where %s.") % where if where else gettext("No row fits any facts.")
        answer = (
            gettext("Add a row for it; until then the fallback answers.")
            if is_answered
            else gettext("Add a row for it, or say by default outputs what then holds; now there is no answer at all.")
        )
        return Finding(
            kind=Kind.GAP,
            severity=Severity.WARNING if is_answered else Severity.ERROR,
            place=Place(columns=tuple(gap.cells)),
            sentence=sentence,
            remedy=answer,
            example=self.example(gap.witness),
            witness=gap.witness,
            suggestion=gap.suggestion,
        )

    def condition(self, name: str, cell: Cell) -> str:
        return gettext("%(fact)s is %(wanted)s") % {"fact": self.titles[name], "wanted": cell_in_words(cell)}

    def unreachable(self, found: Unreachable) -> Finding:
        place = Place(rows=(found.row, *found.masked_by))
        if found.witness is None:
            return Finding(
                kind=Kind.NEVER_FITS,
                severity=Severity.ERROR,
                place=place,
                sentence=gettext("Row %s never fits: no facts are possible that all of its cells let through.")
                % _quoted(found.row),
                remedy=gettext("Correct one of its cells, or remove the row."),
            )
        sentence = ngettext(
            "Row %(row)s never decides: whatever it fits is decided by row %(others)s.",
            "Row %(row)s never decides: whatever it fits is decided by rows %(others)s.",
            len(found.masked_by),
        )
        policy = self.table.hit_policy
        agrees = policy is HitPolicy.ANY  # where all that fit agree, a row that is not needed does no harm
        return Finding(
            kind=Kind.MASKED,
            severity=Severity.WARNING if agrees else Severity.ERROR,
            place=place,
            sentence=sentence % {"row": _quoted(found.row), "others": _listed(found.masked_by)},
            remedy=_unmasking(policy),
            example=self.example(found.witness, found.row),
            witness=found.witness,
        )

    def conflict(self, found: Conflict) -> Finding:
        unique = self.table.hit_policy is HitPolicy.UNIQUE
        sentence = (
            gettext("Rows %s fit the same facts, and of this table only one row may.")
            if unique
            else gettext(
                "Rows %s fit the same facts and answer differently, and of this table all that fit must agree."
            )
        )
        return Finding(
            kind=Kind.CONFLICT,
            severity=Severity.ERROR,
            place=Place(rows=found.rows, columns=found.outputs),
            sentence=sentence % _listed(found.rows),
            remedy=gettext("Narrow one of them, or let the first row that fits decide (hit policy FIRST)."),
            example=self.example(found.witness, found.rows[0]),
            witness=found.witness,
        )

    def duplicate(self, found: Duplicate) -> Finding:
        return Finding(
            kind=Kind.DUPLICATE,
            severity=Severity.WARNING,
            place=Place(rows=found.rows, columns=found.outputs),
            sentence=gettext("Rows %s fit exactly the same facts.") % _listed(found.rows),
            remedy=gettext("Keep one of them."),
        )

    def is_noteworthy(self, pair: OrderSensitive) -> bool:
        """Whether the order may not be meant: the earlier is no exception to the later, and less strict, if that tells.

        Refusals above what they forbid are how tables are written; a permission above a refusal may be a slip.
        """
        if pair.is_exception:
            return False
        earlier, later = (STRICTNESS.get(str(self.table.row(row).outputs.get("outcome"))) for row in _pair(pair))
        return earlier is None or later is None or earlier < later

    def order(self, pairs: Sequence[OrderSensitive]) -> Finding:
        later = tuple(pair.later for pair in pairs)
        witness = pairs[0].witness
        outputs = dict.fromkeys(output for pair in pairs for output in pair.outputs)
        sentence = ngettext(
            "Row %(row)s decides before row %(others)s wherever both fit, and they answer differently.",
            "Row %(row)s decides before rows %(others)s wherever they fit as well, and they answer differently.",
            len(later),
        )
        return Finding(
            kind=Kind.ORDER,
            severity=Severity.HINT,
            place=Place(rows=(pairs[0].earlier, *later), columns=tuple(outputs)),
            sentence=sentence % {"row": _quoted(pairs[0].earlier), "others": _listed(later)},
            remedy=gettext("If the other is meant to hold there, move it up."),
            example=self.example(witness, pairs[0].earlier),
            witness=witness,
        )

    def example(self, witness: Witness, row: str = "") -> tuple[ReadFact, ...]:
        data = facts_to_data(self.table, witness.facts)
        return tuple(facts_in_words(self.table, data, at=witness.now, row=row))


def _unmasking(policy: HitPolicy) -> str:
    match policy:
        case HitPolicy.FIRST:
            return gettext("Move it up, narrow the rows above it, or remove it.")
        case HitPolicy.ANY:
            return gettext("Remove it: it answers nothing that they do not answer alike.")
        case _:
            return gettext("Narrow the rows that go before it, or remove it.")


def _pair(pair: OrderSensitive) -> tuple[str, str]:
    return pair.earlier, pair.later


def _more_gaps(shown: int) -> Finding:
    return Finding(
        kind=Kind.MORE_GAPS,
        severity=Severity.WARNING,
        place=Place(),
        sentence=gettext("There are more gaps than the %d that are listed.") % shown,
        remedy=gettext("Add a last row of dashes, which closes all of them at once."),
    )


def _flaw(flaw: Flaw) -> Finding:
    return Finding(
        kind=Kind.TERMS,
        severity=flaw.severity,
        place=Place(rows=(flaw.row,) if flaw.row else (), columns=(flaw.output,)),
        sentence=flaw.sentence,
        remedy=flaw.remedy,
    )


def _place(place: str, data: Mapping[str, object]) -> Place:
    """The rows and columns that a JSON Pointer into a table's data leads to."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in place.split("/")[1:]]
    match steps:
        case ["rows", index, ("when" | "then"), column, *_]:
            return Place(rows=_name(data, "rows", index, "id"), columns=(column,))
        case ["rows", index, *_]:
            return Place(rows=_name(data, "rows", index, "id"))
        case ["inputs" | "outputs" as part, index, *_]:
            return Place(columns=_name(data, part, index, "name"))
        case ["fallback", column, *_]:
            return Place(columns=(column,))
        case _:
            return Place()


def _name(data: Mapping[str, object], part: str, index: str, key: str) -> tuple[str, ...]:
    """What the row or column of that index is called, as far as the data says; some go by their names already."""
    if not index.isdecimal():
        return (index,)
    parts = data.get(part)
    known = isinstance(parts, Sequence) and not isinstance(parts, str) and int(index) < len(parts)
    found = parts[int(index)] if known else None  # type: ignore[index]
    name = found.get(key) if isinstance(found, Mapping) else None
    return (name,) if isinstance(name, str) and name else ()


def _quoted(name: str) -> str:
    return f"“{name}”"


def _listed(names: Sequence[str]) -> str:
    *others, last = map(_quoted, names)
    return gettext("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last} if others else last
