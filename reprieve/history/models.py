"""The event: what happened, to what, when and by whom. Rows are only ever added; the database refuses anything else."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """Everything that can happen. `history.sentences` has the words for each."""

    ORDER_PLACED = "order_placed", _("Order placed")
    ORDER_IMPORTED = "order_imported", _("Order imported")
    FILES_ADDED = "files_added", _("Files added")
    DESIGN_STARTED = "design_started", _("Design started")
    DESIGN_COMPLETED = "design_completed", _("Design completed")
    FABRICATION_STARTED = "fabrication_started", _("Fabrication started")
    FABRICATION_FINISHED = "fabrication_finished", _("Fabrication finished")
    ORDER_SHIPPED = "order_shipped", _("Shipped")
    FILES_DELIVERED = "files_delivered", _("Files delivered")
    ORDER_COMPLETED = "order_completed", _("Completed")
    ORDER_INVOICED = "order_invoiced", _("Invoiced")
    ORDER_CHARGED = "order_charged", _("Charged")
    PUT_ON_HOLD = "put_on_hold", _("Put on hold")
    HOLD_RELEASED = "hold_released", _("Hold released")
    REVISION_OPENED = "revision_opened", _("Revision opened")
    REVISION_CLOSED = "revision_closed", _("Revision closed")
    ORDER_CANCELLED = "order_cancelled", _("Cancelled")
    CANCELLATION_REQUESTED = "cancellation_requested", _("Cancellation requested")
    CANCELLATION_WITHDRAWN = "cancellation_withdrawn", _("Cancellation request withdrawn")
    CANCELLATION_APPROVED = "cancellation_approved", _("Cancellation approved")
    CANCELLATION_DECLINED = "cancellation_declined", _("Cancellation declined")
    ORDER_PAUSED = "order_paused", _("Paused")
    ORDER_RESUMED = "order_resumed", _("Resumed")
    PAUSE_ENDED_BY_CANCELLATION = "pause_ended_by_cancellation", _("Pause ended by the cancellation")
    SLATED_FOR_DELETION = "slated_for_deletion", _("Slated for deletion")
    ORDER_RESTORED = "order_restored", _("Restored")
    INVOICE_ISSUED = "invoice_issued", _("Invoice")
    CREDIT_NOTE_ISSUED = "credit_note_issued", _("Credit note")
    PRACTICE_CHANGED = "practice_changed", _("Practice changed")
    CARD_ADDED = "card_added", _("Card added")
    CARD_REMOVED = "card_removed", _("Card removed")
    CREDIT_GRANTED = "credit_granted", _("Store credit granted")
    CREDIT_TAKEN_BACK = "credit_taken_back", _("Store credit taken back")
    CREDIT_SPENT = "credit_spent", _("Paid with store credit")
    CREDIT_RESTORED = "credit_restored", _("Store credit restored")
    PAYMENT_RECEIVED = "payment_received", _("Payment received")
    PAYMENT_AUTHORISED = "payment_authorised", _("Card authorised")
    PAYMENT_RELEASED = "payment_released", _("Card hold released")
    PAYMENT_FAILED = "payment_failed", _("Card payment failed")
    PAYMENT_DISPUTED = "payment_disputed", _("Payment disputed")
    DISPUTE_CLOSED = "dispute_closed", _("Dispute closed")
    PAYMENT_CAME_LATE = "payment_came_late", _("Payment after the cancellation")
    REFUND_DUE = "refund_due", _("Refund due")
    REFUND_REQUESTED = "refund_requested", _("Refund requested")
    REFUND_APPROVED = "refund_approved", _("Refund approved")
    REFUND_REJECTED = "refund_rejected", _("Refund rejected")
    REFUND_COMPLETED = "refund_completed", _("Refunded")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    REFUND_MADE_OUTSIDE = "refund_made_outside", _("Refunded outside of Reprieve")
    REFUND_HELD_BACK = "refund_held_back", _("Refund held back")
    REFUND_REROUTED = "refund_rerouted", _("Refund sent another way")
    CANCELLATION_UNDONE = "cancellation_undone", _("Cancellation undone")
    POLICY_DRAFTED = "policy_drafted", _("Draft started")
    POLICY_REVIEW_ASKED = "policy_review_asked", _("Approval asked for")
    POLICY_TAKEN_BACK = "policy_taken_back", _("Draft taken back")
    POLICY_SENT_BACK = "policy_sent_back", _("Draft sent back")
    DRAFT_DISCARDED = "draft_discarded", _("Draft discarded")
    POLICY_APPROVED = "policy_approved", _("Draft approved")
    POLICY_PUBLISHED = "policy_published", _("Rules published")
    POLICY_ACTIVATED = "policy_activated", _("Rules put in force")
    POLICY_CALLED_OFF = "policy_called_off", _("Rules called off")
    SHADOW_STARTED = "shadow_started", _("Shadow started")
    SHADOW_ENDED = "shadow_ended", _("Shadow ended")


class Event(models.Model):
    """One thing that happened to one subject.

    `subject` and `subject_id` name the row ("order", 42) without a foreign key: history stands below everything that
    has a history. `data` holds what the sentence needs, as it was then, and what tells the subject as it
    was (`orders.as_it_was`); never a customer's note or a file's name: they may name patients.
    """

    type = models.CharField(max_length=40)  # an EventType; without its choices, so that a new one needs no migration
    at = models.DateTimeField()
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    actor_kind = models.CharField(max_length=10)
    actor_name = models.CharField(max_length=120)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    override = models.BooleanField(default=False)
    for_staff_only = models.BooleanField(default=False)
    data = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        indexes = [
            models.Index(fields=["subject", "subject_id", "at", "id"], name="event_of_subject"),
            models.Index(fields=["type", "at"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.subject} {self.subject_id}"
