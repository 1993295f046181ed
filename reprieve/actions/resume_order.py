"""Resume a paused order: it goes on where it stood."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import Actor
from reprieve.actions.permit import permit
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.errors import Refused
from reprieve.notifications.tell import tell_practice
from reprieve.orders import lifecycle
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order, Pause, PauseEnd, Status
from reprieve.orders.pauses import end_pause, last_pause, open_pause
from reprieve.orders.rulings import OrderAction, rule_on
from reprieve.policies.rulings import keep


class ResumeRefused(Refused):
    """The rules refuse, or leave it to support; `why` is the table's own sentence."""

    code = "resume_refused"
    usual_remedy = "If you need it all the same, please contact support."


@transaction.atomic
def resume_order(*, order_id: int, actor: Actor, now: datetime, override: bool = False) -> Pause:
    """End the pause and put the order back where it was. Resumed already: the same answer again.

    Raises NotFound, NotAllowed, ResumeRefused, WrongState (never paused, or slated for deletion), NoRulesInForce.
    """
    order = lock_order(actor, order_id)
    pause = open_pause(order)
    latest = last_pause(order)
    if pause is None and latest is not None and latest.ended_how == PauseEnd.RESUMED:
        return latest
    ruling = rule_on(order, OrderAction.RESUME, actor, now=now)
    overridden = permit(ruling, actor, override=override, refused=ResumeRefused)
    if pause is None:
        raise lifecycle.WrongState("This case is not paused.", remedy="There is nothing to resume.")
    lifecycle.apply(order, lifecycle.Verb.RESUME, now=now, to=Status(pause.status_before))
    end_pause(pause, PauseEnd.RESUMED, now=now)
    event = record(
        EventType.ORDER_RESUMED,
        subject=Order.SUBJECT,
        subject_id=order.pk,
        actor=actor,
        now=now,
        override=overridden,
        data={"decision": keep(ruling, subject=Order.SUBJECT, subject_id=order.pk).pk},
    )
    tell_practice(order, event)
    return pause
