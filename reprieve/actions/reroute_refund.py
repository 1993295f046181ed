"""Support sends a refund that failed another way: by hand, onto the store credit, or the way it was paid after all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import refunds
from reprieve.billing.gateways import MANUAL
from reprieve.billing.history import record_of
from reprieve.billing.models import Refund, RefundState
from reprieve.billing.payables import events_for
from reprieve.history.models import EventType
from reprieve.history.own_words import AS_CREDIT, AS_PAID, BY_HAND
from reprieve.lib.errors import Invalid
from reprieve.notifications.notify import notify_practice
from reprieve.settlement.send_refund import queue


class Way(models.TextChoices):
    BY_HAND = "by_hand", _("Make it by hand, as a bank transfer or a cheque")
    STORE_CREDIT = "store_credit", _("Give it as store credit instead")
    AS_PAID = "as_paid", _("Send it back the way it was paid")


# What the history says.
WORDS: Final[Mapping[Way, str]] = {
    Way.BY_HAND: BY_HAND,
    Way.STORE_CREDIT: AS_CREDIT,
    Way.AS_PAID: AS_PAID,
}


class WayInvalid(Invalid):
    """The refund goes that way already."""


@transaction.atomic
def reroute_refund(*, refund_id: int, actor: Actor, expected_version: int, way: Way, now: datetime) -> Refund:
    """Give a refund that failed for good another way: as store credit at once, otherwise by a new try of the worker.

    No try is open then, and the provider has said that it did nothing and will not. The same again by the same person:
    the same refund again, and nothing happens.
    Raises NotFound, NotAllowed, WayInvalid, RefundMoved (also where a try is open, unclear, or about to be repeated),
    PaymentDisputed.
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    refund = refunds.lock_refund(actor, refund_id)
    if _done_before(refund, way, actor, expected_version):
        return refund
    refunds.require_refund(refund, expected_version, RefundState.FAILED)
    _require_failed_for_good(refund)
    refunds.require_undisputed([refund.payment])
    if way not in ways(refund):
        raise WayInvalid(gettext("The refund goes that way already. Try it again, or choose another way."), field="way")
    refund.to_credit, refund.by_hand = way is Way.STORE_CREDIT, way is Way.BY_HAND
    refund.send_from = max(refund.send_from, now)
    refunds.move(refund, RefundState.APPROVED, "to_credit", "by_hand", "send_from")
    event = record_of(
        refund,
        EventType.REFUND_REROUTED,
        actor=actor,
        now=now,
        way=WORDS[way],
        kind=way.value,
        seen_version=expected_version,
    )
    if refund.to_credit:
        refunds.complete_as_credit(refund, actor=actor, now=now)
        event = record_of(refund, EventType.CREDIT_RESTORED, actor=actor, now=now)
    notify_practice(refund.payable, event)
    queue([refund])
    return refund


def ways(refund: Refund) -> list[Way]:
    """The other ways that a refund could go, were it to fail."""
    is_made_by_hand = refund.by_hand or refund.payment.gateway in ("", MANUAL)
    return [
        *([] if is_made_by_hand else [Way.BY_HAND]),
        *([Way.AS_PAID] if refund.by_hand else []),
        Way.STORE_CREDIT,
    ]


def _require_failed_for_good(refund: Refund) -> None:
    """What failed for now may have been done after all, and is looked up with the next try."""
    last = refund.attempts.order_by("number").last()
    if last is not None and not last.permanent:
        raise refunds.RefundMoved(gettext("This refund failed only for now: it is tried again by itself."))


def _done_before(refund: Refund, way: Way, actor: Actor, seen_version: int) -> bool:
    """Whether this very command has been carried out: a double click, or a repeat after a lost answer."""
    return (
        events_for(refund.payable)
        .filter(
            type=EventType.REFUND_REROUTED,
            actor_id=actor.person_id,
            data__refund=refund.pk,
            data__kind=way.value,
            data__seen_version=seen_version,
        )
        .exists()
    )
