"""The charge: what something costs its practice, and how far that is from being paid. It is the handle of the money."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.cancellations.subjects import Subject, number_of, one_of
from reprieve.history.exactly_one import exactly_one
from reprieve.lib import money


class ChargeState(models.TextChoices):
    """How far a charge is. *Outside* is what staff say is invoiced: by another system, so no run bills it again."""

    HELD = "held", _("Held while the case is paused")
    DUE = "due", _("To be billed")
    INVOICED = "invoiced", _("On an invoice")
    PAID = "paid", _("Paid")
    VOIDED = "voided", _("Never charged")
    OUTSIDE = "outside", _("Billed outside of Reprieve")


class Charge(models.Model):
    """One of each order, at the prices and on the terms of the day it was placed.

    Payments, refunds and lines of invoices are of the charge, whatever that is of.

    It may be billed from `billable_from` on: from the placing, and after a pause from the resuming (D8).
    `first_billable_from` stays, so that an invoice can say from when a charge was carried over.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    order = models.OneToOneField("orders.Order", models.PROTECT, null=True, related_name="charge")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    terms = models.CharField(max_length=10, choices=PaymentTerms)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, help_text="In percent.")
    tax_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=ChargeState, default=ChargeState.DUE)
    first_billable_from = models.DateTimeField()
    billable_from = models.DateTimeField()

    class Meta:
        ordering = ["billable_from", "pk"]
        indexes = [
            models.Index(
                fields=["terms", "currency", "practice", "billable_from"],
                condition=Q(state="due"),
                name="charge_to_be_billed",
            ),
            models.Index(fields=["practice", "-billable_from", "-id"], name="charge_of_practice"),
            models.Index(fields=["id"], condition=Q(state="invoiced"), name="charge_on_an_unpaid_invoice"),
        ]
        constraints = [
            models.CheckConstraint(condition=exactly_one("order"), name="charge_of_one_subject"),
            models.CheckConstraint(condition=Q(state__in=ChargeState.values), name="charge_state"),
            models.CheckConstraint(condition=Q(terms__in=PaymentTerms.values), name="charge_terms"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, tax_rate__gte=0, tax_minor__gte=0), name="charge_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(billable_from__gte=F("first_billable_from")), name="charge_billable_never_earlier"
            ),
        ]

    def __str__(self) -> str:
        return f"charge {self.pk}"

    @property
    def subject(self) -> Subject:
        return one_of(self.order)

    @property
    def name(self) -> str:
        """R-1042: what people call it by, which is what it is the charge of."""
        return number_of(self)

    @property
    def total_minor(self) -> int:
        """The amount with its tax."""
        return self.amount_minor + self.tax_minor

    @property
    def total(self) -> Money:
        return money.from_minor(self.total_minor, self.currency)
