"""Stored decision tables: a policy has versions, an activation says which is in force, a record keeps each decision."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Basis(models.TextChoices):
    """Which rules an order follows: those in force when it was submitted, or when somebody asks."""

    SUBMISSION = "submission", _("the rules in force when the order was submitted")
    DECISION = "decision", _("the rules in force when somebody asks")


class Outcome(models.TextChoices):
    """What a table can answer."""

    ALLOW = "allow", _("Allow")
    REQUEST = "request", _("Ask support")
    REFUSE = "refuse", _("Refuse")


class Policy(models.Model):
    """One question that the business answers by a table, such as `order-cancellation`."""

    key = models.SlugField(_("key"), unique=True, max_length=60)
    title = models.CharField(_("title"), max_length=120)
    subject = models.CharField(_("about"), max_length=20)
    action = models.CharField(_("action"), max_length=20)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, default=Basis.DECISION)

    class Meta:
        ordering = ["subject", "key"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["subject", "action"], name="policy_one_per_action"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="policy_basis"),
        ]

    def __str__(self) -> str:
        return self.title


class PolicyVersion(models.Model):
    """A table as it was written. Once published it never changes: a trigger of the database sees to that too.

    `definition` is the table as data (`dmn.table.table_from_data` reads it); `content_hash` is of its canonical form.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    content_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=120, blank=True, default="", help_text="The preset it came from, if any.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["policy", "number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="version_number_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.policy.key} v{self.number}"


class Mode(models.TextChoices):
    """Whether an active version answers, or is only listened to."""

    LIVE = "live", _("Live")
    SHADOW = "shadow", _("Shadow")


class Activation(models.Model):
    """From when until when a version is in force. Going back to an old version is a new activation of it."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="activations")
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="activations")
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.LIVE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["policy", "starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy"], condition=Q(mode="live", ends_at=None), name="activation_one_live"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="activation_mode"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="activation_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} from {self.starts_at:%Y-%m-%d}"


class DecisionRecord(models.Model):
    """A decision that something was done on: the version, the row, the facts, the instant. Rows are only ever added.

    Replaying `facts` at `at` on the version gives `row` and `outputs` again.
    """

    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=20)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    row = models.CharField(max_length=80, blank=True, default="")
    outputs = models.JSONField()
    facts = models.JSONField()
    problem = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["subject", "subject_id", "at"], name="decision_of_subject")]

    def __str__(self) -> str:
        return f"{self.action} of {self.subject} {self.subject_id}: {self.row}"

    @property
    def allows(self) -> bool:
        """Whether the rules said yes."""
        return bool(self.outputs["outcome"] == Outcome.ALLOW)
