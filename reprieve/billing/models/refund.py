"""Refunds: money on its way back, from the wish to the provider's last word."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts.models import Practice
from reprieve.billing.models.charge import Charge
from reprieve.billing.models.credit import CreditEntry
from reprieve.billing.models.invoice import Invoice
from reprieve.billing.models.payable import Payable, payable
from reprieve.billing.models.payment import Payment
from reprieve.cancellations.models import Cancellation
from reprieve.history.exactly_one import exactly_one
from reprieve.lib import money


class RefundState(models.TextChoices):
    """How far a refund is (S6). *Unknown* is what an unclear answer leaves: it is asked again, never sent again."""

    PENDING = "pending", _("Waiting for approval")
    REJECTED = "rejected", _("Rejected")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("On its way")
    UNKNOWN = "unknown", _("Being checked")
    COMPLETED = "completed", _("Refunded")
    FAILED = "failed", _("Failed; will be tried again")
    UNDONE = "undone", _("Undone with the cancellation")


class Refund(models.Model):
    """Some of one payment that goes back. What is not rejected or undone counts against the payment.

    It is of the charge or of the invoice that its payment is for; `cancellation` is what it follows from, also where
    the cancelled case was paid with its invoice. It is sent once approved and not before `send_from`, which lies ahead
    while the cancellation can still be undone. `to_credit` sends it to the practice's store credit, whatever it was
    paid with; `by_hand` has a colleague make it, because the way that the money came is closed. `waived_minor` is what,
    of one that waits, was kept of a case on an invoice: approving it writes a credit note over that.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="refunds")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="refunds")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    cancellation = models.ForeignKey(Cancellation, models.PROTECT, null=True, related_name="refunds")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    waived_minor = models.BigIntegerField(default=0)
    to_credit = models.BooleanField(default=False)
    by_hand = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=RefundState, default=RefundState.PENDING)
    reason = models.CharField(max_length=500, blank=True, default="")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_by_name = models.CharField(max_length=120, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True, default="")
    send_from = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    credit_entry = models.OneToOneField(CreditEntry, models.PROTECT, null=True, related_name="refund")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [
            models.Index(
                fields=["send_from", "id"], condition=Q(state__in=["approved", "failed"]), name="refunds_to_send"
            ),
            models.Index(fields=["state", "asked_at", "id"], name="refunds_by_state"),
            models.Index(fields=["practice", "-asked_at", "-id"], name="refunds_of_practice"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(waived_minor=0)
                | Q(waived_minor__gt=0, waived_minor__lte=F("amount_minor"), state="pending", charge__isnull=False),
                name="refund_waived_while_pending",
            ),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state"),
            models.CheckConstraint(condition=exactly_one("charge", "invoice"), name="refund_of_one_thing"),
            models.CheckConstraint(condition=~Q(to_credit=True, by_hand=True), name="refund_goes_one_way"),
            models.CheckConstraint(condition=Q(send_from__gte=F("asked_at")), name="refund_sent_after_asked"),
            models.CheckConstraint(
                condition=Q(state="completed", completed_at__isnull=False) | ~Q(state="completed"),
                name="refund_completed_when",
            ),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(answer=""), name="refund_rejected_with_answer"),
        ]

    def __str__(self) -> str:
        return f"refund {self.pk}"

    @property
    def waived(self) -> Money:
        """What of it support would waive, while it waits."""
        return money.from_minor(self.waived_minor, self.currency)

    @property
    def amount(self) -> Money:
        return money.from_minor(self.amount_minor, self.currency)

    @property
    def payable(self) -> Payable:
        """What it is a refund of: the charge or the invoice that was paid."""
        return payable(self.charge, self.invoice)

    @property
    def about(self) -> str:
        """R-1042 or INV-1007: what it is a refund of, by the name that people know."""
        return self.payable.name


class RefundAttempt(models.Model):
    """One try at sending a refund. Its key makes the try idempotent at the provider.

    A try that failed for good is never repeated under its key, because providers replay their stored answer: the next
    try is a new row. `provider_id` is unique, so that one refund of the provider is never booked twice. `permanent`
    says that another try fails as well unless somebody helps.
    """

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    gateway = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=120, null=True)  # noqa: DJ001 - no name yet, and names are unique
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=120, blank=True, default="")
    problem = models.CharField(max_length=200, blank=True, default="")
    permanent = models.BooleanField(default=False)

    class Meta:
        ordering = ["refund", "number"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "number"], name="refund_attempt_number"),
            models.UniqueConstraint(fields=["refund"], condition=Q(ended_at=None), name="refund_one_open_attempt"),
            models.UniqueConstraint(fields=["gateway", "provider_id"], name="refund_provider_id_unique"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} at refund {self.refund_id}"
