"""Give a draft up. It is kept, and can be read, but goes nowhere."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.policies.lifecycle.drafts import change, require_editable, require_version
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_draft
from reprieve.policies.models import Draft, DraftState


@transaction.atomic
def discard_draft(*, draft_id: int, actor: Actor, now: datetime, expected_version: int) -> Draft:
    """Discard. Discarded already: the same answer again, and nothing happens.

    Raises NotFound, NotAllowed, DraftClosed (published), DraftInReview, DraftChanged.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    draft = lock_draft(actor, draft_id)
    if draft.state == DraftState.DISCARDED:
        return draft
    require_editable(draft)
    require_version(draft, expected_version)
    draft.state = DraftState.DISCARDED
    change(draft, now=now, fields=["state"])
    record_on(draft.policy, EventType.DRAFT_DISCARDED, actor=actor, now=now, draft=draft.pk)
    return draft
