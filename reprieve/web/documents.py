"""Invoices and credit notes behind both doors: one by its name, as a page or a PDF, and what an order is billed."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing.documents import Document, document, named, with_lines
from reprieve.billing.invoice_pdf import render
from reprieve.billing.models import Charge, ChargeState, Invoice, InvoiceKind, InvoiceLine
from reprieve.lib import money
from reprieve.lib.errors import NotFound

DUE = {
    PaymentTerms.PER_CASE: _("To be paid by card"),
    PaymentTerms.WEEKLY: _("Will be on the invoice of its week"),
    PaymentTerms.MONTHLY: _("Will be on the invoice of its month"),
}


@dataclass(frozen=True, slots=True)
class Billed:
    """What an order is billed: its `state` in words, its `invoice` if it is on one, what `notes` have credited."""

    total: Money
    tax: Money | None
    state: str
    invoice: Invoice | None
    notes: list[Invoice]
    credited: Money | None


def document_by_name(actor: Actor, name: str) -> Document:
    """The document behind a name in an address. Raises NotFound, also for another practice's."""
    found = named(with_lines(access.rows(actor, Invoice)), name).first()
    if found is None:
        raise NotFound(gettext("There is no such invoice, or it belongs to another practice."))
    return document(found)


def pdf_of(found: Document) -> HttpResponse:
    response = HttpResponse(render(found), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.invoice.name}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def billed(charge: Charge) -> Billed:
    """What is billed, from what is prefetched of the charge."""
    lines: list[InvoiceLine] = list(charge.invoice_lines.all())
    back_minor = sum(line.total_minor for line in lines if line.corrects_id)
    return Billed(
        total=charge.total,
        tax=money.from_minor(charge.tax_minor, charge.currency) if charge.tax_minor else None,
        state=_state(charge),
        invoice=next((line.invoice for line in lines if line.invoice.kind == InvoiceKind.INVOICE), None),
        notes=[line.invoice for line in lines if line.corrects_id],
        credited=money.from_minor(back_minor, charge.currency) if back_minor else None,
    )


def _state(charge: Charge) -> str:
    if charge.state == ChargeState.DUE:
        return str(DUE[PaymentTerms(charge.terms)])
    return str(ChargeState(charge.state).label)
