"""Take a draft back that waits for approval, to write on it again."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.policies.lifecycle.drafts import change, require_in_review, require_version
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_draft
from reprieve.policies.models import Draft, DraftState


@transaction.atomic
def take_back_draft(*, draft_id: int, actor: Actor, now: datetime, expected_version: int) -> Draft:
    """Take it back. Raises NotFound, NotAllowed, DraftClosed, DraftNotInReview, DraftChanged."""
    access.require_role(actor, *access.EDITS_POLICIES)
    draft = lock_draft(actor, draft_id)
    require_in_review(draft)
    require_version(draft, expected_version)
    draft.state = DraftState.EDITING
    change(draft, now=now, fields=["state"])
    record_on(draft.policy, EventType.POLICY_TAKEN_BACK, actor=actor, now=now, draft=draft.pk)
    return draft
