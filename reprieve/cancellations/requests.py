"""Answering a cancellation request: taken under its subject's lock, answered once."""

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.cancellations.queries import open_request
from reprieve.cancellations.subjects import Subject, draft_on, lock
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import Refused
from reprieve.orders import lifecycle
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order


class RequestClosed(Refused):
    """The request has been answered, or taken back, in the meantime."""


class CancellationPending(Refused):
    """A customer waits for an answer to a cancellation request; the case is held until then."""

    usual_remedy = _("Answer the request first, or move the case all the same with an override.")


class CancellationRefused(Refused):
    """The rules refuse; `why` is the table's own sentence."""


class CancellationNeedsRequest(Refused):
    """The rules leave it to support: the customer can ask."""

    usual_remedy = _("You can ask support to cancel it.")


class CancellationNeedsNoRequest(Refused):
    """It can be cancelled without asking."""


def lock_request(actor: Actor, cancellation_id: int) -> tuple[Subject, Cancellation]:
    """The request as it is under its subject's lock, which is held until the transaction ends. Raises NotFound."""
    found = access.find(actor, Cancellation, pk=cancellation_id)
    subject = lock(actor, found)
    return subject, subject.cancellations.get(pk=found.pk)


def require_open(request: Cancellation) -> None:
    """Raises RequestClosed once the request was withdrawn or answered."""
    if request.state != CancellationState.REQUESTED:
        raise RequestClosed(
            gettext("This request is closed already: %(state)s.") % {"state": request.get_state_display().lower()}
        )


def close(request: Cancellation, state: CancellationState, *, actor: Actor, now: datetime) -> None:
    """Write down how the request ended, and who ended it."""
    request.state = state
    request.closed_by_id, request.closed_by_name, request.closed_at = actor.person_id, actor.name, now
    request.save()


def hold_for_request(order: Order, verb: Verb, *, override: bool) -> bool:
    """Whether moving on overrides an open cancellation request. Raises CancellationPending without `override`."""
    if verb not in lifecycle.ADVANCING or open_request(order) is None:
        return False
    if not override:
        raise CancellationPending(gettext("The customer has asked to cancel this case and waits for an answer."))
    return True


def withdraw_open_request(subject: Subject, *, actor: Actor, now: datetime) -> list[Event]:
    """Close the request of what is locked and about to be cancelled without it. What is to be recorded of that."""
    request = open_request(subject)
    return [withdraw(request, actor=actor, now=now)] if request is not None else []


def withdraw(request: Cancellation, *, actor: Actor, now: datetime) -> Event:
    """Close it as taken back. What is to be recorded of that."""
    close(request, CancellationState.WITHDRAWN, actor=actor, now=now)
    return draft_on(request.subject, EventType.CANCELLATION_WITHDRAWN, actor=actor, now=now)
