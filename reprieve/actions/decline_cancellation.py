"""Support declines a cancellation request, with a reason that the customer reads (C11)."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.withdraw_cancellation import RequestClosed
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import check_note
from reprieve.notifications.tell import tell_practice
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order


class AnswerMissing(Invalid):
    """The customer is owed a reason."""

    code = "answer_missing"


@transaction.atomic
def decline_cancellation(
    *, cancellation_id: int, actor: Actor, answer: str, staff_note: str = "", now: datetime
) -> Cancellation:
    """Decline. `answer` is for the customer, `staff_note` for colleagues alone.

    Declined already: the same answer again, and nothing happens.
    Raises NotFound, NotAllowed, AnswerMissing, NoteTooLong, RequestClosed (withdrawn or approved).
    """
    access.require_role(actor, *access.DECIDES_REQUESTS)
    if not answer.strip():
        raise AnswerMissing("Please tell the customer why it cannot be cancelled.", field="answer")
    check_note(answer, "answer")
    check_note(staff_note, "staff_note")
    found = access.find(actor, Cancellation, pk=cancellation_id)
    order = lock_order(actor, found.order_id)
    request = Cancellation.objects.get(pk=found.pk)
    if request.state == CancellationState.DECLINED:
        return request
    if request.state != CancellationState.REQUESTED:
        raise RequestClosed(f"This request is closed: {request.get_state_display().lower()}.")
    request.state, request.answer, request.staff_note = CancellationState.DECLINED, answer.strip(), staff_note.strip()
    request.closed_by_id, request.closed_by_name, request.closed_at = actor.person_id, actor.name, now
    request.save()
    event = record(
        EventType.CANCELLATION_DECLINED,
        subject=Order.SUBJECT,
        subject_id=order.pk,
        actor=actor,
        now=now,
        data={"why": request.answer},
    )
    tell_practice(order, event)
    return request
