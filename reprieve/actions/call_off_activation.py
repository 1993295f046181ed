"""Call off what is to be in force from a later date on."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_activation
from reprieve.policies.lifecycle.publishing import call_off
from reprieve.policies.models import Activation


@transaction.atomic
def call_off_activation(*, activation_id: int, actor: Actor, now: datetime) -> Activation:
    """Call it off; what is in force now goes on without end. Called off already: the same answer again.

    Raises NotFound, NotAllowed, HasBegun.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    activation = lock_activation(actor, activation_id)
    if activation.is_called_off:
        return activation
    call_off(activation, now=now)
    record_on(
        activation.policy,
        EventType.POLICY_CALLED_OFF,
        actor=actor,
        now=now,
        number=activation.version.number,
        starts_at=activation.starts_at.isoformat(),
    )
    return activation
