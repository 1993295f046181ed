"""Giving back: the quote that people are shown, and the rows that carry it out.

The quote and the act are one function over what was paid and the terms of the kept decision: for the order itself
(`refund_plan.plan`), and, where a credit note takes it off its invoice, for what is then paid too much of that
(`refund_plan.plan_overpaid`). A refund's row is written in the transaction of what it follows from, and its amount
counted on the payment under the lock: what is on its way back can go back no second time. Locks are taken in the order
that `billing.payments` tells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Prefetch

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import credit, credit_notes
from reprieve.billing.credit_notes import Credited
from reprieve.billing.documents import as_it_stands, as_loaded, with_amounts
from reprieve.billing.models import (
    CreditKind,
    Invoice,
    InvoiceLine,
    Method,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from reprieve.billing.payments import excess_minor, lock_invoice_alone, lock_invoice_of
from reprieve.billing.refund_plan import Paid, Part, Plan, plan, plan_overpaid
from reprieve.cancellations.models import Cancellation
from reprieve.lib import money
from reprieve.lib.errors import Refused
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order
from reprieve.policies.money_terms import MoneyTerms, RefundTo

ALL_OF_IT: Final = MoneyTerms(share=Decimal(1))
# What `quote` reads, loaded for any number of orders at once.
QUOTED: Final = (
    "payments",
    Prefetch(
        "charge__invoice_lines",
        InvoiceLine.objects.prefetch_related(
            Prefetch("invoice", with_amounts(Invoice.objects.all()).prefetch_related("payments"))
        ),
    ),
)


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
        plan: what goes back of the order's own payments; all that is left where the rules leave the share open.
        terms: the money terms of the decision.
        is_open: whether the rules leave the money to support. Store credit is restored all the same (C14).
        override: whether staff cancel against the rules: then, too, support decides on the money.
        credited: what a credit note takes off the invoice that the order is on, if it is on one.
        of_invoice: what goes back of that invoice's payments, because it is then paid too much.
    """

    plan: Plan
    terms: MoneyTerms
    is_open: bool
    override: bool = False
    credited: Credited | None = None
    of_invoice: tuple[Part, ...] = ()

    @property
    def is_granted(self) -> bool:
        """Whether what goes back is sent without further asking."""
        return not self.is_open and not self.override

    @property
    def of_invoice_minor(self) -> int:
        """What goes back of the invoice's payments, in minor units."""
        return sum(part.amount_minor for part in self.of_invoice)

    @property
    def total_minor(self) -> int:
        """What goes back, or waits for support to say so, in minor units."""
        return self.plan.total_minor + self.of_invoice_minor

    @property
    def promised_minor(self) -> int:
        """What the customer is told will come back, in minor units: not what support has yet to decide on."""
        return self.total_minor if self.is_granted else self.plan.restored_minor


def quote(order: Order, outputs: Mapping[str, object], *, override: bool = False) -> Quote:
    """What cancelling the order gives back under a decision, just made or kept, from what is paid by now."""
    terms = MoneyTerms.of(outputs)
    is_open = terms.share is None
    followed = ALL_OF_IT if is_open else terms
    found = plan(followed, map(as_paid, _made(order.payments.all())), order.currency, excess_minor=excess_minor(order))
    credited = credit_notes.foresee(order, outputs, override=override)
    return Quote(
        plan=found,
        terms=terms,
        is_open=is_open,
        override=override,
        credited=credited,
        of_invoice=_of_invoice(credited, found, followed) if credited is not None else (),
    )


def quote_to_act(
    order: Order, outputs: Mapping[str, object], *, override: bool = False, shown_minor: int | None
) -> Quote:
    """The quote of a locked order with all locked that it rests on, for the same transaction to carry out.

    Raises RefundChanged unless it is what was shown; None: nobody was shown one.
    """
    lock_invoice_of(order)
    quoted = quote(order, outputs, override=override)
    _require_shown(quoted, shown_minor)
    return quoted


def overpaid(invoice: Invoice) -> tuple[int, list[Payment]]:
    """How much of the locked invoice may be asked back, in minor units, and the payments that hold it.

    Nothing that is on its way back already, and nothing of a disputed payment.
    """
    payments = [each for each in _made(invoice.payments.all()) if each.left_minor and not each.disputed]
    held = sum(each.left_minor for each in payments)
    return min(as_it_stands(invoice).overpaid_minor, held), payments


def as_paid(payment: Payment) -> Paid:
    """The payment as the plan reads it."""
    return Paid(
        payment_id=payment.pk,
        amount_minor=payment.amount_minor,
        refunded_minor=payment.refunded_minor,
        fee_minor=payment.fee_minor,
        by_credit=payment.method == Method.CREDIT,
    )


def _of_invoice(credited: Credited, own: Plan, terms: MoneyTerms) -> tuple[Part, ...]:
    """What the credit note leaves overpaid, once the order's own payments have gone back as planned.

    Never more than the credit note is over: what was paid too much before is not this cancellation's.
    """
    invoice = credited.line.invoice
    overpaid = credited.amount_minor - own.total_minor - as_loaded(invoice).open_minor
    return plan_overpaid(
        map(as_paid, _made(invoice.payments.all())),
        min(overpaid, credited.amount_minor),
        to_credit=terms.refund_to is RefundTo.STORE_CREDIT,
    )


def _made(payments: Iterable[Payment]) -> Iterable[Payment]:
    return (payment for payment in payments if payment.state == PaymentState.PAID)


