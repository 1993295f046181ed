"""What is paid for an order or an invoice, what is still open of it, and what that does to its charges.

Whoever changes a payment of an order, or gives some of it back, holds the order's lock; of an invoice, the invoice's.
All locks of the money are taken in one order, so that no two wait for each other: the invoices' numbers, orders (by
number, where there are several), invoice, the credit notes' numbers, payment, refund, practice. A charge changes only
under its order's lock: who marks an invoice's charges locks all the orders on it first; who cancels one of them holds
only that one, and then locks the invoice alone.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from reprieve.accounts.actors import Actor
from reprieve.billing import credit
from reprieve.billing.documents import as_it_stands
from reprieve.billing.models import (
    Charge,
    ChargeState,
    CreditKind,
    Invoice,
    InvoiceLine,
    Method,
    Payment,
    PaymentState,
)
from reprieve.orders.models import Order, Status

ON_ITS_WAY: Final = (PaymentState.PENDING, PaymentState.AUTHORISED, PaymentState.UNKNOWN)
PAYABLE: Final = (ChargeState.HELD, ChargeState.DUE)


def paid_minor(order: Order, states: Collection[PaymentState] = (PaymentState.PAID,)) -> int:
    """The sum of the order's payments in these states, in minor units: what was paid, whatever went back of it."""
    return sum(payment.amount_minor for payment in order.payments.all() if payment.state in states)


def open_minor(charge: Charge) -> int:
    """What may still be paid for the order itself, with what is on its way counted as paid.

    Nothing of a charge that is on an invoice, billed outside, or never charged.
    """
    if charge.state not in PAYABLE:
        return 0
    return max(charge.total_minor - paid_minor(charge.order, (PaymentState.PAID, *ON_ITS_WAY)), 0)


def refundable_minor(order: Order) -> int:
    """What of the order's own payments may be asked back, in minor units: nothing of a disputed one.

    All that is left once the order is cancelled; before that, what was paid beyond its charge.
    """
    left = sum(payment.left_minor for payment in order.payments.all() if not payment.disputed)
    if order.status == Status.CANCELLED:
        return left
    charge: Charge | None = getattr(order, "charge", None)
    return max(left - charge.total_minor, 0) if charge is not None else 0


def excess_minor(order: Order) -> int:
    """What was paid for the order beyond its charge, in minor units, whatever has gone back of it."""
    charge: Charge | None = getattr(order, "charge", None)
    return max(paid_minor(order) - charge.total_minor, 0) if charge is not None else 0


def spend_credit(charge: Charge, *, actor: Actor, now: datetime) -> Payment | None:
    """Pay as much of a new order's charge from store credit as there is: credit goes first under all terms.

    Locks the practice. None where there is no credit in this currency, or nothing to pay.
    """
    practice = credit.lock_practice(charge.practice_id)
    amount = min(credit.balance_minor(practice.pk, charge.currency), open_minor(charge))
    if amount <= 0:
        return None
    entry = credit.write(practice, CreditKind.SPENT, amount, charge.currency, actor=actor, now=now, order=charge.order)
    return Payment.objects.create(
        practice=practice,
        order=charge.order,
        method=Method.CREDIT,
        currency=charge.currency,
        amount_minor=amount,
        state=PaymentState.PAID,
        credit_entry=entry,
        created_at=now,
        paid_at=now,
    )


def mark_paid(charge: Charge) -> bool:
    """Mark the charge of a locked order as paid if all of it now is. Whether it was marked."""
    if charge.state not in PAYABLE or not charge.total_minor or paid_minor(charge.order) < charge.total_minor:
        return False
    charge.state = ChargeState.PAID
    charge.save(update_fields=["state"])
    return True


def lock_invoice(invoice_id: int) -> Invoice:
    """The invoice and the orders on it, locked until the transaction ends: orders first, as everywhere."""
    orders = Order.objects.filter(charge__invoice_lines__invoice=invoice_id)
    list(Order.objects.select_for_update().filter(pk__in=orders.values("pk")).order_by("pk").values_list("pk"))
    return lock_invoice_alone(invoice_id)


def lock_invoice_alone(invoice_id: int) -> Invoice:
    """The invoice, locked until the transaction ends: what is paid of it, and what goes back, stays as it is.

    For whoever changes no charge but one of an order that they have locked before. No order may be locked afterwards.
    """
    return Invoice.objects.select_for_update().get(pk=invoice_id)


def lock_invoice_of(order: Order) -> Invoice | None:
    """The invoice that the locked order is on, locked as well; None if it is on none."""
    line = InvoiceLine.objects.filter(charge__order=order, corrects=None).order_by().first()
    return lock_invoice_alone(line.invoice_id) if line is not None else None


def open_of_invoice_minor(invoice: Invoice) -> int:
    """What may still be paid for the invoice, with what is on its way counted as paid; below zero: paid too much."""
    coming = Payment.objects.filter(invoice=invoice, state__in=ON_ITS_WAY)
    return as_it_stands(invoice).open_minor - sum(coming.values_list("amount_minor", flat=True))


def mark_invoice_paid(invoice: Invoice) -> None:
    """Mark the charges on a locked invoice as paid if all of it now is."""
    if as_it_stands(invoice).open_minor <= 0:
        charges = Charge.objects.filter(invoice_lines__invoice=invoice, state=ChargeState.INVOICED)
        Charge.objects.filter(pk__in=charges.values("pk")).update(state=ChargeState.PAID)
