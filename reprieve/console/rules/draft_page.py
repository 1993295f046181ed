"""What a draft's page shows: each rule as a sentence, the part that stands open, the facts and terms there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.console.rules import table_edits as edits
from reprieve.console.rules.answer_form import label_of
from reprieve.dmn.table import Column, Row, Table
from reprieve.lib.errors import NotFound
from reprieve.policies.evidence.scenarios import Result
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.models import Draft, DraftState, Outcome
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.words.facts import MEANINGS
from reprieve.policies.words.rules import RuleInWords, rule_in_words
from reprieve.policies.words.values import cell_in_words, name_in_words, title_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """A rule to read. `handle` is part of the ids of its buttons, so that they are the same when it has moved."""

    number: int
    id: str
    handle: str
    name: str
    note: str
    words: RuleInWords
    outcome: str
    label: str
    cells: list[tuple[str, str]]

    @property
    def anchor(self) -> str:
        return f"rule-{self.number}"


@dataclass(frozen=True, slots=True)
class Part:
    """A fact that the rules ask for, or a term that they answer with: what it means, and how many rules use it."""

    name: str
    title: str
    meaning: str
    uses: int
    is_removable: bool = True


def find_draft(actor: Actor, draft_id: int) -> Draft:
    """The draft, with its policy, what it is based on, and its author. Raises NotFound."""
    drafts = access.rows(actor, Draft).select_related("policy", "based_on", "author", "published")
    found = drafts.defer("based_on__definition", "based_on__scenarios", "published__definition").filter(pk=draft_id)
    draft = found.first()
    if draft is None:
        raise NotFound(gettext("There is no such draft."))
    return draft


def may_edit(draft: Draft, actor: Actor) -> bool:
    return draft.state == DraftState.EDITING and actor.role in access.EDITS_POLICIES


def rules_of(table: Table, action: str) -> list[ShownRule]:
    columns = used_columns(table)
    return [_shown(table, row, action, columns) for row in table.rows]


def fallback_of(table: Table, action: str) -> ShownRule:
    """What is answered where no rule fits, or a fact is missing."""
    return _shown(table, Row("", {}, table.fallback), action, [])


def rule_of(table: Table, row: Row, action: str) -> ShownRule:
    """A rule that need not be in the table yet."""
    return _shown(table, row, action, [])


def used_columns(table: Table) -> list[Column]:
    """The facts that any rule asks for: the columns worth showing."""
    return [column for column in table.inputs if edits.rows_that_ask(table, column.name)]


def _shown(table: Table, row: Row, action: str, columns: Sequence[Column]) -> ShownRule:
    place = edits.position(table, row.id)
    outcome = str(row.outputs.get("outcome", ""))
    return ShownRule(
        number=0 if place is None else place + 1,
        id=row.id,
        handle=slugify(row.id) or f"number-{place}",
        name=name_in_words(row.id),
        note=row.note,
        words=rule_in_words(table, row, action),
        outcome=outcome,
        label=str(Outcome(outcome).label) if outcome in Outcome.values else outcome,
        cells=[
            (title_in_words(column), cell_in_words(row.cells[column.name]) if column.name in row.cells else "")
            for column in columns
        ],
    )


def facts_of(table: Table) -> list[Part]:
    return [_fact(column, len(edits.rows_that_ask(table, column.name))) for column in table.inputs]


def further_facts(table: Table, subject: str) -> list[Part]:
    known = {column.name for column in table.inputs}
    return [_fact(column, 0) for name, column in columns_of(subject).items() if name not in known]


def _fact(column: Column, uses: int) -> Part:
    return Part(column.name, title_in_words(column), str(MEANINGS.get(column.name, "")), uses)


def terms_of(table: Table) -> list[Part]:
    return [
        Part(
            output.name,
            label_of(output),
            "",
            len(edits.rows_that_say(table, output.name)),
            OUTPUTS[output.name].optional,
        )
        for output in table.outputs
        if output.name in OUTPUTS
    ]


def further_terms(table: Table) -> list[Part]:
    known = {output.name for output in table.outputs}
    return [Part(output.name, label_of(output), "", 0) for name, output in OUTPUTS.items() if name not in known]


def asked_rows(table: Table, asks: str) -> Iterator[str]:
    """The names of the rules that lose something if a fact or a term is removed: `fact:status`, `term:grace`."""
    kind, _, name = asks.partition(":")
    rows = edits.rows_that_ask(table, name) if kind == "fact" else edits.rows_that_say(table, name)
    return (name_in_words(row.id).capitalize() for row in rows)


def failing(results: Sequence[Result]) -> int:
    return sum(not result.passed for result in results)
