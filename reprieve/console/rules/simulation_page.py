"""What a simulation found, in the words of whoever decides about the rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from reprieve.lib.money import display, from_minor
from reprieve.policies.evidence.simulation import NO_RULES, Cell, Part, Refunds, RowPair, Sample, Simulated, Unanswered
from reprieve.policies.lives import Unknown
from reprieve.policies.models import Outcome, Simulation
from reprieve.policies.words.values import name_in_words

type Count = Callable[[int], str]
"""So many decisions, or days."""

OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of the matrix: how many answers of how many cases went from its row's outcome to its column's."""

    label: str
    asks: int
    subjects: int
    changes: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """All answers of one outcome under the rules in force."""

    outcome: str
    label: str
    cells: list[ShownCell]


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two rules of which the one answers now and the other would. `outcome` is what the draft answers."""

    old: str
    old_label: str
    old_outcome: str
    new: str
    new_label: str
    new_outcome: str
    asks: int
    subjects: int
    on_other_terms: bool


@dataclass(frozen=True, slots=True)
class ShownSample:
    sample: Sample
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ShownPart:
    """The questions of one kind: where the answers part, by outcome and by rule, and cases to look at."""

    asks: int
    subjects: int
    summary: str
    columns: list[tuple[str, str]]
    matrix: list[ShownRow]
    changed: list[ShownPair]
    alike: list[ShownPair]
    samples: list[tuple[str, list[ShownSample]]]
    unanswered: list[str]


@dataclass(frozen=True, slots=True)
class ShownResult:
    """All of it. `money` has a sentence for each currency."""

    headline: str
    decisions: ShownPart
    days: ShownPart
    money: list[str]


def shown_result(found: Simulated) -> ShownResult:
    return ShownResult(
        headline=headline(found),
        decisions=_part(found.decisions, _decisions_in_words(found.decisions), _number_of_decisions),
        days=_part(found.days, _days_in_words(found.days), _number_of_days),
        money=[sentence for refunds in found.refunds for sentence in _money_in_words(refunds)],
    )


def shown_today(counted: Mapping[tuple[Outcome | None, Outcome], int]) -> ShownPart:
    """The cases under way, by what the rules say about them now and what the draft would say."""
    ordered = sorted(counted.items(), key=lambda each: -each[1])
    cells = tuple(Cell(old.value if old else NO_RULES, new.value, number, number) for (old, new), number in ordered)
    cases = sum(counted.values())
    part = Part(asks=cases, subjects=cases, cells=cells, rows=(), samples=(), unanswered=())
    of_them = ngettext(
        "of %(asks)d case under way, %(same)d would get the same answer today",
        "of %(asks)d cases under way, %(same)d would get the same answer today",
        cases,
    )
    summary = _changes_in_words(of_them, part) if cases else gettext("No case is under way.")
    return _part(part, summary, _number_of_decisions)


def headline(found: Simulated) -> str:
    """What changes, in one breath: of the decisions that were made, or if there are none, of the days."""
    words = _decisions_in_words(found.decisions) if found.decisions.asks else _days_in_words(found.days)
    return words[:1].upper() + words[1:]


def period_in_words(simulation: Simulation) -> str:
    """“23 Aug to 21 Nov 2026”."""
    first, last = localtime(simulation.period_from), localtime(simulation.period_to)
    return gettext("%(first)s to %(last)s") % {
        "first": date_format(first, "MONTH_DAY_FORMAT" if first.year == last.year else "DATE_FORMAT"),
        "last": date_format(last, "DATE_FORMAT"),
    }


def _decisions_in_words(part: Part) -> str:
    if not part.asks:
        return gettext("Nothing was decided by these rules in this time.")
    of_them = ngettext(
        "of %(asks)d decision, %(same)d would have the same outcome",
        "of %(asks)d decisions, %(same)d would have the same outcome",
        part.asks,
    )
    return _changes_in_words(of_them, part)


def _days_in_words(part: Part) -> str:
    if not part.asks:
        return gettext("No case was open in this time.")
    of_them = ngettext(
        "of %(asks)d day of an open case, %(same)d would have the same outcome",
        "of %(asks)d days of open cases, %(same)d would have the same outcome",
        part.asks,
    )
    return _changes_in_words(of_them, part)


def _changes_in_words(of_them: str, part: Part) -> str:
    """How many are the same, some of them on other terms, and a sentence for each cell in which something changes."""
    same = of_them % {"asks": part.asks, "same": part.same}
    if part.on_other_terms:
        same += gettext(", %d of them on other terms") % part.on_other_terms
    return " ".join([f"{same}.", *(_cell_in_words(cell) for cell in part.cells if cell.old != cell.new)])


def _cell_in_words(cell: Cell) -> str:
    words = ngettext(
        "%(asks)d that is %(old)s would be %(new)s.", "%(asks)d that are %(old)s would be %(new)s.", cell.asks
    )
    return words % {"asks": cell.asks, "old": _participle(cell.old), "new": _participle(cell.new)}


def _participle(outcome: str) -> str:
    words = {
        Outcome.ALLOW.value: gettext("allowed"),
        Outcome.REQUEST.value: gettext("left to support"),
        Outcome.REFUSE.value: gettext("refused"),
        NO_RULES: gettext("under no rules"),
    }
    return words[outcome]


def _part(part: Part, summary: str, count: Count) -> ShownPart:
    cells = {(cell.old, cell.new): cell for cell in part.cells}
    has_no_rules = any(cell.old == NO_RULES for cell in part.cells)
    return ShownPart(
        asks=part.asks,
        subjects=part.subjects,
        summary=summary[:1].upper() + summary[1:],
        columns=[(outcome, _label(outcome)) for outcome in OUTCOMES],
        matrix=[_row(old, cells) for old in ((NO_RULES,) if has_no_rules else OUTCOMES)],
        changed=[_pair(pair) for pair in part.rows if pair.changes],
        alike=[_pair(pair) for pair in part.rows if not pair.changes],
        samples=_samples(part.samples),
        unanswered=[_unanswered(each, count) for each in part.unanswered],
    )


def _label(outcome: str) -> str:
    return str(Outcome(outcome).label) if outcome else gettext("No rules")


def _row(old: str, cells: Mapping[tuple[str, str], Cell]) -> ShownRow:
    shown = []
    for new in OUTCOMES:
        cell = cells.get((old, new))
        asks, subjects = (cell.asks, cell.subjects) if cell else (0, 0)
        shown.append(ShownCell(_label(new), asks, subjects, bool(asks) and old != new))
    return ShownRow(old, _label(old), shown)


def _pair(pair: RowPair) -> ShownPair:
    return ShownPair(
        old=_rule(pair.old_row, pair.old),
        old_label=_label(pair.old),
        old_outcome=pair.old,
        new=_rule(pair.new_row, pair.new),
        new_label=_label(pair.new),
        new_outcome=pair.new,
        asks=pair.asks,
        subjects=pair.subjects,
        on_other_terms=pair.old == pair.new and not pair.same_terms,
    )


def _rule(row: str, outcome: str) -> str:
    if outcome == NO_RULES:
        return gettext("No rules")
    return name_in_words(row).capitalize() if row else gettext("Where no rule fits")


def _samples(samples: Sequence[Sample]) -> list[tuple[str, list[ShownSample]]]:
    groups: dict[tuple[str, str], list[ShownSample]] = {}
    for sample in samples:
        shown = ShownSample(sample, _rule(sample.old_row, sample.old), _rule(sample.new_row, sample.new))
        groups.setdefault((sample.old, sample.new), []).append(shown)
    return [(_group(*cell), shown) for cell, shown in groups.items()]


def _group(old: str, new: str) -> str:
    apart, alike = gettext("%(old)s now, %(new)s by the draft"), gettext("%(old)s as before, on other terms")
    said = (alike if old == new else apart) % {"old": _participle(old), "new": _participle(new)}
    return said[:1].upper() + said[1:]


def _unanswered(each: Unanswered, count: Count) -> str:
    cases = ngettext("%d case", "%d cases", each.subjects) % each.subjects
    said = {"asks": count(each.asks), "cases": cases, "why": Unknown(each.why).label}
    return gettext("%(asks)s of %(cases)s: %(why)s") % said


def _number_of_decisions(number: int) -> str:
    return ngettext("%d decision", "%d decisions", number) % number


def _number_of_days(number: int) -> str:
    return ngettext("%d day", "%d days", number) % number


def _money_in_words(refunds: Refunds) -> list[str]:
    """What is given back now and what would be; and of how many cases that cannot be said."""
    sentences = []
    if refunds.subjects:
        said = {
            "cases": refunds.subjects,
            "old": _money(refunds.old_minor, refunds.currency),
            "new": _money(refunds.new_minor, refunds.currency),
            "more": _money(abs(refunds.more_minor), refunds.currency),
        }
        sentences.append(_difference(refunds) % said)
    if refunds.left_open:
        words = ngettext(
            "Of %d case it cannot be said: one of the two leaves the refund to support.",
            "Of %d cases it cannot be said: one of the two leaves the refund to support.",
            refunds.left_open,
        )
        sentences.append(words % refunds.left_open)
    return sentences


def _difference(refunds: Refunds) -> str:
    if refunds.more_minor == 0:
        return ngettext(
            "Of %(cases)d case the same would be refunded: %(old)s.",
            "Of %(cases)d cases the same would be refunded: %(old)s.",
            refunds.subjects,
        )
    if refunds.more_minor > 0:
        return ngettext(
            "Of %(cases)d case %(more)s more would be refunded: %(new)s instead of %(old)s.",
            "Of %(cases)d cases %(more)s more would be refunded: %(new)s instead of %(old)s.",
            refunds.subjects,
        )
    return ngettext(
        "Of %(cases)d case %(more)s less would be refunded: %(new)s instead of %(old)s.",
        "Of %(cases)d cases %(more)s less would be refunded: %(new)s instead of %(old)s.",
        refunds.subjects,
    )


def _money(minor: int, currency: str) -> str:
    return display(from_minor(minor, currency))
