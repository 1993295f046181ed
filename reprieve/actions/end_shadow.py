"""Stop listening to a shadow. Its answers are kept."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.lib.errors import NotFound
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.lifecycle.locking import lock_activation
from reprieve.policies.lifecycle.publishing import end
from reprieve.policies.models import Activation, Mode


@transaction.atomic
def end_shadow(*, activation_id: int, actor: Actor, now: datetime) -> Activation:
    """End it now, or before it has begun. Over already: the same answer again. Raises NotFound, NotAllowed."""
    access.require_role(actor, *access.EDITS_POLICIES)
    activation = lock_activation(actor, activation_id)
    if activation.mode != Mode.SHADOW:
        raise NotFound(gettext("There is no such shadow."))
    if activation.is_called_off or (activation.ends_at is not None and activation.ends_at <= now):
        return activation
    end(activation, now=now)
    record_on(activation.policy, EventType.SHADOW_ENDED, actor=actor, now=now, number=activation.version.number)
    return activation
