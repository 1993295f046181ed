"""What happens to a policy, in its history: for staff, with the person who did it."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.history.models import Event, EventType
from reprieve.history.record import record
from reprieve.policies.models import Policy


def record_on(policy: Policy, type: EventType, *, actor: Actor, now: datetime, **data: object) -> Event:  # noqa: A002
    """Append one event. `data` is what its sentence needs, as JSON."""
    return record(
        type, subject=Policy.SUBJECT, subject_id=policy.pk, actor=actor, now=now, for_staff_only=True, data=data
    )
