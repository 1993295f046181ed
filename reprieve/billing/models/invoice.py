"""Invoices and credit notes. They are never changed: what is wrong with one is put right by a credit note."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.billing.models.charge import Charge
from reprieve.billing.periods import Period
from reprieve.lib import money


class NumberSequence(models.Model):
    """The last number given out. Its row is locked while numbers are taken, so that none is missing or given twice."""

    key = models.CharField(primary_key=True, max_length=20)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key} {self.last}"


class InvoiceKind(models.TextChoices):
    """Which way a document goes."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


PREFIXES: Final = {InvoiceKind.INVOICE: "INV", InvoiceKind.CREDIT_NOTE: "CN"}


class Invoice(models.Model):
    """A document with a number. Amounts are positive; a credit note gives them back.

    An invoice is of one practice's charges of one period, from `period_start` up to and without `period_end`, in the
    calendar of the business. A credit note has no period; `corrects` is the invoice it takes back from.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"
    SUBJECT: ClassVar[str] = "invoice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=11, choices=InvoiceKind)
    number = models.PositiveBigIntegerField()
    terms = models.CharField(max_length=10, choices=PaymentTerms)
    currency = models.CharField(max_length=3)
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="credit_notes")
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0)
    issued_at = models.DateTimeField()
    due_on = models.DateField()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        indexes = [models.Index(fields=["practice", "-issued_at", "-id"], name="invoices_of_practice")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="invoice_number_unique"),
            models.UniqueConstraint(
                fields=["practice", "terms", "currency", "period_start"],
                condition=Q(kind="invoice"),
                name="invoice_once_a_period",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0, tax_minor__gte=0), name="invoice_not_negative"),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects=None, period_end__gt=F("period_start"))
                | Q(kind="credit_note", corrects__isnull=False, period_start=None, period_end=None),
                name="invoice_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """INV-1007 or CN-12: what stands on the document and in the accounts."""
        return f"{PREFIXES[InvoiceKind(self.kind)]}-{self.number}"

    @property
    def period(self) -> Period | None:
        """What an invoice is for; a credit note is for no period."""
        if self.period_start is None or self.period_end is None:
            return None
        return Period(self.period_start, self.period_end)

    @property
    def total_minor(self) -> int:
        """With tax, in minor units."""
        return self.amount_minor + self.tax_minor

    @property
    def amount(self) -> Money:
        """Without tax."""
        return money.from_minor(self.amount_minor, self.currency)

    @property
    def tax(self) -> Money:
        return money.from_minor(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        return money.from_minor(self.total_minor, self.currency)


class InvoiceLine(models.Model):
    """One charge on an invoice, or that part of it that a credit note gives back. `tax_rate` is in percent.

    A charge is on one invoice at most; a credit note's line says which line it corrects.
    """

    PRACTICE_PATH: ClassVar[str] = "invoice__practice"

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    charge = models.ForeignKey(Charge, models.PROTECT, related_name="invoice_lines")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    carried_over_from = models.DateField(null=True, help_text="The first day of the period it would have been in.")
    amount_minor = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    tax_minor = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["invoice", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["charge"], condition=Q(corrects=None), name="charge_on_one_invoice"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, tax_minor__gte=0, tax_rate__gte=0), name="invoice_line_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"line of invoice {self.invoice_id}"

    @property
    def amount(self) -> Money:
        """Without tax."""
        return money.from_minor(self.amount_minor, self.invoice.currency)

    @property
    def tax(self) -> Money:
        return money.from_minor(self.tax_minor, self.invoice.currency)

    @property
    def total(self) -> Money:
        return money.from_minor(self.total_minor, self.invoice.currency)

    @property
    def carried_over(self) -> str:
        """October 2026, or the week of 19 Oct 2026: the period that it would have been in."""
        if self.carried_over_from is None:
            return ""
        if self.invoice.terms == PaymentTerms.MONTHLY:
            return date_format(self.carried_over_from, "YEAR_MONTH_FORMAT")
        return gettext("the week of %s") % date_format(self.carried_over_from, "DATE_FORMAT")

    @property
    def total_minor(self) -> int:
        """With tax, in minor units."""
        return self.amount_minor + self.tax_minor
