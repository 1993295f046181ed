"""Open a revision: something that was designed or made is to be changed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.lib.notes import check_note
from reprieve.orders import lifecycle
from reprieve.orders.history import made_before, record_on
from reprieve.orders.locking import count_up, lock_order, require_version
from reprieve.orders.models import DesignStage, Order, Revision


class NothingToRevise(Refused):
    """There is no design yet, or the order is not going anywhere."""


@transaction.atomic
def open_revision(*, order_id: int, actor: Actor, expected_version: int, note: str = "", now: datetime) -> Revision:
    """Open one; an order may have several in progress. The same command sent twice opens one.

    Raises NotFound, NotAllowed, OrderChanged, NothingToRevise, NoteTooLong.
    """
    access.require_role(actor, *access.MOVES_CASES)
    check_note(note)
    order = lock_order(actor, order_id)
    if (before := _opened_before(order, actor, expected_version, note)) is not None:
        return before
    require_version(order, expected_version)
    require_revisable(order)
    revision = Revision.objects.create(
        order=order, note=note.strip(), opened_by_id=actor.person_id, opened_by_name=actor.name, opened_at=now
    )
    order.revisions_open += 1
    count_up(order, "revisions_open")
    record_on(
        order,
        EventType.REVISION_OPENED,
        actor=actor,
        now=now,
        data={"revision": revision.pk, "seen_version": expected_version},
    )
    return revision


def _opened_before(order: Order, actor: Actor, seen_version: int, note: str) -> Revision | None:
    """What this very command has opened: the same note, by the same person, from the same page."""
    event = made_before(order, EventType.REVISION_OPENED, actor, seen_version)
    return order.revisions.filter(pk=event.data["revision"], note=note.strip()).first() if event else None


def is_revisable(order: Order) -> bool:
    """Whether there is a design to revise, on an order that is going somewhere."""
    return order.status in lifecycle.REVISABLE and order.design_stage != DesignStage.NOT_STARTED


def require_revisable(order: Order) -> None:
    """Raises NothingToRevise unless there is something to revise."""
    if not is_revisable(order):
        raise NothingToRevise(
            gettext("There is nothing to revise: the design has not begun, or the case stands still.")
        )
