"""A draft's table as one form: the part that stands open, what was typed into it, and what its buttons do.

Every button saves what was typed first, so that nothing typed is lost; if that cannot be read, nothing is done at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext

from reprieve.console.rules import table_edits as edits
from reprieve.console.rules.answer_form import AnswerForm
from reprieve.console.rules.draft_opened import COPY, FACTS, FALLBACK, NEW, NOTHING, ROW, Opened
from reprieve.console.rules.draft_removed import Removed
from reprieve.console.rules.fact_values import Named
from reprieve.console.rules.row_form import RowForm
from reprieve.console.rules.row_names import row_id_for
from reprieve.dmn.table import Row, Table
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.words.findings import Finding
from reprieve.policies.words.values import cell_in_words, name_in_words, title_in_words


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a button: the table, what stands open next, and what to say. `asks` names what it would cost first.

    `renamed` are the ids that a row had and has, where its name was changed. `removed` is what the button took out.
    """

    table: Table
    opened: Opened = NOTHING
    said: str = ""
    asks: str = ""
    renamed: tuple[str, str] | None = None
    removed: Removed | None = None


@dataclass(frozen=True, slots=True)
class TableForm:
    """The open part of a table. At most one of `rule` and `answer` is there, by what is open."""

    table: Table
    opened: Opened
    rule: RowForm | None = None
    answer: AnswerForm | None = None

    @classmethod
    def of(cls, table: Table, opened: Opened, named: Mapping[str, Named]) -> Self:
        """The form of the part; of a row that has gone meanwhile, of a new one in its place."""
        if opened.part == FALLBACK:
            return cls(table, opened, answer=AnswerForm.of(table, table.fallback))
        if opened.part not in (ROW, NEW, COPY):
            return cls(table, opened)
        row = next((row for row in table.rows if row.id == opened.key), None)
        if opened.part == ROW and row is not None:
            return cls(table, opened, rule=RowForm.of(table, row, named))
        pattern = row if opened.part == COPY else None
        form = RowForm.of(table, pattern, named, is_new=True)
        below = opened.key if row is not None or opened == Opened(NEW, edits.TOP) else _last(table)
        return cls(table, Opened(COPY if pattern else NEW, below), rule=form)

    @property
    def is_new(self) -> bool:
        return self.opened.part in (NEW, COPY)

    def typed(self, data: QueryDict) -> Self:
        return replace(
            self,
            rule=self.rule.typed(data) if self.rule else None,
            answer=self.answer.typed(data) if self.answer else None,
        )

    def read(self) -> tuple[Self, Step | None]:
        if self.rule is not None:
            rule, row = self.rule.read()
            form = replace(self, rule=rule)
            return form, None if row is None else self._with(row)
        if self.answer is not None:
            answer, values = self.answer.read()
            form = replace(self, answer=answer)
            return form, None if form.errors else Step(replace(self.table, fallback=values), self.opened)
        return self, Step(self.table, self.opened)

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Where something is wrong: the id of the field, its name, and what is the matter."""
        if self.rule is not None:
            return self.rule.errors
        fields = self.answer.fields if self.answer else ()
        return [(field.name, field.label, field.error) for field in fields if field.error]

    def _with(self, row: Row) -> Step:
        if self.opened.part != ROW:
            return Step(edits.inserted(self.table, row, self.opened.key), Opened(ROW, row.id))
        renamed = (self.opened.key, row.id) if row.id != self.opened.key else None
        return Step(edits.replaced(self.table, self.opened.key, row), Opened(ROW, row.id), renamed=renamed)


def _last(table: Table) -> str:
    return table.rows[-1].id if table.rows else edits.TOP


def pressed(
    step: Step, do: str, subject: str, *, found: Callable[[], tuple[Finding, ...]], removed: Removed | None
) -> Step:
    """What a button does with the table as it was typed. One that nobody knows saves.

    `found` works the findings out; it is asked only where a gap is to be closed. `removed` can be put back.
    """
    verb, _, key = do.partition(":")
    if step.renamed and key == step.renamed[0]:
        key = step.renamed[1]
    if verb == "gap":
        return _close_gap(step, key, found())
    if verb == "put-back":
        return _put_back(step, removed)
    if verb in {"add-fact", "add-term"}:
        return _add(step, verb, key, subject)
    act = _BUTTONS.get(verb)
    return replace(step, opened=NOTHING) if act is None else act(step, key)


def _open(part: str) -> Callable[[Step, str], Step]:
    return lambda step, key: replace(step, opened=Opened(part, key))


def _add_above(step: Step, key: str) -> Step:
    return replace(step, opened=Opened(NEW, edits.above(step.table, key)))


def _move(by: int) -> Callable[[Step, str], Step]:
    def move(step: Step, key: str) -> Step:
        table = edits.moved(step.table, key, by)
        place = edits.position(table, key)
        if place is None or table is step.table:
            return step
        words = {"rule": _named(key), "place": place + 1}
        return replace(step, table=table, said=gettext("%(rule)s is now number %(place)s.") % words)

    return move


def _remove(step: Step, key: str) -> Step:
    place = edits.position(step.table, key)
    if place is None:
        return step
    opened = NOTHING if step.opened.key == key else step.opened
    said = gettext("%s is removed.") % _named(key)
    removed = Removed(step.table.rows[place], edits.above(step.table, key))
    return replace(step, table=edits.removed(step.table, key), opened=opened, said=said, removed=removed)


def _put_back(step: Step, removed: Removed | None) -> Step:
    if removed is None or edits.position(step.table, removed.row.id) is not None:
        return replace(step, said=gettext("The draft has changed since, so nothing was put back."))
    said = gettext("%s is back in its place.") % _named(removed.row.id)
    return replace(step, table=edits.inserted(step.table, removed.row, removed.below), said=said)


def _remove_fact(step: Step, key: str) -> Step:
    asking = edits.rows_that_ask(step.table, key)
    if asking:
        return replace(step, opened=Opened(FACTS), asks=f"fact:{key}")
    return _remove_fact_anyway(step, key)


def _remove_fact_anyway(step: Step, key: str) -> Step:
    return replace(step, table=edits.without_fact(step.table, key), opened=Opened(FACTS))


def _remove_term(step: Step, key: str) -> Step:
    known = OUTPUTS.get(key)
    if known is None or not known.optional:
        return replace(step, opened=Opened(FACTS))
    if edits.rows_that_say(step.table, key):
        return replace(step, opened=Opened(FACTS), asks=f"term:{key}")
    return _remove_term_anyway(step, key)


def _remove_term_anyway(step: Step, key: str) -> Step:
    known = OUTPUTS.get(key)
    table = edits.without_term(step.table, key) if known is not None and known.optional else step.table
    return replace(step, table=table, opened=Opened(FACTS))


def _take_the_rest(step: Step, _key: str) -> Step:
    """A last row without conditions, unless there is one; it opens, as its answer is to be chosen."""
    if any(not row.cells for row in step.table.rows):
        return replace(step, said=gettext("A rule is for everything else already."))
    row_id = row_id_for(gettext("everything else"), [row.id for row in step.table.rows])
    row = Row(row_id, {}, step.table.fallback)
    return replace(
        step,
        table=edits.inserted(step.table, row, _last(step.table)),
        opened=Opened(ROW, row_id),
        said=gettext(
            "A last rule for everything else is added. It answers what the fallback answers: choose its answer."
        ),
    )


_BUTTONS: Mapping[str, Callable[[Step, str], Step]] = {
    "open": _open(ROW),
    "add-below": _open(NEW),
    "copy": _open(COPY),
    "add-above": _add_above,
    "fallback": _open(FALLBACK),
    "facts": _open(FACTS),
    "stay": lambda step, _key: step,
    "up": _move(-1),
    "down": _move(1),
    "remove": _remove,
    "rest": _take_the_rest,
    "remove-fact": _remove_fact,
    "remove-fact-anyway": _remove_fact_anyway,
    "remove-term": _remove_term,
    "remove-term-anyway": _remove_term_anyway,
}


def _add(step: Step, verb: str, key: str, subject: str) -> Step:
    """A fact or a term of the registries, by name."""
    table, columns = step.table, columns_of(subject)
    if verb == "add-fact" and key in columns:
        table = edits.with_fact(table, columns[key])
    if verb == "add-term" and key in OUTPUTS:
        table = edits.with_term(table, OUTPUTS[key])
    return replace(step, table=table, opened=Opened(FACTS))


def _close_gap(step: Step, key: str, found: tuple[Finding, ...]) -> Step:
    """The row that the analysis suggests becomes the last one, and opens: its answer is to be chosen."""
    number = int(key) if key.isascii() and key.isdecimal() and len(key) < len("9999") else -1
    suggestion = found[number].suggestion if 0 <= number < len(found) else None
    if suggestion is None:
        return replace(step, said=gettext("This gap is closed already."))
    row_id = row_id_for(_words_of(step.table, suggestion), [row.id for row in step.table.rows])
    row = replace(suggestion, id=row_id)
    return replace(
        step,
        table=edits.inserted(step.table, row, _last(step.table)),
        opened=Opened(ROW, row_id),
        said=gettext(
            "A rule that closes the gap is added at the end. It answers what the fallback answers: choose its answer."
        ),
    )


def _words_of(table: Table, row: Row) -> str:
    """A name for a row that nobody has named: what it asks for, in a few words."""
    titles = {column.name: title_in_words(column) for column in table.inputs}
    first = [f"{titles[name]} {cell_in_words(cell)}" for name, cell in row.cells.items()][:2]
    words = " ".join(first).split()
    return " ".join(words[:6]) or gettext("everything else")


def _named(row_id: str) -> str:
    return f"“{name_in_words(row_id).capitalize()}”"
