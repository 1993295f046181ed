"""Support approves a cancellation request: it is carried out on the terms that stood when the customer asked."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import quotes
from reprieve.cancellations import subjects
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.requests import close, lock_request, require_open
from reprieve.history.models import EventType
from reprieve.history.record import record_all
from reprieve.lib.notes import check_note
from reprieve.notifications.notify import notify_practice
from reprieve.settlement.settle_cancellation import settle_cancellation


@transaction.atomic
def approve_cancellation(  # noqa: PLR0913 - the whole command in one line
    *,
    cancellation_id: int,
    actor: Actor,
    expected_version: int,
    staff_note: str = "",
    expected_refund_minor: int | None = None,
    now: datetime,
) -> Cancellation:
    """Approve. The decision is not made again: what was frozen at the request holds, however slow the answer.

    Approved already: the same answer again, and nothing happens.
    Raises NotFound, NotAllowed, NoteTooLong, RequestClosed (withdrawn or declined), OrderChanged, RefundChanged
    (another refund than the `expected_refund_minor` that was shown).
    """
    access.require_role(actor, *access.DECIDES_REQUESTS)
    check_note(staff_note, "staff_note")
    subject, request = lock_request(actor, cancellation_id)
    if request.state == CancellationState.APPROVED:
        return request
    require_open(request)
    subjects.require_seen(subject, actor, expected_version)
    quoted = quotes.quote_to_act(subject, request.decision.outputs, shown_minor=expected_refund_minor)
    request.staff_note = staff_note.strip()
    request.status_before, ended = subjects.cancel(subject, actor=actor, now=now)
    close(request, CancellationState.APPROVED, actor=actor, now=now)
    settled = settle_cancellation(subject, request, quoted, actor=actor, now=now)
    data: dict[str, object] = {"decision": request.decision_id}
    event = subjects.draft_on(subject, EventType.CANCELLATION_APPROVED, actor=actor, now=now, data=data)
    record_all([*ended, *settled.events, event])
    notify_practice(subject, *settled.told, event)
    return request
