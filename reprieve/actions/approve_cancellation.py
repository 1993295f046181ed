"""Support approves a cancellation request: the order is cancelled on the terms that stood when the customer asked."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.withdraw_cancellation import RequestClosed
from reprieve.cancellations.carry_out import carry_out
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.notes import check_note
from reprieve.notifications.tell import tell_practice
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import Order


@transaction.atomic
def approve_cancellation(
    *, cancellation_id: int, actor: Actor, expected_version: int, staff_note: str = "", now: datetime
) -> Cancellation:
    """Approve. The decision is not made again: what was frozen at the request holds, however slow the answer.

    Approved already: the same answer again, and nothing happens.
    Raises NotFound, NotAllowed, NoteTooLong, RequestClosed (withdrawn or declined), OrderChanged.
    """
    access.require_role(actor, *access.DECIDES_REQUESTS)
    check_note(staff_note, "staff_note")
    found = access.find(actor, Cancellation, pk=cancellation_id)
    order = lock_order(actor, found.order_id)
    request = Cancellation.objects.get(pk=found.pk)
    if request.state == CancellationState.APPROVED:
        return request
    if request.state != CancellationState.REQUESTED:
        raise RequestClosed(f"This request is closed: {request.get_state_display().lower()}.")
    require_version(order, expected_version)
    request.state, request.staff_note = CancellationState.APPROVED, staff_note.strip()
    request.closed_by_id, request.closed_by_name, request.closed_at = actor.person_id, actor.name, now
    request.save()
    carry_out(order, actor=actor, now=now)
    event = record(
        EventType.CANCELLATION_APPROVED,
        subject=Order.SUBJECT,
        subject_id=order.pk,
        actor=actor,
        now=now,
        data={"decision": request.decision_id},
    )
    tell_practice(order, event)
    return request
