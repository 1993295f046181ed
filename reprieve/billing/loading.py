"""Loading what is known of charges' money, for any number of them in as few queries as may be."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects

from reprieve.billing.documents import with_amounts
from reprieve.billing.models import Charge, ChargeState, InvoiceLine, Payment
from reprieve.billing.payments import lock_invoice_of
from reprieve.cancellations.subjects import Subject, is_cancelled

MAY_BE_INVOICED = (ChargeState.INVOICED, ChargeState.PAID)


def load_money(charges: Sequence[Charge], *, are_paid_for: bool = True) -> None:
    """Payments, and the lines of invoices with their invoices' amounts and payments: all that `quote` reads.

    Lines are not looked for where no charge can be on an invoice, nor an invoice's payments for what is cancelled, nor
    payments where it is known that there are none.
    """
    lines = InvoiceLine.objects.none()
    if any(charge.state in MAY_BE_INVOICED for charge in charges):
        lines = with_amounts(InvoiceLine.objects.select_related("invoice"), invoice="invoice")
    payments = Payment.objects.select_related("card").order_by("created_at", "pk")
    payments = payments if are_paid_for else payments.none()
    prefetch_related_objects(charges, Prefetch("payments", payments), Prefetch("invoice_lines", lines))
    quoted = [line for charge in charges if not is_cancelled(charge.subject) for line in charge.invoice_lines.all()]
    prefetch_related_objects([line.invoice for line in quoted if line.corrects_id is None], "payments")


def load_charge(subject: Subject) -> Charge:
    """The charge of what is locked with its money, read under the lock and under that of the invoice that it is on."""
    paid_for = Exists(Payment.objects.filter(charge=OuterRef("pk")))
    prefetch_related_objects([subject], Prefetch("charge", Charge.objects.annotate(is_paid_for=paid_for)))
    charge = subject.charge
    if charge.state in MAY_BE_INVOICED:
        lock_invoice_of(charge)
    load_money([charge], are_paid_for=charge.is_paid_for)  # type: ignore[attr-defined]
    return charge
