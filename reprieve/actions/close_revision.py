"""Close a revision that is done."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.orders.history import record_on
from reprieve.orders.locking import count_up, lock_order, require_version
from reprieve.orders.models import Revision


@transaction.atomic
def close_revision(*, revision_id: int, actor: Actor, expected_version: int, now: datetime) -> Revision:
    """Close it. Closed already: the same answer again. Raises NotFound, NotAllowed, OrderChanged."""
    access.require_role(actor, *access.MOVES_CASES)
    found = access.find(actor, Revision, pk=revision_id)
    order = lock_order(actor, found.order_id)
    revision = Revision.objects.get(pk=found.pk)
    if revision.closed_at is not None:
        return revision
    require_version(order, expected_version)
    revision.closed_at = max(now, revision.opened_at)  # the command may have waited for the lock
    revision.save(update_fields=["closed_at"])
    order.revisions_open -= 1
    count_up(order, "revisions_open")
    record_on(order, EventType.REVISION_CLOSED, actor=actor, now=now, data={"revision": revision.pk})
    return revision
