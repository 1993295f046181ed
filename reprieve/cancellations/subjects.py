"""What a charge and a cancellation are of. This file alone knows every kind of it (decision 0016).

The union is closed: where a kind is missing in one of these functions, mypy says so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Unpack

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.history.models import Event, EventType
from reprieve.history.own_words import PAID_IN_FULL
from reprieve.history.record import Details, draft, record_all
from reprieve.lib import identifiers
from reprieve.lib.errors import NotFound
from reprieve.orders import lifecycle, locking, rulings
from reprieve.orders.actions import Action
from reprieve.orders.models import STANDING_STILL, DesignStage, Order, Pause, PauseEnd, Status
from reprieve.orders.parts import load_parts
from reprieve.orders.pauses import end_pause, last_pause, open_pause
from reprieve.policies.models import DecisionRecord
from reprieve.policies.rulings import Ruling

type Subject = Order


class OfSubject(Protocol):
    """A row that is of exactly one subject, by its foreign keys."""

    @property
    def order_id(self) -> int | None:
        """Which order, if it is of one."""
        ...


def one_of(order: Order | None) -> Subject:
    """The one that is there. Raises ValueError where none is: the database does not let that happen."""
    if order is None:
        raise ValueError("It is of nothing.")
    return order


def as_field(subject: Subject) -> dict[str, Subject]:
    """It as the foreign key of a row that is of it."""
    match subject:
        case Order():
            return {"order": subject}


def lock(actor: Actor, row: OfSubject) -> Subject:
    """What the row is of, locked until the transaction ends. Raises NotFound for another practice's too."""
    if row.order_id is None:
        raise NotFound(gettext("It is of nothing."))
    return locking.lock_order(actor, row.order_id)


def require_seen(subject: Subject, actor: Actor, seen: int | None) -> None:
    """Raises OrderChanged to staff unless it is still as they saw it."""
    match subject:
        case Order():
            locking.require_seen(subject, actor, seen)


def noun(subject: Subject) -> str:
    """What people call such a thing, in the reader's language."""
    match subject:
        case Order():
            return gettext("case")


def number_of(row: OfSubject) -> str:
    """R-1042: what people call the row's subject, without a query."""
    return identifiers.order_number(row.order_id or 0)


def contents(subject: Subject) -> str:
    """Ceramic crown, Veneers: what a document says that it is."""
    match subject:
        case Order():
            return ", ".join(dict.fromkeys(line.product_name for line in subject.lines.all()))


def draft_on(
    subject: Subject,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    """An event of its history that is not yet written, for `record_all`."""
    return draft(type, subject=subject.SUBJECT, subject_id=subject.pk, actor=actor, now=now, **details)


def record(
    subject: Subject,
    type: EventType,  # noqa: A002 - the word of the domain
    *,
    actor: Actor,
    now: datetime,
    **details: Unpack[Details],
) -> Event:
    (event,) = record_all([draft_on(subject, type, actor=actor, now=now, **details)])
    return event


def events_of(subject: Subject) -> QuerySet[Event]:
    return Event.objects.filter(subject=subject.SUBJECT, subject_id=subject.pk)


def evaluate(subject: Subject, actor: Actor, *, now: datetime, reason: str) -> Ruling:
    """What the rules say about cancelling it for this reason. Raises NoRulesInForce."""
    match subject:
        case Order():
            load_parts([subject])
            return rulings.rule_on(subject, Action.CANCEL, actor, now=now, reason=reason)


def keep(subject: Subject, ruling: Ruling) -> DecisionRecord:
    """Write the ruling down, before what is locked is changed by it."""
    match subject:
        case Order():
            return rulings.record_decision(subject, ruling)


def cancel(subject: Subject, *, actor: Actor, now: datetime) -> tuple[str, Sequence[Event]]:
    """Cancel what is locked, ending its pause if it is in one. Raises WrongState if it cannot be cancelled.

    Where it goes back to if that is undone, and what is to be recorded besides the cancellation.
    """
    match subject:
        case Order():
            pause, before = open_pause(subject), subject.paused_from or subject.status
            lifecycle.apply(subject, lifecycle.Verb.CANCEL, now=now)
            if pause is None:
                return before, ()
            end_pause(pause, PauseEnd.CANCELLED, now=now)
            return before, [draft_on(subject, EventType.PAUSE_ENDED_BY_CANCELLATION, actor=actor, now=now)]


def cancelled(subject: Subject) -> EventType:
    """What stands in its history when it was cancelled at once."""
    match subject:
        case Order():
            return EventType.ORDER_CANCELLED


def undo(subject: Subject, *, to: str, now: datetime) -> None:
    """Move what is locked and cancelled back to where it stood. Raises WrongState."""
    match subject:
        case Order():
            lifecycle.apply(subject, lifecycle.Verb.UNDO, now=now, to=Status(to))


def charge(subject: Subject, *, actor: Actor, now: datetime) -> None:
    """What is locked has been paid in full. Called charged before: nothing happens."""
    match subject:
        case Order():
            if subject.charged_at is None:
                lifecycle.apply(subject, lifecycle.Verb.CHARGE, now=now)
                record(subject, EventType.ORDER_CHARGED, actor=actor, now=now, data={"how": PAID_IN_FULL})


def is_cancelled(subject: Subject) -> bool:
    """Whether it was cancelled, and that was not undone."""
    match subject:
        case Order():
            return subject.status == Status.CANCELLED


def stands_still(subject: Subject) -> bool:
    """Whether nothing is billed or charged for now, because it is paused (D8)."""
    match subject:
        case Order():
            return subject.status in STANDING_STILL


def is_slated(subject: Subject) -> bool:
    """Whether it is slated for deletion: what that is can be restored by support alone, and undone by nobody."""
    match subject:
        case Order():
            return subject.status == Status.SLATED_FOR_DELETION


def was_slated(subject: Subject, cancelled_at: datetime) -> bool:
    match subject:
        case Order():
            pause = _ended_pause(subject, cancelled_at)
            return pause is not None and pause.slated_at is not None


def stood_still(subject: Subject, cancelled_at: datetime) -> bool:
    match subject:
        case Order():
            return _ended_pause(subject, cancelled_at) is not None


def capture_due(subject: Subject) -> bool:
    """Whether it has come to where the business takes the money (REPRIEVE_CAPTURE_AT).

    What is never shipped, because it ends with files, counts as shipped once the files are delivered.
    """
    if settings.CAPTURE_AT == "placing":
        return True
    match subject:
        case Order():
            if settings.CAPTURE_AT == "design_started":
                return subject.design_stage != DesignStage.NOT_STARTED
            has_left = subject.shipped_at is not None or subject.files_delivered_at is not None
            return has_left or subject.status in (Status.COMPLETED, Status.INVOICED)


def _ended_pause(order: Order, cancelled_at: datetime) -> Pause | None:
    """The pause that the order's cancellation has ended, if it was in one."""
    pause = last_pause(order)
    if pause is None or pause.ended_at is None:
        return None
    return pause if pause.ended_how == PauseEnd.CANCELLED and pause.ended_at >= cancelled_at else None
