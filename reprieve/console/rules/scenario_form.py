"""An example as a form: what it shows, the facts of the case, the rule that has to decide, and the answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext

from reprieve.console.rules.answer_form import tidy_text
from reprieve.console.rules.fact_form import FactForm, was_sent
from reprieve.console.rules.fact_values import Named
from reprieve.console.rules.typed_values import LONGEST, TypedError, is_plain
from reprieve.dmn.table import Problem, Table, pointer
from reprieve.policies.evidence.scenarios import FALLBACK, USUAL_NOW, Scenario
from reprieve.policies.models import Outcome
from reprieve.policies.words.values import name_in_words

LONGEST_NAME = 200
ANY_ROW = "any"
THE_FALLBACK = "fallback"
A_ROW = "row:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioForm:
    """The fields. `stored` is the example as it is kept, if it is; `wrong` is what is the matter, by field."""

    table: Table
    stored: Scenario | None
    name: str
    clause: str
    row: str
    outcome: str
    facts: FactForm
    wrong: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, stored: Scenario | None, named: Mapping[str, Named]) -> Self:
        return cls(
            table=table,
            stored=stored,
            name="" if stored is None else stored.name,
            clause="" if stored is None else stored.clause,
            row=ANY_ROW if stored is None else _row_text(stored.row),
            outcome="" if stored is None else stored.outcome,
            facts=FactForm.of(table, {} if stored is None else stored.facts, named),
        )

    @property
    def rows(self) -> list[tuple[str, str]]:
        rules = [
            (f"{A_ROW}{row.id}", f"{number}. {name_in_words(row.id).capitalize()}")
            for number, row in enumerate(self.table.rows, start=1)
        ]
        gone = [(self.row, gettext("a rule that is no longer there"))] if self._names_a_lost_row() else []
        any_row, fallback = (ANY_ROW, gettext("whichever it is")), (THE_FALLBACK, gettext("none: the fallback"))
        return [any_row, *rules, fallback, *gone]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        choose = [] if self.outcome in Outcome.values else [("", gettext("choose…"))]
        return [*choose, *((outcome.value, str(outcome.label)) for outcome in Outcome)]

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Where something is wrong: the id of the field, its name, and what is the matter."""
        labels = {
            "name": gettext("What it shows"),
            "row": gettext("Deciding rule"),
            "outcome": gettext("Answer"),
            "clause": gettext("Why"),
        }
        found = [(f"scenario-{name}", labels[name], words) for name, words in self.wrong.items()]
        return [*found, *self.facts.errors]

    def typed(self, data: QueryDict) -> Self:
        return replace(
            self,
            name=data.get("name", self.name),
            clause=data.get("clause", self.clause),
            row=data.get("row", self.row),
            outcome=data.get("outcome", self.outcome),
            facts=self.facts.typed(data) if was_sent(data) or "has-facts" in data else self.facts,
        )

    def read(self, others: Collection[str]) -> tuple[Self, Scenario | None]:
        """The example, or the form with what is wrong. `others` are the names that other examples have."""
        facts, values = self.facts.read()
        form = replace(self, facts=facts, wrong=dict(self._wrong(others)))
        if form.errors:
            return form, None
        kept = {} if self.stored is None else self.stored.facts
        asked = {column.name for column in self.table.inputs}
        further = {name: fact for name, fact in kept.items() if name not in asked}
        return form, Scenario(
            name=tidy_text(self.name),
            facts=further | values,
            row=_row_of(self.row),
            outcome=self.outcome,
            now=USUAL_NOW if self.stored is None else self.stored.now,
            clause=tidy_text(self.clause),
        )

    def blamed(self, problems: Sequence[Problem], index: int) -> Self:
        """The form with what the command has against the example of that place; the rest is said at its name."""
        wrong = dict(self.wrong)
        for problem in problems:
            name = problem.place.removeprefix(pointer("scenarios", index) + "/")
            place = name if name in {"name", "outcome"} else "name"
            wrong.setdefault(place, str(TypedError(problem.message, problem.hint)))
        return replace(self, wrong=wrong)

    def _wrong(self, others: Collection[str]) -> list[tuple[str, str]]:
        name, found = tidy_text(self.name), []
        if not name:
            found.append(("name", gettext("Say in one sentence what it shows.")))
        elif len(name) > LONGEST_NAME or not is_plain(name):
            found.append(("name", gettext("Write one line of at most %d characters.") % LONGEST_NAME))
        elif name in others:
            found.append(("name", gettext("Another example is called so. Give each its own name.")))
        if self.outcome not in Outcome.values:
            found.append(("outcome", gettext("Choose the answer that has to be given.")))
        if self.row not in {value for value, _ in self.rows}:
            found.append(("row", gettext("Choose a rule of the list.")))
        if len(self.clause) > LONGEST or not is_plain(" ".join(self.clause.split())):
            found.append(("clause", gettext("Write one line of plain text.")))
        return found

    def _names_a_lost_row(self) -> bool:
        row = None if self.stored is None else self.stored.row
        return bool(row) and self.row == _row_text(row) and row not in {each.id for each in self.table.rows}


def _row_text(row: str | None) -> str:
    if row is None:
        return ANY_ROW
    return THE_FALLBACK if row == FALLBACK else f"{A_ROW}{row}"


def _row_of(text: str) -> str | None:
    if text == ANY_ROW:
        return None
    return FALLBACK if text == THE_FALLBACK else text.removeprefix(A_ROW)
