"""What is paid for a charge or an invoice, what is still open of it, and what that does to its charges.

Whoever changes a payment of a charge, or gives some of it back, holds the lock of what that is of, such as its order:
that is a *locked charge*. Of an invoice it is the invoice's.
All locks of the money are taken in one order, so that no two wait for each other: the invoices' numbers, orders (by
number, where there are several), invoice, the credit notes' numbers, payment, refund, practice. A charge changes only
under its order's lock: who marks an invoice's charges locks all the orders on it first; who cancels one of them holds
only that one, and then locks the invoice alone.
"""

from collections.abc import Collection
from typing import Final

from reprieve.billing.charges import lock_all
from reprieve.billing.documents import as_it_stands
from reprieve.billing.models import (
    Charge,
    ChargeState,
    Invoice,
    PaymentState,
)
from reprieve.cancellations.subjects import is_cancelled

PAYABLE: Final = (ChargeState.HELD, ChargeState.DUE)


def paid_minor(charge: Charge, states: Collection[PaymentState] = (PaymentState.PAID,)) -> int:
    """The sum of the charge's payments in these states, in minor units: what was paid, whatever went back of it."""
    return sum(payment.amount_minor for payment in charge.payments.all() if payment.state in states)


def refundable_minor(charge: Charge) -> int:
    """What of the charge's own payments may be asked back, in minor units: nothing of a disputed one.

    All that is left once it is cancelled; before that, what was paid beyond the charge.
    """
    left = sum(payment.left_minor for payment in charge.payments.all() if not payment.disputed)
    return left if is_cancelled(charge.subject) else max(left - charge.total_minor, 0)


def excess_minor(charge: Charge) -> int:
    """What was paid beyond the charge, in minor units, whatever has gone back of it."""
    return max(paid_minor(charge) - charge.total_minor, 0)


def mark_paid(charge: Charge) -> bool:
    """Mark the locked charge as paid if all of it now is. Whether it was marked."""
    if charge.state not in PAYABLE or not charge.total_minor or paid_minor(charge) < charge.total_minor:
        return False
    charge.state = ChargeState.PAID
    charge.save(update_fields=["state"])
    return True


def lock_invoice(invoice_id: int) -> Invoice:
    """The invoice and what it is about, locked until the transaction ends: the orders first, as everywhere."""
    lock_all(Charge.objects.filter(invoice_lines__invoice=invoice_id))
    return lock_invoice_alone(invoice_id)


def lock_invoice_alone(invoice_id: int) -> Invoice:
    """The invoice, locked until the transaction ends: what is paid of it, and what goes back, stays as it is.

    For whoever changes no charge but one of an order that they have locked before. No order may be locked afterwards.
    """
    return Invoice.objects.select_for_update().get(pk=invoice_id)


def lock_invoice_of(charge: Charge) -> Invoice | None:
    """The invoice that the locked charge is on, locked as well; None if it is on none."""
    found = Invoice.objects.select_for_update(of=("self",)).order_by()
    return found.filter(lines__charge=charge, lines__corrects=None).first()


def mark_invoice_paid(invoice: Invoice) -> None:
    """Mark the charges on a locked invoice as paid if all of it now is."""
    if as_it_stands(invoice).open_minor <= 0:
        charges = Charge.objects.filter(invoice_lines__invoice=invoice, state=ChargeState.INVOICED)
        Charge.objects.filter(pk__in=charges.values("pk")).update(state=ChargeState.PAID)
