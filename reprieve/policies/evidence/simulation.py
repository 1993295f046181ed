"""Two tables asked the same questions of the past: how often they answer alike, where they part, what that costs.

Pure counting, which knows no subject: `simulating` asks the questions. What is kept grows with the rows of the
tables, not with the questions. Rows are named by their ids; `""` is the fallback, and as an outcome no rules at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from reprieve.dmn.decide import CompiledTable
from reprieve.dmn.values import Value
from reprieve.policies.models import Outcome
from reprieve.policies.money_terms import MoneyTerms

MOST_SAMPLES: Final = 20
NO_RULES: Final = ""
REFUSE: Final = Outcome.REFUSE.value
WORDS: Final = frozenset({"outcome", "message", "staff_note"})
"""Outputs that are no terms: what is answered, and what is said about it."""

type Pair = tuple[str, str]
"""What the old table says and what the new one does: two rows, or two outcomes."""


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant up to, and without, another."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """How many questions, about how many subjects, were answered so by the old table and so by the new one."""

    old: str
    new: str
    asks: int
    subjects: int


@dataclass(frozen=True, slots=True)
class RowPair:
    """The same by row. `same_terms` says that both answers are the same but for their words."""

    old_row: str
    new_row: str
    old: str
    new: str
    same_terms: bool
    asks: int
    subjects: int

    @property
    def changes(self) -> bool:
        return self.old != self.new or not self.same_terms


@dataclass(frozen=True, slots=True)
class Sample:
    """One subject of a cell, by its number, and the first instant at which it was answered so."""

    number: str
    at: datetime
    old: str
    new: str
    old_row: str
    new_row: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """How many questions could not be asked again, and why."""

    why: str
    asks: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Part:
    """The questions of one kind. `cells` and `rows` hold what occurred, the most frequent first."""

    asks: int
    subjects: int
    cells: tuple[Cell, ...]
    rows: tuple[RowPair, ...]
    samples: tuple[Sample, ...]
    unanswered: tuple[Unanswered, ...]

    @property
    def same(self) -> int:
        """How many questions have the same outcome."""
        return sum(cell.asks for cell in self.cells if cell.old == cell.new)

    @property
    def on_other_terms(self) -> int:
        """How many of those are answered with other terms, such as another refund."""
        return sum(pair.asks for pair in self.rows if pair.old == pair.new and not pair.same_terms)


@dataclass(frozen=True, slots=True)
class Refunds:
    """What cancelling would have given back in one currency, in minor units.

    `subjects` are those of which both tables say how much; `left_open` those that one of them leaves to support.
    """

    currency: str
    subjects: int
    old_minor: int
    new_minor: int
    left_open: int

    @property
    def more_minor(self) -> int:
        """How much more the new table gives back; less, where it is negative."""
        return self.new_minor - self.old_minor


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation found: at the decisions that were made, and day by day."""

    decisions: Part
    days: Part
    refunds: tuple[Refunds, ...]

    def to_data(self) -> dict[str, Any]:
        """Its JSON form; `from_data` reads it back to an equal one."""
        return {
            "decisions": _part_to_data(self.decisions),
            "days": _part_to_data(self.days),
            "refunds": [asdict(each) for each in self.refunds],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Simulated":
        """Read what `to_data` wrote. Raises KeyError or TypeError for anything else."""
        return cls(
            _part_from_data(data["decisions"]),
            _part_from_data(data["days"]),
            tuple(Refunds(**each) for each in data["refunds"]),
        )


def _part_to_data(part: Part) -> dict[str, Any]:
    return {
        "asks": part.asks,
        "subjects": part.subjects,
        "cells": [asdict(each) for each in part.cells],
        "rows": [asdict(each) for each in part.rows],
        "samples": [asdict(each) | {"at": each.at.isoformat()} for each in part.samples],
        "unanswered": [asdict(each) for each in part.unanswered],
    }


def _part_from_data(data: Mapping[str, Any]) -> Part:
    return Part(
        asks=data["asks"],
        subjects=data["subjects"],
        cells=tuple(Cell(**each) for each in data["cells"]),
        rows=tuple(RowPair(**each) for each in data["rows"]),
        samples=tuple(Sample(**each | {"at": datetime.fromisoformat(each["at"])}) for each in data["samples"]),
        unanswered=tuple(Unanswered(**each) for each in data["unanswered"]),
    )


@dataclass(slots=True)
class Asked:
    """All that was asked about one subject: by pair of rows how often, and when first."""

    often: Counter[Pair] = field(default_factory=Counter)
    first: dict[Pair, datetime] = field(default_factory=dict)
    unanswered: Counter[str] = field(default_factory=Counter)


class Comparison:
    """Asks both tables, subject by subject, and counts. `old` is None where no rules are in force."""

    def __init__(self, old: CompiledTable | None, new: CompiledTable) -> None:
        self.old, self.new = old, new
        self._old_outputs, self._new_outputs = _outputs_by_row(old), _outputs_by_row(new)
        self.decisions, self.days = _Counts(self), _Counts(self)
        self._refunds: dict[str, Counter[str]] = defaultdict(Counter)

    def facts(self) -> list[str]:
        """The names of the facts that either table asks for."""
        tables = [compiled.table for compiled in (self.old, self.new) if compiled is not None]
        return list(dict.fromkeys(column.name for table in tables for column in table.inputs))

    def ask(self, asked: Asked, facts: Mapping[str, object], at: datetime) -> Pair:
        old_row = "" if self.old is None else self.old.decide(facts, at).row or ""
        pair = (old_row, self.new.decide(facts, at).row or "")
        asked.often[pair] += 1
        if pair not in asked.first:
            asked.first[pair] = at
        return pair

    def outcomes(self, pair: Pair) -> Pair:
        return str(self._old_outputs[pair[0]]["outcome"]), str(self._new_outputs[pair[1]]["outcome"])

    def same_terms(self, pair: Pair) -> bool:
        """Whether the two rows answer the same but for their words. What is refused has no terms."""
        old, new = self._old_outputs[pair[0]], self._new_outputs[pair[1]]
        return self.outcomes(pair) == (REFUSE, REFUSE) or _terms(old) == _terms(new)

    def count_refund(self, pair: Pair, amount_minor: int, currency: str) -> None:
        """What both would have given back for one cancellation, had the whole amount been paid."""
        old = _refund(self._old_outputs[pair[0]], amount_minor, currency)
        new = _refund(self._new_outputs[pair[1]], amount_minor, currency)
        found = self._refunds[currency]
        if old is None or new is None:
            found["left_open"] += 1
        else:
            found.update(subjects=1, old_minor=old, new_minor=new)

    def result(self) -> Simulated:
        names = ("subjects", "old_minor", "new_minor", "left_open")
        refunds = (
            Refunds(currency, **{name: found[name] for name in names})
            for currency, found in sorted(self._refunds.items())
        )
        return Simulated(self.decisions.part(), self.days.part(), tuple(refunds))


class _Counts:
    """The questions of one kind, of all subjects."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._asks: Counter[Pair] = Counter()
        self._subjects: Counter[Pair] = Counter()
        self._cells: Counter[Pair] = Counter()
        self._samples: dict[Pair, list[tuple[int, Sample]]] = defaultdict(list)
        self._unanswered: dict[str, Counter[str]] = defaultdict(Counter)
        self._subjects_in_all = 0

    def add(self, number: str, asked: Asked) -> None:
        self._asks += asked.often
        self._subjects.update(asked.often.keys())
        self._subjects_in_all += bool(asked.often)
        self._cells.update({self._comparison.outcomes(pair) for pair in asked.often})
        for sample in self._samples_of(number, asked):
            self._keep(sample)
        for why, asks in asked.unanswered.items():
            self._unanswered[why].update(asks=asks, subjects=1)

    def part(self) -> Part:
        asks_of_cell: Counter[Pair] = Counter()
        for pair, asks in self._asks.items():
            asks_of_cell[self._comparison.outcomes(pair)] += asks
        return Part(
            asks=self._asks.total(),
            subjects=self._subjects_in_all,
            cells=tuple(Cell(*cell, asks, self._cells[cell]) for cell, asks in asks_of_cell.most_common()),
            rows=tuple(self._row_pair(pair, asks) for pair, asks in self._asks.most_common()),
            samples=tuple(sample for kept in self._samples.values() for sample in _by_instant(kept)),
            unanswered=tuple(
                Unanswered(why, found["asks"], found["subjects"]) for why, found in self._unanswered.items()
            ),
        )

    def _row_pair(self, pair: Pair, asks: int) -> RowPair:
        same_terms = self._comparison.same_terms(pair)
        return RowPair(*pair, *self._comparison.outcomes(pair), same_terms, asks, self._subjects[pair])

    def _samples_of(self, number: str, asked: Asked) -> Iterator[Sample]:
        """For each cell in which something changes, when it first did for this subject."""
        first: dict[Pair, Sample] = {}
        for pair, at in asked.first.items():
            cell = self._comparison.outcomes(pair)
            is_new = cell not in first or at < first[cell].at
            if is_new and (cell[0] != cell[1] or not self._comparison.same_terms(pair)):
                first[cell] = Sample(number, at, *cell, *pair)
        yield from first.values()

    def _keep(self, sample: Sample) -> None:
        """Keep as many as are shown, spread over all subjects: those with the smallest check sums."""
        kept = self._samples[sample.old, sample.new]
        kept.append((crc32(f"{sample.number} {sample.old} {sample.new}".encode()), sample))
        kept.sort(key=lambda ranked: (ranked[0], ranked[1].number))
        del kept[MOST_SAMPLES:]


def _by_instant(kept: Sequence[tuple[int, Sample]]) -> list[Sample]:
    return sorted((sample for _, sample in kept), key=lambda sample: (sample.at, sample.number))


def _outputs_by_row(compiled: CompiledTable | None) -> Mapping[str, Mapping[str, Value]]:
    if compiled is None:
        return {"": {"outcome": NO_RULES}}
    table = compiled.table
    return {"": table.fallback} | {row.id: row.outputs for row in table.rows}


def _terms(outputs: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in outputs.items() if name not in WORDS}


def _refund(outputs: Mapping[str, Value], amount_minor: int, currency: str) -> int | None:
    """What an answer gives back, a request as if support approved it; None where that is left to support."""
    if outputs["outcome"] not in {Outcome.ALLOW.value, Outcome.REQUEST.value}:
        return 0
    terms = MoneyTerms.of(outputs)
    return None if terms.share is None else terms.due_minor(amount_minor, currency)
