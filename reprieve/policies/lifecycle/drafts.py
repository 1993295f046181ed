"""Drafts as they are written: only what can be used is saved, and nobody's changes are lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.dmn.check import check, unknown_name
from reprieve.dmn.table import (
    Column,
    Output,
    Problem,
    Severity,
    Table,
    TableError,
    content_hash,
    pointer,
    table_from_data,
    table_to_data,
)
from reprieve.lib.errors import Invalid, Refused
from reprieve.lib.notes import check_note
from reprieve.policies.evidence.scenarios import Scenario, problems_of, scenarios_to_data
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.models import Basis, Draft, DraftState, PolicyVersion
from reprieve.policies.outputs import OUTPUTS


class DraftInvalid(Invalid):
    """What was written cannot be used. `problems` are all there are, each at its place; nothing was saved."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first, *others = problems
        why = gettext("%(message)s: %(hint)s.") % {"message": first.message, "hint": first.hint}
        more = gettext("There are %d more problems like it.") % len(others) if others else ""
        super().__init__(why, field=first.place, remedy=more)
        self.problems = tuple(problems)


class DraftChanged(Refused):
    """Somebody changed the draft after it was shown."""


class DraftInReview(Refused):
    """The draft waits for approval, and what is approved is what was asked for."""

    usual_remedy = _("Take it back first; then it can be changed and sent again.")


class DraftNotInReview(Refused):
    """The draft does not wait for approval."""


