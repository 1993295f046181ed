"""Change what a draft says."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.dmn.table import Table
from reprieve.policies.evidence.scenarios import Scenario
from reprieve.policies.lifecycle.drafts import (
    DraftChanges,
    add_editor,
    change,
    require_editable,
    require_version,
    write,
)
from reprieve.policies.lifecycle.locking import lock_draft
from reprieve.policies.models import Draft


@transaction.atomic
def edit_draft(  # noqa: PLR0913 - the whole command in one line
    *,
    draft_id: int,
    actor: Actor,
    now: datetime,
    expected_version: int,
    table: Table | None = None,
    scenarios: Iterable[Scenario] | None = None,
    basis: str | None = None,
    dmn_ids: Mapping[str, object] | None = None,
    why: str | None = None,
) -> Draft:
    """Save what was written; None leaves a part as it is. Whoever edits a draft can no longer approve it.

    Raises NotFound, NotAllowed, DraftClosed, DraftInReview, DraftChanged (somebody else has edited it since),
    DraftInvalid (with every problem; nothing is saved), NoteTooLong.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    draft = lock_draft(actor, draft_id)
    require_editable(draft)
    require_version(draft, expected_version)
    written = write(draft, DraftChanges(table=table, scenarios=scenarios, basis=basis, dmn_ids=dmn_ids, why=why))
    change(draft, now=now, fields=written)
    add_editor(draft, actor)
    return draft
