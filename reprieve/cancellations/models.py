"""The cancellation of something: asked for or done at once, decided by a rule or by support, never deleted."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.models import Practice
from reprieve.cancellations.subjects import Subject, noun, number_of, one_of
from reprieve.catalog.models import Reason
from reprieve.history.exactly_one import exactly_one


class CancellationState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for support")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DECLINED = "declined", _("Declined")
    APPROVED = "approved", _("Approved")
    DONE = "done", _("Done at once")
    UNDONE = "undone", _("Undone")


EFFECTIVE = (CancellationState.APPROVED, CancellationState.DONE)


class Cancellation(models.Model):
    """Who asked for what, when and why, under which decision, and how it ended. It is of exactly one subject.

    `decision` is what the rules said when the customer asked; approving uses it as it was then. `answer` is what the
    customer reads when support declines; `staff_note` is for colleagues only. `status_before` is where what was
    cancelled goes back to if that is undone.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="cancellations")
    state = models.CharField(max_length=10, choices=CancellationState)
    reason = models.ForeignKey(Reason, models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")
    decision = models.ForeignKey("policies.DecisionRecord", models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_by_name = models.CharField(max_length=120, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    status_before = models.CharField(max_length=20, blank=True, default="")
    answer = models.TextField(blank=True, default="")
    staff_note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [
            models.Index(fields=["asked_at", "id"], condition=Q(state="requested"), name="cancellation_queue"),
        ]
        constraints = [
            models.CheckConstraint(condition=exactly_one("order"), name="cancellation_of_one_subject"),
            models.UniqueConstraint(fields=["order"], condition=Q(state="requested"), name="cancellation_one_open"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=EFFECTIVE), name="cancellation_one_effective"
            ),
            models.CheckConstraint(condition=Q(state__in=CancellationState.values), name="cancellation_state"),
            models.CheckConstraint(
                condition=Q(state="requested", closed_at=None) | (~Q(state="requested") & Q(closed_at__isnull=False)),
                name="cancellation_closed_unless_requested",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(answer=""), name="cancellation_declined_with_an_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} cancellation of {noun(self.subject)} {number_of(self)}"

    @property
    def subject(self) -> Subject:
        return one_of(self.order)

    @property
    def override(self) -> bool:
        """Whether staff cancelled against the customer's rules, without a request."""
        return self.state == CancellationState.DONE and not self.decision.allows
