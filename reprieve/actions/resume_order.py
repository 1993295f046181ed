"""Resume a paused order: it goes on where it stood."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.billing import charges
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order, require_seen
from reprieve.orders.models import Order, Pause, PauseEnd, Status
from reprieve.orders.parts import load_parts
from reprieve.orders.pauses import end_pause, last_pause, open_pause
from reprieve.orders.rulings import record_decision, rule_on
from reprieve.policies.authorising import authorise
from reprieve.settlement.send_payment import resume_payments


class ResumeRefused(Refused):
    """The rules refuse, or leave it to support; `why` is the table's own sentence."""


@transaction.atomic
def resume_order(
    *, order_id: int, actor: Actor, now: datetime, expected_version: int | None = None, override: bool = False
) -> Pause:
    """End the pause and put the order back where it was. Resumed already: the same answer again.

    Staff say which version they saw; `override` lets them act where the rules would not.
    Raises NotFound, NotAllowed, OrderChanged, ResumeRefused, WrongState (never paused, or slated for deletion),
    NoRulesInForce.
    """
    order = lock_order(actor, order_id)
    load_parts([order])
    pause = open_pause(order)
    if (before := _resumed_before(order)) is not None:
        return before
    require_seen(order, actor, expected_version)
    ruling = rule_on(order, Action.RESUME, actor, now=now)
    overridden = authorise(ruling, actor, override=override, refused=ResumeRefused)
    if pause is None:
        raise lifecycle.WrongState(gettext("This case is not paused."), remedy=gettext("There is nothing to resume."))
    decision = record_decision(order, ruling)
    lifecycle.apply(order, lifecycle.Verb.RESUME, now=now, to=Status(pause.status_before))
    end_pause(pause, PauseEnd.RESUMED, now=now)
    charges.release(order.charge, now=now)
    resume_payments(order.charge)
    event = record_on(
        order,
        EventType.ORDER_RESUMED,
        actor=actor,
        now=now,
        override=overridden,
        data={"decision": decision.pk},
    )
    notify_practice(order, event)
    return pause


def _resumed_before(order: Order) -> Pause | None:
    """The pause that was ended by resuming, if nothing has stopped the order since."""
    latest = last_pause(order)
    resumed = latest is not None and latest.ended_how == PauseEnd.RESUMED
    return latest if resumed and order.status != Status.CANCELLED else None
