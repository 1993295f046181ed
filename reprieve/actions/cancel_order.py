"""Cancel an order at once: the customer where the rules allow it, staff also against them, recorded as such."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import Actor
from reprieve.billing import quotes
from reprieve.cancellations.carry_out import carry_out
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import effective_cancellation
from reprieve.cancellations.requests import CancellationNeedsRequest, CancellationRefused, withdraw_open_request
from reprieve.catalog.models import ReasonFor
from reprieve.catalog.reasons import choose_reason
from reprieve.history.models import EventType
from reprieve.notifications.notify import notify_practice
from reprieve.orders.actions import Action
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order, require_seen
from reprieve.orders.rulings import record_decision, rule_on
from reprieve.policies.authorising import authorise
from reprieve.settlement.settle_cancellation import settle_cancellation


@transaction.atomic
def cancel_order(  # noqa: PLR0913 - the whole command in one line
    *,
    order_id: int,
    actor: Actor,
    reason: str,
    note: str = "",
    now: datetime,
    expected_version: int | None = None,
    override: bool = False,
    expected_refund_minor: int | None = None,
) -> Cancellation:
    """Cancel now. On an order that is cancelled already: the same answer again, and nothing happens.

    `reason` is the key of a reason. Staff say which version they saw; `override` lets them act where the rules would
    not. `expected_refund_minor` is the refund that was shown, if one was: nobody gets another without knowing.
    Raises NotFound, ReasonMissing, NoteMissing, NoteTooLong, NotAllowed, OrderChanged, CancellationRefused,
    CancellationNeedsRequest, RefundChanged, NoRulesInForce.
    """
    order = lock_order(actor, order_id)
    if (done := effective_cancellation(order)) is not None:
        return done
    require_seen(order, actor, expected_version)
    chosen = choose_reason(ReasonFor.CANCEL, reason, note)
    ruling = rule_on(order, Action.CANCEL, actor, now=now, reason=chosen.key)
    overridden = authorise(
        ruling, actor, override=override, refused=CancellationRefused, needs_request=CancellationNeedsRequest
    )
    quoted = quotes.quote_to_act(
        order.charge, ruling.decision.outputs, override=overridden, shown_minor=expected_refund_minor
    )
    withdraw_open_request(order, actor=actor, now=now)
    cancellation = Cancellation.objects.create(
        order=order,
        state=CancellationState.DONE,
        reason=chosen,
        note=note.strip(),
        decision=record_decision(order, ruling),
        asked_by_id=actor.person_id,
        asked_by_name=actor.name,
        asked_at=now,
        closed_by_id=actor.person_id,
        closed_by_name=actor.name,
        closed_at=now,
    )
    carry_out(order, cancellation, actor=actor, now=now)
    settle_cancellation(order, cancellation, quoted, actor=actor, now=now)
    event = record_on(
        order,
        EventType.ORDER_CANCELLED,
        actor=actor,
        now=now,
        override=overridden,
        data={"reason": chosen.label, "reason_key": chosen.key, "decision": cancellation.decision_id},
    )
    notify_practice(order, event)
    return cancellation