def _require_shown(quoted: Quote, shown_minor: int | None) -> None:
    if shown_minor is None or shown_minor == quoted.promised_minor:
        return
    shown, now = (
        money.display(money.from_minor(minor, quoted.plan.currency)) for minor in (shown_minor, quoted.promised_minor)
    )
    raise RefundChanged(f"The refund is no longer {shown}: it would now be {now}. Nothing has been done.")


def give_back(cancellation: Cancellation, quoted: Quote, *, actor: Actor, now: datetime) -> list[Refund]:
    """Write the refunds of a cancellation that was quoted to act; store credit is restored at once.

    What the rules give, or support on the rules' terms, is sent without further asking, once the time for undoing has
    passed; what follows from a credit note at once, as that cannot be undone. Otherwise, and where the payment is
    disputed, support is asked.
    """
    send_from = now if quoted.credited is not None else now + quoted.terms.undo_window
    return [
        _begin(cancellation, part, granted=quoted.is_granted, send_from=send_from, actor=actor, now=now)
        for part in (*quoted.plan.parts, *quoted.of_invoice)
    ]


def _begin(  # noqa: PLR0913 - one row in one line
    cancellation: Cancellation, part: Part, *, granted: bool, send_from: datetime, actor: Actor, now: datetime
) -> Refund:
    payment = lock_payment(part.payment_id)
    is_given = (granted and not payment.disputed) or payment.method == Method.CREDIT
    refund = Refund(
        cancellation=cancellation,
        to_credit=part.to_credit,
        state=RefundState.APPROVED if is_given else RefundState.PENDING,
        reason=cancellation.reason.label,
        send_from=send_from,
    )
    reserve(refund, payment, part.amount_minor, actor=actor, now=now)
    if is_given and part.to_credit:
        complete_as_credit(refund, actor=actor, now=now)
    return refund


def lock_payment(payment_id: int) -> Payment:
    """The payment, locked until the transaction ends."""
    return Payment.objects.select_for_update().get(pk=payment_id)


def reserve(refund: Refund, payment: Payment, amount_minor: int, *, actor: Actor, now: datetime) -> None:
    """Save a new refund of a locked payment, of what that was for, and count it there.

    Raises ValueError for more than is left.
    """
    if not 0 < amount_minor <= payment.left_minor:
        raise ValueError("More than was paid and not yet given back.")
    refund.practice_id, refund.payment = payment.practice_id, payment
    refund.order_id, refund.invoice_id = payment.order_id, payment.invoice_id
    refund.currency, refund.amount_minor = payment.currency, amount_minor
    refund.asked_by_id, refund.asked_by_name, refund.asked_at = actor.person_id, actor.name, now
    refund.save(force_insert=True)
    payment.refunded_minor += amount_minor
    payment.waived_minor += refund.waived_minor
    payment.save(update_fields=["refunded_minor", "waived_minor"])


def let_go(refund: Refund, amount_minor: int) -> None:
    """Take so much of a locked refund off its payment: it will not go back after all. What it waives goes first."""
    waived = min(refund.waived_minor, amount_minor)
    refund.payment.refunded_minor -= amount_minor
    refund.payment.waived_minor -= waived
    refund.payment.save(update_fields=["refunded_minor", "waived_minor"])
    refund.waived_minor -= waived
    refund.save(update_fields=["waived_minor"])


def waive(refund: Refund, order: Order, *, actor: Actor, now: datetime) -> Invoice | None:
    """Write the credit note over what of a locked refund was kept on an invoice, now that it goes back all the same."""
    waived = refund.waived_minor
    if not waived:
        return None
    refund.payment.waived_minor -= waived
    refund.payment.save(update_fields=["waived_minor"])
    refund.waived_minor = 0
    refund.save(update_fields=["waived_minor"])
    return credit_notes.waive(order, waived, actor=actor, now=now)


def complete_as_credit(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """Put a refund onto the store credit. It needs no gateway, so it is done with this transaction."""
    kind = CreditKind.RESTORED if refund.payment.method == Method.CREDIT else CreditKind.REFUND
    case = refund.cancellation.order if refund.cancellation is not None else refund.order
    refund.credit_entry = credit.write(
        credit.lock_practice(refund.practice_id),
        kind,
        refund.amount_minor,
        refund.currency,
        actor=actor,
        now=now,
        order=case,
        why=refund.about if refund.invoice is not None else "",
    )
    refund.state, refund.completed_at = RefundState.COMPLETED, now
    refund.save(update_fields=["credit_entry", "state", "completed_at"])


def lock_refund(actor: Actor, refund_id: int) -> Refund:
    """The refund with what it is of and its payment, all locked until the transaction ends. Raises NotFound.

    The case that a refund of an invoice follows from is locked first: what is written about it refers to the case, and
    PostgreSQL looks at that row as the transaction ends, when whoever locks the invoice's orders may hold it already.
    """
    found = access.find(actor, Refund, pk=refund_id)
    case_id = found.cancellation.order_id if found.cancellation is not None else found.order_id
    case = lock_order(actor, case_id) if case_id is not None else None
    order = case if found.order_id is not None else None
    if order is not None:
        lock_invoice_of(order)
    invoice = lock_invoice_alone(found.invoice_id) if found.invoice_id is not None else None
    payment = lock_payment(found.payment_id)
    refund = Refund.objects.select_for_update().get(pk=found.pk)
    refund.order, refund.invoice, refund.payment = order, invoice, payment
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
