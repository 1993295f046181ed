"""What is different between two tables, in words: rows added, removed, moved and changed, and what they are about."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

from reprieve.dmn.cell import Cell
from reprieve.dmn.table import Column, Output, Row, Table
from reprieve.dmn.values import Value
from reprieve.policies.evidence.scenarios import Scenario
from reprieve.policies.words.values import answer_in_words, cell_in_words, either, title_in_words, value_in_words


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Detail:
    """One cell or answer, before and after, in words. Empty is what was or is not there."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that is not as it was. `row` is its id, empty where it is the table as a whole or its fallback."""

    kind: Kind
    row: str
    sentence: str
    details: tuple[Detail, ...] = ()


def differences(old: Table, new: Table) -> list[Difference]:
    """Everything in which the new table is not the old one, in its order, what was removed last."""
    words = _Words(old, new)
    return [*words.whole(), *words.rows(), *words.removed(), *words.fallback()]


def scenario_differences(
    old: Iterable[Scenario], new: Iterable[Scenario], sentences: Mapping[Kind, str]
) -> list[Difference]:
    """Which scenarios are new, removed or changed: a sentence of `sentences` for each, with its name for `%s`."""
    before, after = ({scenario.name: scenario for scenario in scenarios} for scenarios in (old, new))
    found = []
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            kind = Kind.ADDED if name not in before else Kind.REMOVED if name not in after else Kind.CHANGED
            found.append(Difference(kind, "", sentences[kind] % name))
    return found


class _Words:
    def __init__(self, old: Table, new: Table) -> None:
        self.old, self.new = old, new
        self.inputs = {column.name: column for column in (*old.inputs, *new.inputs)}
        self.outputs = {output.name: output for output in (*old.outputs, *new.outputs)}
        self.before = {row.id: (place, row) for place, row in enumerate(old.rows, start=1)}
        self.after = {row.id: (place, row) for place, row in enumerate(new.rows, start=1)}

    def whole(self) -> Iterator[Difference]:
        if self.old.name != self.new.name:
            yield _named(gettext("The table is renamed."), self.old.name, self.new.name)
        if self.old.hit_policy != self.new.hit_policy:
            sentence = gettext("Which of the rows that fit decides is chosen in another way.")
            yield _named(sentence, self.old.hit_policy.value, self.new.hit_policy.value)
        yield from self.columns(self.old.inputs, self.new.inputs)
        yield from self.columns(self.old.outputs, self.new.outputs)
        if self.old.impossible != self.new.impossible:
            before, after = (
                "; ".join(map(self.promise, table.impossible)) or gettext("nothing") for table in (self.old, self.new)
            )
            yield _named(gettext("What is promised never to be is different."), before, after)

    def columns(
        self, old: Sequence[Column] | Sequence[Output], new: Sequence[Column] | Sequence[Output]
    ) -> Iterator[Difference]:
        before = {column.name: column for column in old}
        after = {column.name: column for column in new}
        for name, column in after.items():
            if name not in before:
                yield Difference(Kind.ADDED, "", gettext("“%s” is new in the table.") % title_in_words(column))
            elif before[name] != column:
                details = _detail(title_in_words(column), _values(before[name]), _values(column))
                sentence = gettext("What “%s” may be is different.") % title_in_words(column)
                yield Difference(Kind.CHANGED, "", sentence, tuple(details))
        for name, column in before.items():
            if name not in after:
                yield Difference(Kind.REMOVED, "", gettext("“%s” is no longer in the table.") % title_in_words(column))

    def rows(self) -> Iterator[Difference]:
        moved = _moved(
            [row for row in self.before if row in self.after], [row for row in self.after if row in self.before]
        )
        for name, (place, row) in self.after.items():
            if name not in self.before:
                sentence = gettext("Row “%(row)s” is new, at place %(place)s.") % {"row": name, "place": place}
                yield Difference(Kind.ADDED, name, sentence, tuple(self.row_details(None, row)))
                continue
            was, old = self.before[name]
            if name in moved:
                words = {"row": name, "was": was, "place": place}
                sentence = gettext("Row “%(row)s” moves from place %(was)s to place %(place)s.") % words
                yield Difference(Kind.MOVED, name, sentence)
            if old != row:
                details = tuple(self.row_details(old, row))
                yield Difference(Kind.CHANGED, name, gettext("Row “%s” is changed.") % name, details)

    def removed(self) -> Iterator[Difference]:
        for name, (_, row) in self.before.items():
            if name not in self.after:
                details = tuple(self.row_details(row, None))
                yield Difference(Kind.REMOVED, name, gettext("Row “%s” is removed.") % name, details)

    def fallback(self) -> Iterator[Difference]:
        if self.old.fallback != self.new.fallback:
            details = tuple(self.answers(self.old.fallback, self.new.fallback))
            sentence = gettext("What holds where a fact is missing, or no row fits, is changed.")
            yield Difference(Kind.CHANGED, "", sentence, details)

    def row_details(self, old: Row | None, new: Row | None) -> Iterator[Detail]:
        before = old.cells if old else {}
        after = new.cells if new else {}
        for name, column in self.inputs.items():
            if before.get(name) != after.get(name):
                yield from _detail(title_in_words(column), _cell(before, name, old), _cell(after, name, new))
        yield from self.answers(old.outputs if old else {}, new.outputs if new else {})
        yield from _detail(gettext("Note"), old.note if old else "", new.note if new else "")

    def answers(self, old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[Detail]:
        for name, output in self.outputs.items():
            yield from _detail(title_in_words(output), _answer(old, name), _answer(new, name))

    def promise(self, cells: Mapping[str, Cell]) -> str:
        parts = [
            gettext("%(fact)s is %(wanted)s")
            % {"fact": title_in_words(self.inputs[name]), "wanted": cell_in_words(cell)}
            for name, cell in cells.items()
        ]
        return gettext(" and ").join(parts)


def _named(sentence: str, before: str, after: str) -> Difference:
    return Difference(Kind.CHANGED, "", sentence, (Detail("", before, after),))


def _detail(label: str, before: str, after: str) -> Iterator[Detail]:
    if before != after:
        yield Detail(label, before, after)


def _cell(cells: Mapping[str, Cell], name: str, row: Row | None) -> str:
    if name in cells:
        return cell_in_words(cells[name])
    return gettext("anything") if row else ""


def _answer(outputs: Mapping[str, Value], name: str) -> str:
    value = outputs.get(name)
    if value is None:
        return ""
    return answer_in_words(name, value)


def _values(column: Column | Output) -> str:
    """The values that it may have, and what else is promised of them."""
    if column.domain is not None:
        return either(map(value_in_words, column.domain))
    low, high = column.minimum, column.maximum
    parts = [gettext("at least %s") % value_in_words(low)] if low is not None else []
    parts += [gettext("at most %s") % value_in_words(high)] if high is not None else []
    return gettext(" and ").join(parts) or gettext("anything")


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest rows that have to move to get from one order to the other: all but the longest run that kept it."""
    places = {row: place for place, row in enumerate(old)}
    ends: list[int] = []  # of the rising run of each length, the least place that it can end at
    best: list[list[str]] = []
    for row in new:
        at = bisect_left(ends, places[row])
        run = [*(best[at - 1] if at else []), row]
        if at == len(ends):
            ends.append(places[row])
            best.append(run)
        else:
            ends[at], best[at] = places[row], run
    return set(new) - set(best[-1] if best else [])
