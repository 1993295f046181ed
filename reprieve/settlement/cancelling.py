"""The bodies of cancelling, of asking support for it, and of undoing it: the same for whatever can be cancelled.

The verbs beside this file lock what they are about, and hand it on.
"""

from datetime import datetime

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import charges, credit, payables, quotes, refunds
from reprieve.billing.models import CreditKind, Method, Refund, RefundState
from reprieve.billing.payables import record_for
from reprieve.billing.undoing import WENT_NOWHERE, require_undoable
from reprieve.cancellations import subjects
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import effective_cancellation, open_request
from reprieve.cancellations.requests import (
    CancellationNeedsNoRequest,
    CancellationNeedsRequest,
    CancellationRefused,
    close,
    withdraw_open_request,
)
from reprieve.cancellations.subjects import Subject
from reprieve.catalog.models import Reason, ReasonFor
from reprieve.catalog.reasons import choose_reason
from reprieve.history.models import EventType
from reprieve.history.own_words import UNDONE
from reprieve.history.record import amount, record_all
from reprieve.notifications.notify import notify_practice
from reprieve.orders.lifecycle import WrongState
from reprieve.policies.authorising import authorise, refusal
from reprieve.policies.models import DecisionRecord, Outcome
from reprieve.settlement.receive_payment import give_back_excess
from reprieve.settlement.send_payment import resume_payments
from reprieve.settlement.settle_cancellation import settle_cancellation


def cancel(  # noqa: PLR0913 - the whole command in one line
    subject: Subject,
    *,
    actor: Actor,
    reason: str,
    note: str,
    now: datetime,
    expected_version: int | None,
    override: bool,
    expected_refund_minor: int | None,
) -> Cancellation:
    """Cancel what is locked now. Cancelled already: the same answer again, and nothing happens.

    Staff say which version they saw; see `orders.locking.require_seen`.
    """
    prefetch_related_objects([subject], "cancellations")
    if (done := effective_cancellation(subject)) is not None:
        return done
    subjects.require_seen(subject, actor, expected_version)
    chosen = choose_reason(ReasonFor.CANCEL, reason, note)
    ruling = subjects.evaluate(subject, actor, now=now, reason=chosen.key)
    overridden = authorise(
        ruling, actor, override=override, refused=CancellationRefused, needs_request=CancellationNeedsRequest
    )
    outputs = ruling.decision.outputs
    quoted = quotes.quote_to_act(subject, outputs, override=overridden, shown_minor=expected_refund_minor)
    withdrawn = withdraw_open_request(subject, actor=actor, now=now)
    decision = subjects.keep(subject, ruling)
    before, ended = subjects.cancel(subject, actor=actor, now=now)
    cancellation = _asked(subject, chosen, note, decision, actor=actor, now=now)
    cancellation.status_before = before
    close(cancellation, CancellationState.DONE, actor=actor, now=now)
    settled = settle_cancellation(subject, cancellation, quoted, actor=actor, now=now)
    data = {"reason": chosen.label, "reason_key": chosen.key, "decision": decision.pk}
    kind = subjects.cancelled(subject)
    event = subjects.draft_on(subject, kind, actor=actor, now=now, override=overridden, data=data)
    record_all([*withdrawn, *ended, *settled.events, event])
    notify_practice(subject, *settled.told, event)
    return cancellation


def request(subject: Subject, *, actor: Actor, reason: str, note: str, now: datetime) -> Cancellation:
    """File the request, with the decision as it is now: support's answer will use it.

    If a request is open, or what is locked is cancelled already: the same answer again, and nothing happens.
    """
    prefetch_related_objects([subject], "cancellations")
    if (existing := open_request(subject) or effective_cancellation(subject)) is not None:
        return existing
    chosen = choose_reason(ReasonFor.CANCEL, reason, note)
    ruling = subjects.evaluate(subject, actor, now=now, reason=chosen.key)
    if ruling.outcome is Outcome.ALLOW:
        raise CancellationNeedsNoRequest(
            gettext("Good news: this case can be cancelled right now, without asking."),
            remedy=gettext("Choose Cancel order instead."),
        )
    if ruling.outcome is Outcome.REFUSE:
        raise refusal(ruling, CancellationRefused)
    asked = _asked(subject, chosen, note, subjects.keep(subject, ruling), actor=actor, now=now)
    asked.save(force_insert=True)
    data: dict[str, object] = {"reason": chosen.label, "reason_key": chosen.key, "decision": asked.decision_id}
    event = subjects.record(subject, EventType.CANCELLATION_REQUESTED, actor=actor, now=now, data=data)
    notify_practice(subject, event)
    return asked


def _asked(  # noqa: PLR0913 - one row in one line
    subject: Subject, reason: Reason, note: str, decision: DecisionRecord, *, actor: Actor, now: datetime
) -> Cancellation:
    """What somebody has asked for, to be saved: as it is now it waits for support."""
    return Cancellation(
        practice_id=subject.practice_id,
        **subjects.as_field(subject),
        state=CancellationState.REQUESTED,
        reason=reason,
        note=note.strip(),
        decision=decision,
        asked_by_id=actor.person_id,
        asked_by_name=actor.name,
        asked_at=now,
    )


def undo(subject: Subject, *, actor: Actor, now: datetime) -> None:
    """Undo the cancellation of what is locked. Undone already: nothing happens.

    A pause that the cancellation ended stays ended: it goes on where it stood before the pause.
    """
    access.require_may_act(actor)
    cancellation = effective_cancellation(subject)
    if cancellation is None:
        if subject.cancellations.filter(state=CancellationState.UNDONE).exists():
            return
        raise WrongState(gettext("This case is not cancelled, so there is nothing to undo."))
    charge = subject.charge
    require_undoable(charge, cancellation, now=now)
    for refund in cancellation.refunds.exclude(state__in=WENT_NOWHERE):
        _take_back(refund, actor=actor, now=now)
    cancellation.state = CancellationState.UNDONE
    cancellation.save(update_fields=["state"])
    subjects.undo(subject, to=cancellation.status_before, now=now)
    stood_still = subjects.stood_still(subject, cancellation.closed_at or now)
    charges.reopen(charge, now=now if stood_still else None)
    payables.settle(charge, actor=actor, now=now)
    give_back_excess(charge, actor=actor, now=now)
    resume_payments(charge)
    data: dict[str, object] = {"to": cancellation.status_before}
    notify_practice(subject, record_for(charge, EventType.CANCELLATION_UNDONE, actor=actor, now=now, data=data))


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
