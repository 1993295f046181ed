"""Ask for a refund of what is left of a cancelled order, or was paid too much (S6). Support answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import refunds
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.models import Invoice, Method, Payable, Payment, Refund, RefundState
from reprieve.billing.payables import cancellation_of, covered_minor, record_for, refundable
from reprieve.billing.payments import lock_invoice_alone
from reprieve.billing.quotes import as_paid
from reprieve.billing.refund_plan import split
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import EventType
from reprieve.history.record import amount
from reprieve.lib import money
from reprieve.lib.errors import Invalid, Refused
from reprieve.lib.notes import shorten
from reprieve.notifications.notify import notify_practice
from reprieve.orders.locking import lock_order

LONGEST_REASON = 500


class NothingToRefund(Refused):
    """Nothing was paid, or all of it has gone back or is on its way."""


class RefundReasonMissing(Invalid):
    """Support has to know why."""


@transaction.atomic
def request_refund(
    *, order_id: int, actor: Actor, reason: str, amount_minor: int | None = None, now: datetime
) -> list[Refund]:
    """Ask for so much, or for all that is left: one refund for each payment that it is split over.

    If a refund of the order waits for support already: that one again, and nothing happens.
    Raises NotFound, NotAllowed, RefundReasonMissing, AmountInvalid, NothingToRefund, PaymentDisputed.
    """
    access.require_may_act(actor)
    require_reason(reason)
    order = lock_order(actor, order_id)
    return _request(order.charge, actor=actor, reason=reason, amount_minor=amount_minor, now=now)


@transaction.atomic
def request_invoice_refund(
    *, invoice_id: int, actor: Actor, reason: str, amount_minor: int | None = None, now: datetime
) -> list[Refund]:
    """Support asks for so much, or for all that was paid too much for an invoice; it is then approved like any other.

    If a refund of the invoice waits for support already: that one again, and nothing happens.
    Raises NotFound, NotAllowed, RefundReasonMissing, AmountInvalid, NothingToRefund.
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    require_reason(reason)
    invoice = lock_invoice_alone(access.find(actor, Invoice, pk=invoice_id).pk)
    return _request(invoice, actor=actor, reason=reason, amount_minor=amount_minor, now=now)


def _request(payable: Payable, *, actor: Actor, reason: str, amount_minor: int | None, now: datetime) -> list[Refund]:
    if waiting := list(payable.refunds.filter(state=RefundState.PENDING)):
        return waiting
    cancellation, covered = cancellation_of(payable), covered_minor(payable)
    left_minor, payments = refundable(payable)
    asked = asked_minor(left_minor, payable.currency, amount_minor)
    found = ask(payments, asked, reason=reason, cancellation=cancellation, covered_minor=covered, actor=actor, now=now)
    data: dict[str, object] = {"amount": amount(asked, payable.currency)}
    notify_practice(payable, record_for(payable, EventType.REFUND_REQUESTED, actor=actor, now=now, data=data))
    return found


def asked_minor(left_minor: int, currency: str, amount_minor: int | None) -> int:
    """How much of what is left is asked for; None: all of it. Raises NothingToRefund, AmountInvalid."""
    if not left_minor:
        raise NothingToRefund(
            gettext("Nothing is left to refund: it was not paid, or it has gone back or is on its way.")
        )
    asked = left_minor if amount_minor is None else amount_minor
    if asked <= 0:
        raise AmountInvalid(gettext("The amount has to be above zero."), field="amount")
    if asked > left_minor:
        words = money.display(money.from_minor(left_minor, currency))
        raise AmountInvalid(gettext("That is more than is left: %(words)s.") % {"words": words}, field="amount")
    return asked


def ask(  # noqa: PLR0913 - all that a row says
    payments: Sequence[Payment],
    minor: int,
    *,
    reason: str,
    cancellation: Cancellation | None = None,
    covered_minor: int | None = None,
    actor: Actor,
    now: datetime,
) -> list[Refund]:
    """Have so much of the payments wait for support, a refund for each that it is split over.

    `covered_minor` is what the invoice of the case is overpaid: what goes beyond it support would waive; None: the case
    is on no invoice. Whoever calls holds the lock of what the payments are for. Raises PaymentDisputed.
    """
    found, covered = [], minor if covered_minor is None else covered_minor
    for payment_id, part_minor in _parts(payments, minor):
        payment = refunds.lock_payment(payment_id)
        refund = Refund(
            cancellation=cancellation,
            to_credit=payment.method == Method.CREDIT,
            state=RefundState.PENDING,
            waived_minor=max(part_minor - covered, 0),
            reason=reason.strip(),
            send_from=now,
        )
        refunds.reserve(refund, payment, part_minor, actor=actor, now=now)
        covered = max(covered - part_minor, 0)
        found.append(refund)
    refunds.require_undisputed(refund.payment for refund in found)
    return found


def require_reason(reason: str) -> None:
    """Raises RefundReasonMissing unless there is one, and no longer than it may be."""
    if not reason.strip():
        raise RefundReasonMissing(gettext("Please write why, in a few words."), field="reason")
    if len(reason.strip()) > LONGEST_REASON:
        raise RefundReasonMissing(shorten(LONGEST_REASON), field="reason")


def _parts(payments: Sequence[Payment], asked: int) -> Iterator[tuple[int, int]]:
    """Money before store credit, each over the fewest payments."""
    for by_credit in (False, True):
        some = [as_paid(each) for each in payments if (each.method == Method.CREDIT) is by_credit]
        part = min(asked, sum(each.left_minor for each in some))
        yield from split(some, part)
        asked -= part
