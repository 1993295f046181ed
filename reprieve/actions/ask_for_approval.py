"""Send a draft to another manager for approval, once it is fit to be published and it was seen what it would do."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import add_editor, change, require_editable, require_version
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_draft
from reprieve.policies.lifecycle.reviews import require_ready
from reprieve.policies.models import Draft, DraftState


@transaction.atomic
def ask_for_approval(
    *, draft_id: int, actor: Actor, now: datetime, expected_version: int, seen_simulation_id: int | None
) -> Draft:
    """Ask. From then on the draft stands still until it is approved, sent back or taken back.

    Raises NotFound, NotAllowed, DraftClosed, DraftInReview, DraftChanged, DraftHasErrors, NoScenarios, ScenarioFails,
    NothingChanged, NotSimulated.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    draft = lock_draft(actor, draft_id)
    require_editable(draft)
    require_version(draft, expected_version)
    against = version_in_force(draft.policy, now)
    draft.seen = require_ready(draft, against=against, simulation_id=seen_simulation_id)
    draft.state = DraftState.IN_REVIEW
    draft.asked_by_id, draft.asked_at = actor.person_id, now
    add_editor(draft, actor)
    change(draft, now=now, fields=["seen", "state", "asked_by", "asked_at"])
    record_on(draft.policy, EventType.POLICY_REVIEW_ASKED, actor=actor, now=now, draft=draft.pk)
    return draft
