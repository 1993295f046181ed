"""The rule that somebody removed from a draft last, kept in their session for as long as nothing else has changed."""

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import cast

from reprieve.dmn.table import Row, table_from_data, table_to_data
from reprieve.policies.lifecycle.drafts import table_of
from reprieve.policies.models import Draft
from reprieve.policies.words.values import name_in_words

_KEY = "removed_rule"


@dataclass(frozen=True, slots=True)
class Removed:
    """A rule that is no longer in its table, and the id of the one that it stood below, as `table_edits` counts."""

    row: Row
    below: str

    @property
    def name(self) -> str:
        return name_in_words(self.row.id).capitalize()


def keep(session: MutableMapping[str, object], draft: Draft, removed: Removed) -> None:
    """Remember what was removed from the draft, which is saved without it by now."""
    alone = table_to_data(replace(table_of(draft), rows=(removed.row,)))
    (row,) = cast("list[object]", alone["rows"])
    session[_KEY] = {"draft": draft.pk, "version": draft.version, "row": row, "below": removed.below}


def removed_from(session: MutableMapping[str, object], draft: Draft) -> Removed | None:
    """What was removed last from the draft; None once anything else of it was changed, by whomever."""
    match session.get(_KEY):
        case {"draft": draft.pk, "version": draft.version, "row": dict(row), "below": str(below)}:
            table = table_from_data({**table_to_data(table_of(draft)), "rows": [row]})
            return Removed(table.rows[0], below)
    return None
