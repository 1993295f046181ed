"""The rows that carry out what goes back, from the wish on.

A refund's row is written in the transaction of what it follows from, and its amount counted on the payment under the
lock: what is on its way back can go back no second time. How much it is, `billing.quotes` says. Locks are taken in the
order that `billing.payments` tells.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import credit, credit_notes
from reprieve.billing.models import (
    Charge,
    CreditKind,
    InvoiceKind,
    Method,
    Payment,
    Refund,
    RefundState,
)
from reprieve.billing.numbers import lock_numbers
from reprieve.billing.payables import is_for
from reprieve.billing.payments import lock_invoice_alone, lock_invoice_of
from reprieve.billing.quotes import Quote
from reprieve.cancellations import subjects
from reprieve.cancellations.models import Cancellation
from reprieve.cancellations.subjects import OfSubject
from reprieve.history.models import Event
from reprieve.lib.errors import Refused


class RefundMoved(Refused):
    """Somebody, or the provider, has moved the refund on since it was shown."""

    usual_remedy = _("Have a look at it as it is now, then decide again.")


class PaymentDisputed(Refused):
    """The cardholder disputes the payment: a refund would give the money back twice."""

    usual_remedy = _("Wait for the bank's decision; where it goes against you the money is back already.")


def give_back(cancellation: Cancellation, quoted: Quote, *, actor: Actor, now: datetime) -> list[Refund]:
    """Write the refunds of a cancellation that was quoted to act; store credit is restored at once.

    The payments are those that were loaded for the quote, under the locks that are held: nobody else changes them.
    What the rules give, or support on the rules' terms, is sent without further asking, once the time for undoing has
    passed; what follows from a credit note at once, as that cannot be undone. Otherwise, and where the payment is
    disputed, support is asked.
    """
    send_from = now if quoted.credited is not None else now + quoted.terms.undo_window
    held = [*cancellation.subject.charge.payments.all()]
    if quoted.credited is not None:
        held += quoted.credited.line.invoice.payments.all()
    payments = {payment.pk: payment for payment in held}
    found = []
    for part in (*quoted.plan.parts, *quoted.of_invoice):
        payment = payments[part.payment_id]
        is_given = (quoted.is_granted and not payment.disputed) or payment.method == Method.CREDIT
        refund = Refund(
            cancellation=cancellation,
            to_credit=part.to_credit,
            state=RefundState.APPROVED if is_given else RefundState.PENDING,
            reason=cancellation.reason.label,
            send_from=send_from,
        )
        _begin(refund, payment, part.amount_minor, actor=actor, now=now)
        if is_given and part.to_credit:
            _put_onto_credit(refund, actor=actor, now=now)
        found.append(refund)
    Payment.objects.bulk_update([refund.payment for refund in found], ["refunded_minor"])
    return Refund.objects.bulk_create(found)


def lock_payment(payment_id: int) -> Payment:
    """The payment, locked until the transaction ends."""
    return Payment.objects.select_for_update().get(pk=payment_id)


def reserve(refund: Refund, payment: Payment, amount_minor: int, *, actor: Actor, now: datetime) -> None:
    """Save a new refund of a locked payment, of what that was for, and count it there.

    Raises ValueError for more than is left.
    """
    _begin(refund, payment, amount_minor, actor=actor, now=now)
    refund.save(force_insert=True)
    payment.save(update_fields=["refunded_minor", "waived_minor"])


def _begin(refund: Refund, payment: Payment, amount_minor: int, *, actor: Actor, now: datetime) -> None:
    if not 0 < amount_minor <= payment.left_minor:
        raise ValueError("More than was paid and not yet given back.")
    refund.practice_id, refund.payment = payment.practice_id, payment
    is_for(refund, payment.payable)
    refund.currency, refund.amount_minor = payment.currency, amount_minor
    refund.asked_by_id, refund.asked_by_name, refund.asked_at = actor.person_id, actor.name, now
    payment.refunded_minor += amount_minor
    payment.waived_minor += refund.waived_minor


def release(refund: Refund, amount_minor: int) -> None:
    """Take so much of a locked refund off its payment: it will not go back after all. What it waives goes first."""
    waived = min(refund.waived_minor, amount_minor)
    refund.payment.refunded_minor -= amount_minor
    refund.payment.waived_minor -= waived
    refund.payment.save(update_fields=["refunded_minor", "waived_minor"])
    refund.waived_minor -= waived
    refund.save(update_fields=["waived_minor"])


def waive(refund: Refund, charge: Charge, *, actor: Actor, now: datetime) -> list[Event]:
    """Write the credit note over what of a locked refund was kept on an invoice, now that it goes back all the same.

    What is to be recorded of the note.
    """
    waived = refund.waived_minor
    if not waived:
        return []
    refund.payment.waived_minor -= waived
    refund.payment.save(update_fields=["waived_minor"])
    refund.waived_minor = 0
    refund.save(update_fields=["waived_minor"])
    return credit_notes.waive(charge, waived, actor=actor, now=now)


def complete_as_credit(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """Put a refund onto the store credit. It needs no gateway, so it is done with this transaction."""
    _put_onto_credit(refund, actor=actor, now=now)
    refund.save(update_fields=["credit_entry", "state", "completed_at"])


def _put_onto_credit(refund: Refund, *, actor: Actor, now: datetime) -> None:
    kind = CreditKind.RESTORED if refund.payment.method == Method.CREDIT else CreditKind.REFUND
    charge = refund.cancellation.subject.charge if refund.cancellation is not None else refund.charge
    refund.credit_entry = credit.write(
        credit.lock_practice(refund.practice_id),
        kind,
        refund.amount_minor,
        refund.currency,
        actor=actor,
        now=now,
        charge=charge,
        why=refund.about if refund.invoice_id is not None else "",
    )
    refund.state, refund.completed_at = RefundState.COMPLETED, now


def lock_refund(actor: Actor, refund_id: int) -> Refund:
    """The refund with what it is of and its payment, all locked until the transaction ends. Raises NotFound.

    The case that a refund of an invoice follows from is locked first: what is written about it refers to the case, and
    PostgreSQL looks at that row as the transaction ends, when whoever locks the invoice's orders may hold it already.
    """
    found = access.find(actor, Refund, pk=refund_id)
    case: OfSubject | None = found.cancellation or found.charge
    locked = subjects.lock(actor, case) if case is not None else None
    charge = locked.charge if locked is not None and found.charge_id is not None else None
    if charge is not None:
        lock_invoice_of(charge)
    invoice = lock_invoice_alone(found.invoice_id) if found.invoice_id is not None else None
    if found.waived_minor:
        lock_numbers(InvoiceKind.CREDIT_NOTE)  # for the note that approving it writes
    payment = lock_payment(found.payment_id)
    refund = Refund.objects.select_for_update().get(pk=found.pk)
    refund.charge, refund.invoice, refund.payment = charge, invoice, payment
    return refund


def require_refund(refund: Refund, seen: int, *states: RefundState) -> None:
    """Raises RefundMoved unless the refund is in one of the states, and the version is the one that was seen."""
    if refund.version != seen or refund.state not in states:
        raise RefundMoved(
            gettext("This refund is now %(state)s; it has changed since you opened it.")
            % {"state": refund.get_state_display().lower()}
        )


def require_undisputed(payments: Iterable[Payment]) -> None:
    """Raises PaymentDisputed if one of them is disputed."""
    if any(payment.disputed for payment in payments):
        raise PaymentDisputed(gettext("The bank has been told to take this payment back, so it is not refunded now."))


def move(refund: Refund, state: RefundState, *fields: str) -> None:
    """Save a locked refund in another state, with the other fields named, and count its version up."""
    refund.state = state
    refund.version += 1
    refund.save(update_fields=["state", "version", *fields])
