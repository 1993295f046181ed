"""Approve a draft: it becomes the policy's next version, in force from a date, live or as a shadow."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import change, require_in_review, require_version
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_draft, lock_policy_of
from reprieve.policies.lifecycle.publishing import activate, publish
from reprieve.policies.lifecycle.reviews import require_other, require_ready
from reprieve.policies.models import Activation, DraftState, Mode


@transaction.atomic
def approve_draft(  # noqa: PLR0913 - the whole command in one line
    *,
    draft_id: int,
    actor: Actor,
    now: datetime,
    expected_version: int,
    seen_simulation_id: int | None,
    mode: Mode = Mode.LIVE,
    starts_at: datetime | None = None,
) -> Activation:
    """Approve, from `starts_at` on or else from now. Everything that was checked when asking is checked again.

    Raises NotFound, NotAllowed, WroteIt, DraftClosed, DraftNotInReview, DraftChanged, DraftHasErrors, NoScenarios,
    ScenarioFails, NothingChanged, NotSimulated, StartsInThePast, AlreadyScheduled, ShadowIsRunning, PolicyChanged,
    RulesOutdated.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    policy = lock_policy_of(actor, draft_id)
    draft = lock_draft(actor, draft_id)
    require_in_review(draft)
    require_version(draft, expected_version)
    approver_id = require_other(draft, actor)
    require_ready(draft, against=version_in_force(policy, now), simulation_id=seen_simulation_id)
    version = publish(draft, approver_id=approver_id, now=now)
    draft.state, draft.published = DraftState.PUBLISHED, version
    draft.answered_by_id, draft.answered_at, draft.answer = approver_id, now, ""
    change(draft, now=now, fields=["state", "published", "answered_by", "answered_at", "answer"])
    record_on(policy, EventType.POLICY_APPROVED, actor=actor, now=now, draft=draft.pk, number=version.number)
    return activate(version, mode=mode, starts_at=starts_at or now, actor=actor, now=now)
