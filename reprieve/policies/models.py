"""Stored decision tables: a draft becomes a version, an activation puts it in force, a record keeps each decision."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Basis(models.TextChoices):
    """Whom a version answers: what was submitted while it was in force, or whoever asks while it is."""

    SUBMISSION = "submission", _("the rules in force when the order was submitted")
    DECISION = "decision", _("the rules in force when somebody asks")


class Outcome(models.TextChoices):
    ALLOW = "allow", _("Allow")
    REQUEST = "request", _("Ask support")
    REFUSE = "refuse", _("Refuse")


class Policy(models.Model):
    """One question that the business answers by a table, such as `order-cancellation`."""

    SUBJECT: ClassVar[str] = "policy"

    key = models.SlugField(_("key"), unique=True, max_length=60)
    title = models.CharField(_("title"), max_length=120)
    subject = models.CharField(_("about"), max_length=20)
    action = models.CharField(_("action"), max_length=20)

    class Meta:
        ordering = ["subject", "key"]
        verbose_name_plural = "policies"
        constraints = [models.UniqueConstraint(fields=["subject", "action"], name="policy_one_per_action")]

    def __str__(self) -> str:
        return self.title


class Written(models.Model):
    """Rules as they are written, in a draft and in a version alike.

    `definition` is the table as data (`dmn.table.table_from_data` reads it); `content_hash` is of its canonical form.
    `scenarios` are examples that must hold, as data (`policies.evidence.scenarios` reads them). `dmn_ids` are the ids
    that the elements had in the DMN file it was imported from, if any.
    """

    basis = models.CharField(_("basis"), max_length=10, choices=Basis, default=Basis.DECISION)
    definition = models.JSONField()
    content_hash = models.CharField(max_length=64)
    scenarios = models.JSONField(default=list)
    dmn_ids = models.JSONField(default=dict)
    why = models.TextField(_("what it changes, and why"), max_length=2000, blank=True, default="")

    class Meta:
        abstract = True


class PolicyVersion(Written):
    """Rules as they were published. They never change: a trigger of the database sees to that too."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=120, blank=True, default="", help_text="The preset it came from, if any.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["policy", "number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="version_number_unique"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="version_basis"),
            models.CheckConstraint(
                condition=Q(approver=None) | Q(author=None) | ~Q(approver=F("author")),
                name="version_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy.key} v{self.number}"


class DraftState(models.TextChoices):
    EDITING = "editing", _("Being written")
    IN_REVIEW = "in_review", _("Waiting for approval")
    PUBLISHED = "published", _("Published")
    DISCARDED = "discarded", _("Discarded")


class Draft(Written):
    """Rules that are being written. Commands change it under its lock; `version` counts the changes.

    Whoever changed it or asked for its approval is among its `editors`, and none of them may approve it. `seen` is the
    simulation that was on the screen of whoever asked. An answer other than approval sends it back with a reason.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="drafts")
    based_on = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=DraftState, default=DraftState.EDITING)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    editors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    seen = models.ForeignKey("policies.Simulation", models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(max_length=2000, blank=True, default="")
    published = models.OneToOneField(PolicyVersion, models.PROTECT, null=True, related_name="draft")

    class Meta:
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DraftState.values), name="draft_state"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="draft_basis"),
            models.CheckConstraint(
                condition=Q(state=DraftState.PUBLISHED, published__isnull=False)
                | (~Q(state=DraftState.PUBLISHED) & Q(published=None)),
                name="draft_published_as_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.policy.key}"


class Mode(models.TextChoices):
    """Whether an active version answers, or is only listened to."""

    LIVE = "live", _("Live")
    SHADOW = "shadow", _("Shadow")


class Activation(models.Model):
    """From when until when a version is in force. Going back to an old version is a new activation of it.

    It ends before `ends_at`, of which None is without end. One that was called off ends where it starts, and so never
    is in force. Rows are never deleted, and nothing of them but their end changes; those of one policy and mode never
    overlap (both held by the database, see its migration 0002).
    """

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
            models.UniqueConstraint(
                fields=["policy"], condition=Q(mode="shadow", ends_at=None), name="activation_one_shadow"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="activation_mode"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="activation_ends_not_before_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} from {self.starts_at:%Y-%m-%d}"

    @property
    def is_called_off(self) -> bool:
        """Whether it was called off before it began."""
        return self.ends_at == self.starts_at

    def is_in_force(self, at: datetime) -> bool:
        """Whether it has begun and is not over at that instant, live or as a shadow."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


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
        return bool(self.outputs["outcome"] == Outcome.ALLOW)


class ShadowAnswer(models.Model):
    """What a version that is only listened to would have said, beside the decision that was made. Only ever added.

    `agrees` says that its outputs are the same. Where it could not answer, `problem` says why and `outputs` is empty.
    """

    record = models.ForeignKey(DecisionRecord, models.PROTECT, related_name="shadows")
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    agrees = models.BooleanField()
    row = models.CharField(max_length=80, blank=True, default="")
    outputs = models.JSONField()
    facts = models.JSONField()
    problem = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["record", "version"], name="shadow_answers_once")]
        indexes = [models.Index(fields=["version", "agrees"], name="shadow_of_version")]

    def __str__(self) -> str:
        return f"shadow {self.version} on decision {self.record_id}"


class SimulationState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Simulation(models.Model):
    """What a draft would have decided over a period of the past, beside the version in force; kept with the draft.

    It is of the draft as it then was (`content_hash`) and of the version then in force (`against`, None if none was):
    where either has changed, it no longer says what approval needs to know. `result` is data that
    `policies.evidence.simulation` writes and reads. `sign_at` is the last sign of life of whoever runs it.
    """

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="simulations")
    content_hash = models.CharField(max_length=64)
    against = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=SimulationState, default=SimulationState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    sign_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    problem = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SimulationState.values), name="simulation_state"),
            models.CheckConstraint(condition=Q(period_to__gt=F("period_from")), name="simulation_period"),
        ]

    def __str__(self) -> str:
        return f"simulation {self.pk} of draft {self.draft_id}"
