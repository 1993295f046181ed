"""Loading what is known of charges' money, for any number of them in as few queries as may be."""

from collections.abc import Sequence

from django.db.models import Prefetch, prefetch_related_objects

from reprieve.billing.documents import with_amounts
from reprieve.billing.models import Charge, ChargeState, InvoiceLine, Payment
from reprieve.cancellations.subjects import is_cancelled

MAY_BE_INVOICED = (ChargeState.INVOICED, ChargeState.PAID)


def load_money(charges: Sequence[Charge]) -> None:
    """Payments, and the lines of invoices with their invoices' amounts and payments: all that `quote` reads.

    Lines are not looked for where no charge can be on an invoice, nor an invoice's payments for what is cancelled.
    """
    lines = InvoiceLine.objects.none()
    if any(charge.state in MAY_BE_INVOICED for charge in charges):
        lines = with_amounts(InvoiceLine.objects.select_related("invoice"), invoice="invoice")
    payments = Payment.objects.select_related("card").order_by("created_at", "pk")
    prefetch_related_objects(charges, Prefetch("payments", payments), Prefetch("invoice_lines", lines))
    quoted = [line for charge in charges if not is_cancelled(charge.subject) for line in charge.invoice_lines.all()]
    prefetch_related_objects([line.invoice for line in quoted if line.corrects_id is None], "payments")
