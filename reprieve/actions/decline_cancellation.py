"""Support declines a cancellation request, with a reason that the customer reads (C11)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.requests import close, lock_request, require_open
from reprieve.cancellations.subjects import record, require_seen
from reprieve.history.models import EventType
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import check_note
from reprieve.notifications.notify import notify_practice

ANSWER_MISSING = _("Please tell the customer why it cannot be cancelled.")


class AnswerMissing(Invalid):
    """The customer is owed a reason."""


@transaction.atomic
def decline_cancellation(  # noqa: PLR0913 - the whole command in one line
    *,
    cancellation_id: int,
    actor: Actor,
    expected_version: int,
    answer: str,
    staff_note: str = "",
    now: datetime,
) -> Cancellation:
    """Decline. `answer` is for the customer, `staff_note` for colleagues alone.

    Declined already: the same answer again, and nothing happens.
    Raises NotFound, NotAllowed, AnswerMissing, NoteTooLong, RequestClosed (withdrawn or approved), OrderChanged.
    """
    access.require_role(actor, *access.DECIDES_REQUESTS)
    if not answer.strip():
        raise AnswerMissing(str(ANSWER_MISSING), field="answer")
    check_note(answer, "answer")
    check_note(staff_note, "staff_note")
    subject, request = lock_request(actor, cancellation_id)
    if request.state == CancellationState.DECLINED:
        return request
    require_open(request)
    require_seen(subject, actor, expected_version)
    request.answer, request.staff_note = answer.strip(), staff_note.strip()
    close(request, CancellationState.DECLINED, actor=actor, now=now)
    event = record(subject, EventType.CANCELLATION_DECLINED, actor=actor, now=now, data={"why": request.answer})
    notify_practice(subject, event)
    return request
