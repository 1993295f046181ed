"""Open a revision: something that was designed or made is to be changed."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.errors import Refused
from reprieve.lib.notes import check_note
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import DesignStage, Order, Revision, Status


class NothingToRevise(Refused):
    """There is no design yet, or the order is not going anywhere."""

    code = "nothing_to_revise"


REVISABLE = (Status.IN_PRODUCTION, Status.SHIPPED, Status.COMPLETED, Status.INVOICED)


@transaction.atomic
def open_revision(*, order_id: int, actor: Actor, expected_version: int, note: str = "", now: datetime) -> Revision:
    """Open one; an order may have several in progress.

    Raises NotFound, NotAllowed, OrderChanged, NothingToRevise, NoteTooLong.
    """
    access.require_role(actor, *access.MOVES_CASES)
    check_note(note)
    order = lock_order(actor, order_id)
    require_version(order, expected_version)
    require_revisable(order)
    revision = Revision.objects.create(
        order=order, note=note.strip(), opened_by_id=actor.person_id, opened_by_name=actor.name, opened_at=now
    )
    order.version += 1
    order.save(update_fields=["version"])
    record(EventType.REVISION_OPENED, subject=Order.SUBJECT, subject_id=order.pk, actor=actor, now=now)
    return revision


def is_revisable(order: Order) -> bool:
    """Whether there is a design to revise, on an order that is going somewhere."""
    return order.status in REVISABLE and order.design_stage != DesignStage.NOT_STARTED


def require_revisable(order: Order) -> None:
    """Raises NothingToRevise unless there is something to revise."""
    if not is_revisable(order):
        raise NothingToRevise("There is nothing to revise: the design has not begun, or the case stands still.")
