"""Answer a draft that waits for approval: not like this, and why."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import check_note
from reprieve.policies.lifecycle.drafts import change, require_in_review, require_version
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_draft
from reprieve.policies.models import Draft, DraftState


class ReasonForSendingBackMissing(Invalid):
    """Whoever wrote the draft has to know what to change."""


@transaction.atomic
def send_back_draft(*, draft_id: int, actor: Actor, now: datetime, expected_version: int, why: str) -> Draft:
    """Send it back to be written on.

    Raises NotFound, NotAllowed, ReasonForSendingBackMissing, NoteTooLong, DraftClosed, DraftNotInReview, DraftChanged.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    why = why.strip()
    if not why:
        raise ReasonForSendingBackMissing(gettext("Please say what has to change."), field="why")
    check_note(why, "why")
    draft = lock_draft(actor, draft_id)
    require_in_review(draft)
    require_version(draft, expected_version)
    draft.state = DraftState.EDITING
    draft.answered_by_id, draft.answered_at, draft.answer = actor.person_id, now, why
    change(draft, now=now, fields=["state", "answered_by", "answered_at", "answer"])
    record_on(draft.policy, EventType.POLICY_SENT_BACK, actor=actor, now=now, draft=draft.pk, why=why)
    return draft
