"""A manager changes what rules may ask about a practice, and the terms of its future orders."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.history.models import EventType
from reprieve.history.record import record


@transaction.atomic
def change_practice(  # noqa: PLR0913 - the whole command in one line
    *, practice_id: int, actor: Actor, plan: str, tags: Sequence[str], payment_terms: str, now: datetime
) -> Practice:
    """Change them. The history keeps what they were, so that rules can be asked about the past; nothing new, no event.

    Raises NotFound, NotAllowed.
    """
    access.require_role(actor, *access.EDITS_PRACTICES)
    found = access.find(actor, Practice, pk=practice_id)
    practice = Practice.objects.select_for_update().get(pk=found.pk)
    before = _kept(practice)
    practice.plan, practice.tags, practice.payment_terms = plan, list(tags), payment_terms
    after = _kept(practice)
    if after != before:
        practice.save(update_fields=["plan", "tags", "payment_terms"])
        record(
            EventType.PRACTICE_CHANGED,
            subject=Practice.SUBJECT,
            subject_id=practice.pk,
            actor=actor,
            now=now,
            for_staff_only=True,
            data={"before": before, "after": after},
        )
    return practice


def _kept(practice: Practice) -> dict[str, object]:
    return {"plan": practice.plan, "tags": practice.tags, "payment_terms": practice.payment_terms}
