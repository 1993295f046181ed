"""Invoices and credit notes as their readers find them: by name, with what is still open of them."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.billing.models import Invoice, InvoiceKind, InvoiceLine, Payment, PaymentState
from reprieve.billing.models.invoice import PREFIXES
from reprieve.lib import money

NAME: Final = re.compile(r"(INV|CN)-?(\d{1,15})", re.IGNORECASE | re.ASCII)
KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()}


class DocumentState(models.TextChoices):
    """How far a document is. A credit note is *issued*, and that is all there is to it."""

    OPEN = "open", _("Open")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")
    ISSUED = "issued", _("Issued")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice with what became of it, in minor units, with tax.

    Attributes:
        credited_minor: what its credit notes take back.
        paid_before_minor: what had been paid for its charges themselves, store credit above all, and has not gone back.
        paid_minor: what was paid for the invoice, and has not gone back.
    """

    invoice: Invoice
    credited_minor: int
    paid_before_minor: int
    paid_minor: int

    @property
    def open_minor(self) -> int:
        """What is still to be paid; below zero where more was paid than the credit notes leave.

        What is on its way back, or waits for support to say so, counts as gone.
        """
        if self.invoice.kind == InvoiceKind.CREDIT_NOTE:
            return 0
        return self.invoice.total_minor - self.credited_minor - self.paid_before_minor - self.paid_minor

    @property
    def overpaid_minor(self) -> int:
        """What was paid beyond what the credit notes leave, and is not yet on its way back."""
        return max(-self.open_minor, 0)

    @property
    def state(self) -> DocumentState:
        if self.invoice.kind == InvoiceKind.CREDIT_NOTE:
            return DocumentState.ISSUED
        if self.open_minor > 0:
            return DocumentState.OPEN
        return DocumentState.CREDITED if 0 < self.invoice.total_minor <= self.credited_minor else DocumentState.PAID

    @property
    def credited(self) -> Money:
        return self._money(self.credited_minor)

    @property
    def paid_before(self) -> Money:
        """What had been paid for its charges themselves."""
        return self._money(self.paid_before_minor)

    @property
    def paid(self) -> Money:
        return self._money(self.paid_minor)

    @property
    def open(self) -> Money:
        """What is still to be paid, never below nothing."""
        return self._money(max(self.open_minor, 0))

    @property
    def owed_back(self) -> Money:
        """What was paid beyond what the credit notes leave, and is not yet on its way back."""
        return self._money(self.overpaid_minor)

    def _money(self, minor: int) -> Money:
        return money.from_minor(minor, self.invoice.currency)


def named(rows: QuerySet[Invoice], name: str) -> QuerySet[Invoice]:
    """The one of the rows that has this name, such as INV-1007; forgiving about case and the dash."""
    found = NAME.fullmatch(name.strip())
    if found is None:
        return rows.none()
    return rows.filter(kind=KINDS[found[1].upper()], number=int(found[2]))


def with_amounts[M: models.Model](rows: QuerySet[M], invoice: str = "pk") -> QuerySet[M]:
    """The rows with what `document` needs, in the same query: invoices, or what has one in the field that is named."""
    notes = Invoice.objects.filter(corrects=OuterRef(invoice)).order_by().values("corrects")
    paid = Payment.objects.filter(state=PaymentState.PAID).order_by()
    of_charges = paid.filter(charge__invoice_lines__invoice=OuterRef(invoice))
    left = Sum(F("amount_minor") - F("refunded_minor") + F("waived_minor"))
    return rows.annotate(  # type: ignore[return-value]  # the stubs forget the model
        credited_minor=_sum(notes.annotate(sum=Sum(F("amount_minor") + F("tax_minor")))),
        paid_before_minor=_sum(of_charges.values("charge__invoice_lines__invoice").annotate(sum=left)),
        paid_minor=_sum(paid.filter(invoice=OuterRef(invoice)).values("invoice").annotate(sum=left)),
    )


def document(row: Invoice | InvoiceLine) -> Document:
    """The document of a row of `with_amounts`."""
    return Document(
        invoice=row if isinstance(row, Invoice) else row.invoice,
        credited_minor=int(row.credited_minor),  # type: ignore[union-attr]
        paid_before_minor=int(row.paid_before_minor),  # type: ignore[union-attr]
        paid_minor=int(row.paid_minor),  # type: ignore[union-attr]
    )


def as_it_stands(invoice: Invoice) -> Document:
    """The document of any row, asked for anew."""
    return document(with_amounts(Invoice.objects.filter(pk=invoice.pk)).get())


def as_loaded(line: InvoiceLine) -> Document:
    """The document that a line is of: of a row of `with_amounts`, asked for anew where it is another."""
    return document(line) if hasattr(line, "credited_minor") else as_it_stands(line.invoice)


def with_lines(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    lines = InvoiceLine.objects.select_related("charge__order").prefetch_related("charge__order__lines")
    return with_amounts(rows).select_related("practice", "corrects").prefetch_related(Prefetch("lines", lines))


def _sum(rows: "QuerySet[Any, Any]") -> Coalesce:
    return Coalesce(Subquery(rows.values("sum")[:1]), Value(0), output_field=models.BigIntegerField())