class DraftClosed(Refused):
    usual_remedy = _("Start a new draft from the version that you want to change.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChanges:
    """What somebody wrote; None leaves a part as it is."""

    table: Table | None = None
    scenarios: Iterable[Scenario] | None = None
    basis: str | None = None
    dmn_ids: Mapping[str, object] | None = None
    why: str | None = None


def require_open(draft: Draft) -> None:
    """Raises DraftClosed once the draft was published or discarded."""
    if draft.state == DraftState.PUBLISHED:
        raise DraftClosed(gettext("This draft has been published, and what is published never changes."))
    if draft.state == DraftState.DISCARDED:
        raise DraftClosed(gettext("This draft has been discarded."))


def require_editable(draft: Draft) -> None:
    """Raises DraftClosed, or DraftInReview while it waits for approval."""
    require_open(draft)
    if draft.state == DraftState.IN_REVIEW:
        raise DraftInReview(gettext("This draft waits for approval, so it cannot be changed now."))


def require_in_review(draft: Draft) -> None:
    """Raises DraftClosed, or DraftNotInReview while it is being written."""
    require_open(draft)
    if draft.state != DraftState.IN_REVIEW:
        raise DraftNotInReview(
            gettext("This draft does not wait for approval."),
            remedy=gettext("Whoever writes it has taken it back, or not yet asked."),
        )


def require_version(draft: Draft, seen: int) -> None:
    """Raises DraftChanged unless the draft is still the one that was seen."""
    if draft.version != seen:
        raise DraftChanged(
            gettext("This draft has changed since you opened it, so nothing was done."),
            remedy=gettext("Have a look at it as it is now, then do it again."),
        )


def change(draft: Draft, *, now: datetime, fields: Iterable[str] = ()) -> None:
    """Save what was changed about a locked draft, and count its version up."""
    draft.version += 1
    draft.changed_at = now
    draft.save(update_fields=[*fields, "version", "changed_at"])


def add_editor(draft: Draft, actor: Actor) -> None:
    """Whoever has written on a draft, or asked for its approval, is known by it. The product is nobody who could."""
    if actor.person_id is not None:
        draft.editors.add(actor.person_id)


def write(draft: Draft, changes: DraftChanges) -> list[str]:
    """Take over what was written, unsaved, and name its fields. Raises DraftInvalid with every problem, NoteTooLong."""
    table, problems = _table(draft.policy.subject, changes.table)
    scenarios = None if changes.scenarios is None else list(changes.scenarios)
    problems += problems_of(scenarios or (), columns_of(draft.policy.subject))
    if changes.basis is not None and changes.basis not in Basis.values:
        problems.append(unknown_name("/basis", "basis", changes.basis, Basis.values))
    if problems:
        raise DraftInvalid(problems)
    check_note(changes.why or "", "why")
    values: dict[str, object] = {
        "definition": None if table is None else table_to_data(table),
        "content_hash": None if table is None else content_hash(table),
        "scenarios": None if scenarios is None else scenarios_to_data(scenarios),
        "basis": changes.basis,
        "dmn_ids": None if changes.dmn_ids is None else dict(changes.dmn_ids),
        "why": None if changes.why is None else changes.why.strip(),
    }
    written = {name: value for name, value in values.items() if value is not None}
    for name, value in written.items():
        setattr(draft, name, value)
    return list(written)


def as_registered(table: Table, subject: str) -> Table:
    """The table with its facts and answers as the registries define them: their range, and whether they may be missing.

    A table may narrow which values it was written for. Raises TableError for what the registries do not know, or know
    as something else.
    """
    columns = columns_of(subject)
    problems = [
        *(_column_problem(index, column, columns) for index, column in enumerate(table.inputs)),
        *(_output_problem(index, output) for index, output in enumerate(table.outputs)),
        None if any(output.name == "outcome" for output in table.outputs) else _no_outcome(),
    ]
    if found := [problem for problem in problems if problem is not None]:
        raise TableError(found)
    return replace(
        table,
        inputs=tuple(_registered(column, columns[column.name]) for column in table.inputs),
        outputs=tuple(
            replace(OUTPUTS[output.name], domain=output.domain or OUTPUTS[output.name].domain)
            for output in table.outputs
        ),
    )


def table_of(written: Draft | PolicyVersion) -> Table:
    return table_from_data(written.definition)


def _table(subject: str, table: Table | None) -> tuple[Table | None, list[Problem]]:
    if table is None:
        return None, []
    try:
        known = as_registered(table, subject)
    except TableError as error:
        return None, [*error.problems, *_errors(table)]
    return known, _errors(known)


def _errors(table: Table) -> list[Problem]:
    return [problem for problem in check(table) if problem.severity is Severity.ERROR]


def _registered(column: Column, registered: Column) -> Column:
    domain = column.domain if column.domain is not None else registered.domain
    return replace(registered, domain=domain)


def _column_problem(index: int, column: Column, columns: Mapping[str, Column]) -> Problem | None:
    place = ("inputs", index)
    if column.name not in columns:
        return unknown_name(pointer(*place, "name"), "fact", column.name, columns)
    known = columns[column.name]
    if column.type is not known.type:
        return Problem(pointer(*place, "type"), f"{known.title} is {known.type.noun}", f"use {known.type.value}")
    if column.clock not in {None, known.clock}:
        clock = known.clock.value if known.clock else "none"
        return Problem(pointer(*place, "clock"), f"{known.title} is counted otherwise", f"its clock is {clock}")
    if column.several and not known.several:
        return Problem(pointer(*place, "several"), f"{known.title} is one value", "leave out that it holds several")
    foreign = [value for value in column.domain or () if known.domain is not None and value not in known.domain]
    if foreign:
        hint = f"use some of: {', '.join(map(str, known.domain or ()))}"
        return Problem(pointer(*place, "domain"), f"{known.title} is never {foreign[0]}", hint)
    return None


def _output_problem(index: int, output: Output) -> Problem | None:
    place = ("outputs", index)
    if output.name not in OUTPUTS:
        return unknown_name(pointer(*place, "name"), "output", output.name, OUTPUTS)
    known = OUTPUTS[output.name]
    if output.type is not known.type:
        return Problem(pointer(*place, "type"), f"{known.title} is {known.type.noun}", f"use {known.type.value}")
    foreign = [value for value in output.domain or () if known.domain is not None and value not in known.domain]
    if foreign:
        hint = f"use some of: {', '.join(map(str, known.domain or ()))}"
        return Problem(pointer(*place, "domain"), f"{known.title} is never {foreign[0]}", hint)
    return None


def _no_outcome() -> Problem:
    return Problem("/outputs", "The table answers neither yes nor no", "add the output outcome")
