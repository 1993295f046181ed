"""Pause an order: it stands still until somebody resumes it or the pause runs out."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.billing import charges
from reprieve.catalog.models import Reason, ReasonFor
from reprieve.catalog.reasons import choose_reason
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order, require_seen
from reprieve.orders.models import Order, Pause
from reprieve.orders.parts import load_parts
from reprieve.orders.pauses import open_pause
from reprieve.orders.rulings import record_decision, rule_on
from reprieve.policies.authorising import authorise
from reprieve.policies.rulings import Ruling


class PauseRefused(Refused):
    """The rules refuse, or leave it to support; `why` is the table's own sentence."""


class PauseWithoutEnd(Refused):
    """No row that allows a pause says how long it may last."""


@transaction.atomic
def pause_order(  # noqa: PLR0913 - the whole command in one line
    *,
    order_id: int,
    actor: Actor,
    reason: str,
    note: str = "",
    now: datetime,
    expected_version: int | None = None,
    override: bool = False,
) -> Pause:
    """Pause now, for as long as the rules grant (D5: 45 days of 24 hours from this instant).

    Paused already: the same answer again, and nothing happens. Staff say which version they saw; `override` lets them
    act where the rules would not, for as long as the rules grant to others.
    Raises NotFound, ReasonMissing, NoteMissing, NoteTooLong, NotAllowed, OrderChanged, PauseRefused, PauseWithoutEnd,
    WrongState, NoRulesInForce.
    """
    order = lock_order(actor, order_id)
    load_parts([order])
    if (already := open_pause(order)) is not None and already.slated_at is None:
        return already
    require_seen(order, actor, expected_version)
    chosen = choose_reason(ReasonFor.PAUSE, reason, note)
    ruling = rule_on(order, Action.PAUSE, actor, now=now, reason=chosen.key)
    overridden = authorise(ruling, actor, override=override, refused=PauseRefused)
    pause = _begin(order, ruling, chosen, note, actor)
    event = record_on(
        order,
        EventType.ORDER_PAUSED,
        actor=actor,
        now=now,
        override=overridden,
        data={
            "reason": chosen.label,
            "reason_key": chosen.key,
            "until": pause.until.isoformat(),
            "decision": pause.decision_id,
        },
    )
    notify_practice(order, event)
    return pause


def _begin(order: Order, ruling: Ruling, reason: Reason, note: str, actor: Actor) -> Pause:
    longest = ruling.granted("longest_pause")
    if longest is None:
        raise PauseWithoutEnd(
            gettext("The rules do not say how long this pause may last."), remedy=gettext("Please contact support.")
        )
    status_before, decision = order.status, record_decision(order, ruling)
    order.pauses_begun += 1
    lifecycle.apply(order, lifecycle.Verb.PAUSE, now=ruling.now)
    charges.hold(order.charge)
    return Pause.objects.create(
        order=order,
        reason=reason,
        note=note.strip(),
        paused_by_id=actor.person_id,
        paused_by_name=actor.name,
        decision=decision,
        started_at=ruling.now,
        until=ruling.now + longest,
        grace=ruling.granted("grace") or timedelta(),
        status_before=status_before,
    )
