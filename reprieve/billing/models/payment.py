"""Payments: what a practice has paid for a charge itself, or for an invoice."""

import uuid
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts.models import Practice
from reprieve.billing.models.card import Card
from reprieve.billing.models.charge import Charge
from reprieve.billing.models.credit import CreditEntry
from reprieve.billing.models.invoice import Invoice
from reprieve.billing.models.payable import Payable, payable
from reprieve.history.exactly_one import exactly_one
from reprieve.lib import money


class Method(models.TextChoices):
    CARD = "card", _("Card")
    CREDIT = "credit", _("Store credit")
    MANUAL = "manual", _("Bank transfer, cheque or cash")


class PaymentState(models.TextChoices):
    """How far a payment is. *Unknown* is what an unclear answer of the provider leaves: it is asked again."""

    PENDING = "pending", _("On its way")
    AUTHORISED = "authorised", _("Authorised")
    UNKNOWN = "unknown", _("Being checked")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed")
    RELEASED = "released", _("Released")


ON_ITS_WAY: Final = (PaymentState.PENDING, PaymentState.AUTHORISED, PaymentState.UNKNOWN)


class Payment(models.Model):
    """Money of one practice for one charge or one invoice.

    `fee_minor` is what the provider kept of it. `refunded_minor` is what was given back or is on its way back: the
    database lets it never exceed the payment. `provider_id` is the provider's name for it, unique per gateway;
    `reference` is what stands on a bank statement, and several payments may share one.

    A card payment is one try with one card, under one `key` that makes it idempotent at the provider: what was declined
    is never asked for again under it. `asked_at` says that the provider may know of it; `authorise_first` that the
    amount is only reserved, until the business captures it. `waived_minor` is what of `refunded_minor` waits
    for support to waive it (`Refund.waived_minor`).
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="payments")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="payments")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="payments")
    method = models.CharField(max_length=6, choices=Method)
    card = models.ForeignKey(Card, models.PROTECT, null=True, related_name="payments")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    authorise_first = models.BooleanField(default=False)
    gateway = models.CharField(max_length=20, blank=True, default="")
    provider_id = models.CharField(max_length=120, null=True)  # noqa: DJ001 - no name yet, and names are unique
    reference = models.CharField(max_length=120, blank=True, default="")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    waived_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=PaymentState)
    disputed = models.BooleanField(default=False)
    credit_entry = models.OneToOneField(CreditEntry, models.PROTECT, null=True, related_name="payment")
    problem = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["practice", "-created_at", "-id"], name="payments_of_practice")]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "provider_id"], name="payment_provider_id_unique"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, fee_minor__gte=0), name="payment_amounts"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="payment_refunds_within",
            ),
            models.CheckConstraint(
                condition=Q(waived_minor__gte=0, waived_minor__lte=F("refunded_minor")), name="payment_waived_within"
            ),
            models.CheckConstraint(condition=exactly_one("charge", "invoice"), name="payment_for_one_thing"),
            models.CheckConstraint(
                condition=Q(method="credit", credit_entry__isnull=False) | ~Q(method="credit"),
                name="payment_by_credit_has_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False) | ~Q(state="paid"), name="payment_paid_when"
            ),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="payment_method"),
            models.CheckConstraint(condition=Q(refunded_minor=0) | Q(state="paid"), name="payment_refunded_if_paid"),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(card__isnull=False, state__in=ON_ITS_WAY),
                name="payment_of_invoice_one_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk}"

    @property
    def payable(self) -> Payable:
        return payable(self.charge, self.invoice)

    @property
    def amount(self) -> Money:
        return money.from_minor(self.amount_minor, self.currency)

    @property
    def left_minor(self) -> int:
        """What can still be given back, in minor units."""
        return self.amount_minor - self.refunded_minor if self.state == PaymentState.PAID else 0
