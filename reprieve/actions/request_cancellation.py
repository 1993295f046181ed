"""Ask support to cancel an order, where the rules neither allow nor refuse."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import effective_cancellation, open_request
from reprieve.cancellations.requests import CancellationRefused
from reprieve.catalog.models import ReasonFor
from reprieve.catalog.reasons import choose_reason
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.notifications.notify import notify_practice
from reprieve.orders.actions import Action
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order
from reprieve.orders.rulings import record_decision, rule_on
from reprieve.policies.authorising import refusal
from reprieve.policies.models import Outcome


class CancellationNeedsNoRequest(Refused):
    """The order can be cancelled without asking."""


@transaction.atomic
def request_cancellation(*, order_id: int, actor: Actor, reason: str, note: str = "", now: datetime) -> Cancellation:
    """File the request, with the decision as it is now: support's answer will use it.

    If a request is open, or the order is cancelled already: the same answer again, and nothing happens.
    Raises NotFound, NotAllowed, ReasonMissing, NoteMissing, NoteTooLong, CancellationRefused,
    CancellationNeedsNoRequest, NoRulesInForce.
    """
    access.require_may_act(actor)
    order = lock_order(actor, order_id)
    if (existing := open_request(order) or effective_cancellation(order)) is not None:
        return existing
    chosen = choose_reason(ReasonFor.CANCEL, reason, note)
    ruling = rule_on(order, Action.CANCEL, actor, now=now, reason=chosen.key)
    if ruling.outcome is Outcome.ALLOW:
        raise CancellationNeedsNoRequest(
            gettext("Good news: this case can be cancelled right now, without asking."),
            remedy=gettext("Choose Cancel order instead."),
        )
    if ruling.outcome is Outcome.REFUSE:
        raise refusal(ruling, CancellationRefused)
    request = Cancellation.objects.create(
        order=order,
        state=CancellationState.REQUESTED,
        reason=chosen,
        note=note.strip(),
        decision=record_decision(order, ruling),
        asked_by_id=actor.person_id,
        asked_by_name=actor.name,
        asked_at=now,
    )
    event = record_on(
        order,
        EventType.CANCELLATION_REQUESTED,
        actor=actor,
        now=now,
        data={"reason": chosen.label, "reason_key": chosen.key, "decision": request.decision_id},
    )
    notify_practice(order, event)
    return request
