"""Undo a cancellation within the time that its rule grants: the order goes on where it stood, and so does its money.

A pause that the cancellation ended stays ended: the order goes on where it stood before the pause.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import charges, credit, payables, refunds
from reprieve.billing.models import CreditKind, Method, Refund, RefundState
from reprieve.billing.payables import record_for
from reprieve.billing.undoing import WENT_NOWHERE, require_undoable
from reprieve.cancellations.models import CancellationState
from reprieve.cancellations.queries import effective_cancellation
from reprieve.cancellations.subjects import stood_still
from reprieve.history.models import EventType
from reprieve.history.own_words import UNDONE
from reprieve.history.record import amount
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.history import record_on
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order, Status
from reprieve.settlement.receive_payment import give_back_excess
from reprieve.settlement.send_payment import resume_payments


@transaction.atomic
def undo_cancellation(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Undo it. Undone already: the same answer again, and nothing happens.

    Refunds that were not sent are taken back; store credit that was restored is spent again. Raises NotFound,
    NotAllowed, WrongState (never cancelled), TooLateToUndo, CreditTooSmall (the credit has been spent otherwise).
    """
    access.require_may_act(actor)
    order = lock_order(actor, order_id)
    cancellation = effective_cancellation(order)
    if cancellation is None:
        if order.cancellations.filter(state=CancellationState.UNDONE).exists():
            return order
        raise lifecycle.WrongState(gettext("This case is not cancelled, so there is nothing to undo."))
    charge = order.charge
    require_undoable(charge, cancellation, now=now)
    for refund in cancellation.refunds.exclude(state__in=WENT_NOWHERE):
        _take_back(refund, actor=actor, now=now)
    cancellation.state = CancellationState.UNDONE
    cancellation.save(update_fields=["state"])
    lifecycle.apply(order, lifecycle.Verb.UNDO, now=now, to=Status(cancellation.status_before))
    charges.reopen(charge, now=now if stood_still(order, cancellation) else None)
    payables.settle(charge, actor=actor, now=now)
    give_back_excess(charge, actor=actor, now=now)
    resume_payments(charge)
    event = record_on(
        order, EventType.CANCELLATION_UNDONE, actor=actor, now=now, data={"to": cancellation.status_before}
    )
    notify_practice(order, event)
    return order


def _take_back(found: Refund, *, actor: Actor, now: datetime) -> None:
    refund = refunds.lock_refund(actor, found.pk)
    if refund.credit_entry is not None:
        _take_credit_back(refund, actor=actor, now=now)
    refunds.release(refund, refund.amount_minor)
    refund.completed_at = None
    refunds.move(refund, RefundState.UNDONE, "completed_at")


def _take_credit_back(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """What was paid by credit is spent on the order again; what only became credit is taken off it."""
    is_spent = refund.payment.method == Method.CREDIT
    kind = CreditKind.SPENT if is_spent else CreditKind.TAKEN_BACK
    practice, charge = credit.lock_practice(refund.practice_id), refund.charge
    try:
        credit.write(
            practice, kind, refund.amount_minor, refund.currency, actor=actor, now=now, charge=charge, why=UNDONE
        )
    except credit.CreditTooSmall as refusal:
        why = gettext(
            "The store credit that came back with the cancellation has been spent since, so it cannot be undone."
        )
        raise credit.CreditTooSmall(
            why, remedy=gettext("Please place the order again, or ask support for help.")
        ) from refusal
    if charge is not None:
        data: dict[str, object] = {"amount": amount(refund.amount_minor, refund.currency), "why": UNDONE}
        event = EventType.CREDIT_SPENT if is_spent else EventType.CREDIT_TAKEN_BACK
        record_for(charge, event, actor=actor, now=now, data=data)
