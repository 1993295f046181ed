"""Giving back: the quote that people are shown, and the rows that carry it out.

The quote and the act are one function over what was paid and the terms of the kept decision (`refund_plan.plan`). A
refund's row is written in the transaction of what it follows from, and its amount counted on the payment under the
lock: what is on its way back can go back no second time. Locks are taken in this order: order, payment, refund,
practice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import credit
from reprieve.billing.models import CreditKind, Method, Payment, PaymentState, Refund, RefundState
from reprieve.billing.refund_plan import Paid, Part, Plan, plan
from reprieve.cancellations.models import Cancellation
from reprieve.lib import money
from reprieve.lib.errors import Refused
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order
from reprieve.policies.money_terms import MoneyTerms

ALL_OF_IT: Final = MoneyTerms(share=Decimal(1))


class RefundChanged(Refused):
    """What would be given back is another amount than the one that was shown."""

    code = "refund_changed"
    usual_remedy = "Have a look at the new amount, then decide again."


class RefundMoved(Refused):
    """Somebody, or the provider, has moved the refund on since it was shown."""

    code = "refund_moved"
    usual_remedy = "Have a look at it as it is now, then decide again."


class PaymentDisputed(Refused):
    """The cardholder disputes the payment: a refund would give the money back twice."""

    code = "payment_disputed"
    usual_remedy = "Wait for the bank's decision; where it goes against you the money is back already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a cancellation gives back.

    Attributes:
        plan: what goes back; all that is left where the rules leave the share open.
        terms: the money terms of the decision.
        is_open: whether the rules leave the money to support. Store credit is restored all the same (C14).
    """

    plan: Plan
    terms: MoneyTerms
    is_open: bool

    @property
    def promised_minor(self) -> int:
        """What the customer is told will come back, in minor units: not what support has yet to decide on."""
        return self.plan.to_credit_minor if self.is_open else self.plan.total_minor


def quote(order: Order, outputs: Mapping[str, object]) -> Quote:
    """What cancelling the order gives back under a decision, just made or kept, from what is paid by now."""
    terms = MoneyTerms.of(outputs)
    is_open = terms.share is None
    payments = (payment for payment in order.payments.all() if payment.state == PaymentState.PAID)
    found = plan(ALL_OF_IT if is_open else terms, map(as_paid, payments), order.currency)
    return Quote(plan=found, terms=terms, is_open=is_open)


def as_paid(payment: Payment) -> Paid:
    """The payment as the plan reads it."""
    return Paid(
        payment_id=payment.pk,
        amount_minor=payment.amount_minor,
        refunded_minor=payment.refunded_minor,
        fee_minor=payment.fee_minor,
        by_credit=payment.method == Method.CREDIT,
    )


def require_shown(quoted: Quote, shown_minor: int | None) -> None:
    """Raises RefundChanged unless this is the amount that was shown. None: nobody was shown one."""
    if shown_minor is None or shown_minor == quoted.promised_minor:
        return
    shown, now = (
        money.display(money.from_minor(minor, quoted.plan.currency)) for minor in (shown_minor, quoted.promised_minor)
    )
    raise RefundChanged(f"The refund is no longer {shown}: it would now be {now}. Nothing has been done.")


def give_back(  # noqa: PLR0913 - the whole of it in one line
    order: Order, cancellation: Cancellation, quoted: Quote, *, granted: bool, actor: Actor, now: datetime
) -> list[Refund]:
    """Write the refunds of the locked order's cancellation; store credit is restored at once.

    `granted` says that the rules, or support on the rules' terms, give it: the money is then sent without further
    asking, once the time for undoing has passed. Otherwise, and where the payment is disputed, support is asked.
    """
    return [
        _begin(order, cancellation, part, granted=granted and not quoted.is_open, quoted=quoted, actor=actor, now=now)
        for part in quoted.plan.parts
    ]


def _begin(  # noqa: PLR0913 - one row in one line
    order: Order,
    cancellation: Cancellation,
    part: Part,
    *,
    granted: bool,
    quoted: Quote,
    actor: Actor,
    now: datetime,
) -> Refund:
    payment = lock_payment(part.payment_id)
    is_given = (granted and not payment.disputed) or payment.method == Method.CREDIT
    refund = Refund(
        cancellation=cancellation,
        to_credit=part.to_credit,
        state=RefundState.APPROVED if is_given else RefundState.PENDING,
        reason=cancellation.reason.label,
        send_from=now + quoted.terms.undo_window,
    )
    reserve(refund, order, payment, part.amount_minor, actor=actor, now=now)
    if is_given and part.to_credit:
        complete_as_credit(refund, actor=actor, now=now)
    return refund


def lock_payment(payment_id: int) -> Payment:
    """The payment, locked until the transaction ends."""
    return Payment.objects.select_for_update().get(pk=payment_id)


def reserve(  # noqa: PLR0913 - one row in one line
    refund: Refund, order: Order, payment: Payment, amount_minor: int, *, actor: Actor, now: datetime
) -> None:
    """Save a new refund of a locked payment, and count it there. Raises ValueError for more than is left."""
    if not 0 < amount_minor <= payment.left_minor:
        raise ValueError("More than was paid and not yet given back.")
    refund.practice_id, refund.order, refund.payment = order.practice_id, order, payment
    refund.currency, refund.amount_minor = payment.currency, amount_minor
    refund.asked_by_id, refund.asked_by_name, refund.asked_at = actor.person_id, actor.name, now
    refund.save(force_insert=True)
    payment.refunded_minor += amount_minor
    payment.save(update_fields=["refunded_minor"])


def let_go(refund: Refund, amount_minor: int) -> None:
    """Take so much of a locked refund off its payment: it will not go back after all."""
    refund.payment.refunded_minor -= amount_minor
    refund.payment.save(update_fields=["refunded_minor"])


def complete_as_credit(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """Put a refund onto the store credit. It needs no gateway, so it is done with this transaction."""
    kind = CreditKind.RESTORED if refund.payment.method == Method.CREDIT else CreditKind.REFUND
    practice = credit.lock_practice(refund.practice_id)
    refund.credit_entry = credit.write(
        practice, kind, refund.amount_minor, refund.currency, actor=actor, now=now, order=refund.order
    )
    refund.state, refund.completed_at = RefundState.COMPLETED, now
    refund.save(update_fields=["credit_entry", "state", "completed_at"])


def lock_refund(actor: Actor, refund_id: int) -> Refund:
    """The refund with its order and its payment, all locked until the transaction ends. Raises NotFound."""
    found = access.find(actor, Refund, pk=refund_id)
    order, payment = lock_order(actor, found.order_id), lock_payment(found.payment_id)
    refund = Refund.objects.select_for_update().get(pk=found.pk)
    refund.order, refund.payment = order, payment
    return refund


def require_refund(refund: Refund, seen: int, *states: RefundState) -> None:
    """Raises RefundMoved unless the refund is in one of the states, and the version is the one that was seen."""
    if refund.version != seen or refund.state not in states:
        raise RefundMoved(
            f"This refund is now {refund.get_state_display().lower()}; it has changed since you opened it."
        )


def require_undisputed(payments: Iterable[Payment]) -> None:
    """Raises PaymentDisputed if one of them is disputed."""
    if any(payment.disputed for payment in payments):
        raise PaymentDisputed("The bank has been told to take this payment back, so it is not refunded now.")


def move(refund: Refund, state: RefundState, *fields: str) -> None:
    """Save a locked refund in another state, with the other fields named, and count its version up."""
    refund.state = state
    refund.version += 1
    refund.save(update_fields=["state", "version", *fields])
