"""Orders (a lab calls them cases) with their lines, files, pauses and revisions."""

import uuid
from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.catalog.models import Product, Reason
from reprieve.lib import identifiers, money


class Status(models.TextChoices):
    """Where an order stands, in the words of its label."""

    PROCESSING = "processing", _("Processing")
    ON_HOLD = "on_hold", _("On hold")
    IN_PRODUCTION = "in_production", _("In production")
    SHIPPED = "shipped", _("Shipped")
    COMPLETED = "completed", _("Completed")
    INVOICED = "invoiced", _("Invoiced")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")
    SLATED_FOR_DELETION = "slated_for_deletion", _("Slated for deletion")


WORKING: Final = (Status.PROCESSING, Status.ON_HOLD, Status.IN_PRODUCTION)
STANDING_STILL: Final = (Status.PAUSED, Status.SLATED_FOR_DELETION)


class DesignStage(models.TextChoices):
    NOT_STARTED = "not_started", _("Not started")
    STARTED = "started", _("Started")
    COMPLETED = "completed", _("Completed")


class ProductionStage(models.TextChoices):
    """How far fabrication is. Services that end with files never leave the first."""

    NOT_STARTED = "not_started", _("Not started")
    FABRICATING = "fabricating", _("In fabrication")
    READY_TO_SHIP = "ready_to_ship", _("About to ship")


class Order(models.Model):
    """A practice's order. Commands in `reprieve.actions` change it under its lock; nothing else does.

    `version` counts those changes: staff say which version they saw. `status_since` is the instant of the last change
    of status, `charged_at` that at which the order was first charged. What an order was placed with (terms, lines,
    prices) is never changed afterwards.

    The last eight fields, from `families` on, repeat what the order's lines, files, revisions and pauses say and rules
    ask for, so that a rule asks a million orders in one pass over their own rows (decision 0009). The commands keep
    them with those rows; of one order Python reads the rows themselves.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"
    SUBJECT: ClassVar[str] = "order"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="orders")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    patient_reference = models.CharField(_("patient reference"), max_length=60)
    customer_reference = models.CharField(_("your own reference"), max_length=60, blank=True, default="")
    command_key = models.UUIDField(null=True, editable=False)
    note = models.TextField(_("note"), max_length=2000, blank=True, default="")
    requested_delivery = models.DateField(_("requested delivery"), null=True, blank=True)
    payment_terms = models.CharField(max_length=10, choices=PaymentTerms)
    currency = models.CharField(max_length=3)

    status = models.CharField(max_length=20, choices=Status, default=Status.PROCESSING)
    status_since = models.DateTimeField()
    submitted_at = models.DateTimeField()
    design_stage = models.CharField(max_length=12, choices=DesignStage, default=DesignStage.NOT_STARTED)
    production_stage = models.CharField(max_length=14, choices=ProductionStage, default=ProductionStage.NOT_STARTED)
    shipped_at = models.DateTimeField(null=True)
    files_delivered_at = models.DateTimeField(null=True)
    charged_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    families = models.TextField(blank=True, default="", editable=False)
    amount_minor = models.BigIntegerField(default=0)
    fabricated = models.BooleanField(default=False)
    files_submitted = models.BooleanField(default=False)
    revisions_open = models.PositiveIntegerField(default=0)
    pauses_begun = models.PositiveIntegerField(default=0)
    paused_in_all = models.DurationField(default=timedelta)
    paused_from = models.CharField(max_length=20, choices=Status, null=True)  # noqa: DJ001 - it was nowhere

    class Meta:
        ordering = ["-submitted_at", "-pk"]
        indexes = [
            models.Index(fields=["practice", "-submitted_at", "-id"], name="order_list_of_practice"),
            models.Index(fields=["practice", "status", "-submitted_at", "-id"], name="order_list_by_status"),
            models.Index(fields=["-submitted_at", "-id"], name="order_list_of_all"),
            models.Index(fields=["status", "-submitted_at", "-id"], name="order_list_of_all_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "customer_reference"],
                condition=~Q(customer_reference=""),
                name="order_customer_reference_unique",
            ),
            models.UniqueConstraint(fields=["practice", "command_key"], name="order_command_key_unique"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="order_status"),
            models.CheckConstraint(condition=Q(design_stage__in=DesignStage.values), name="order_design_stage"),
            models.CheckConstraint(
                condition=Q(production_stage__in=ProductionStage.values), name="order_production_stage"
            ),
            models.CheckConstraint(
                condition=~Q(production_stage__in=[ProductionStage.FABRICATING, ProductionStage.READY_TO_SHIP])
                | Q(design_stage=DesignStage.COMPLETED),
                name="order_fabricated_after_design",
            ),
            models.CheckConstraint(condition=Q(status_since__gte=F("submitted_at")), name="order_status_since"),
            models.CheckConstraint(condition=Q(payment_terms__in=PaymentTerms.values), name="order_payment_terms"),
            models.CheckConstraint(
                condition=Q(status__in=STANDING_STILL, paused_from__isnull=False, paused_from__in=WORKING)
                | (~Q(status__in=STANDING_STILL) & Q(paused_from=None)),
                name="order_paused_from",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """R-1042: what people read out on the telephone."""
        return identifiers.order_number(self.pk)

    @property
    def total(self) -> Money:
        """The sum of the lines at the prices of the day of the order."""
        return money.from_minor(sum(line.amount_minor for line in self.lines.all()), self.currency)

    @property
    def is_fabricated(self) -> bool:
        """Whether something is made and shipped, rather than files alone delivered."""
        return any(line.fabricated for line in self.lines.all())


class OrderLine(models.Model):
    """One product of an order, as it was when ordered: its name, family and price may change later, this does not."""

    PRACTICE_PATH: ClassVar[str] = "order__practice"

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    product_name = models.CharField(max_length=120)
    family = models.SlugField(max_length=40)
    fabricated = models.BooleanField()
    teeth = models.JSONField(default=list, help_text="Tooth numbers, 1 to 32 (Universal Numbering System).")
    quantity = models.PositiveSmallIntegerField()
    unit_price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price_minor__gte=0), name="line_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_name}"

    @property
    def amount_minor(self) -> int:
        """Quantity times the price at the time, in minor units."""
        return self.quantity * self.unit_price_minor

    @property
    def unit_price(self) -> Money:
        return money.from_minor(self.unit_price_minor, self.currency)

    @property
    def amount(self) -> Money:
        """Quantity times the price at the time."""
        return money.from_minor(self.amount_minor, self.currency)


class FileKind(models.TextChoices):
    SUBMITTED = "submitted", _("From the practice")
    FINAL = "final", _("From the lab")


def random_name(_file: object = None, _original: str = "") -> str:
    """Where a file is stored: a random name that tells nothing and cannot be guessed."""
    name = uuid.uuid4().hex
    return f"orders/{name[:2]}/{name}"


class OrderFile(models.Model):
    """A file of an order. It lies outside the web root and is read only through the access check."""

    PRACTICE_PATH: ClassVar[str] = "order__practice"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10, choices=FileKind)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored = models.FileField(upload_to=random_name, max_length=120)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
            models.CheckConstraint(condition=Q(kind__in=FileKind.values), name="file_kind"),
        ]

    def __str__(self) -> str:
        return self.name


class PauseEnd(models.TextChoices):
    RESUMED = "resumed", _("Resumed")
    CANCELLED = "cancelled", _("Cancelled")
    RESTORED = "restored", _("Restored by staff")


class Pause(models.Model):
    """Why and until when an order stands still. Open while `ended_at` is empty; at most one of an order is.

    `until` is when the pause runs out and the order is slated for deletion; `grace` is how long it then waits before
    it may be purged. Both were fixed by the rules when the pause began.
    """

    PRACTICE_PATH: ClassVar[str] = "order__practice"

    order = models.ForeignKey(Order, models.CASCADE, related_name="pauses")
    reason = models.ForeignKey(Reason, models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paused_by_name = models.CharField(max_length=120)
    decision = models.ForeignKey("policies.DecisionRecord", models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    grace = models.DurationField()
    status_before = models.CharField(max_length=20, choices=Status)
    slated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=10, choices=PauseEnd, blank=True, default="")

    class Meta:
        ordering = ["started_at", "pk"]
        indexes = [models.Index(fields=["until"], condition=Q(ended_at=None), name="pause_running_out")]
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(ended_at=None), name="pause_one_open"),
            models.CheckConstraint(condition=Q(until__gt=F("started_at")), name="pause_until_after_start"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_how="")
                | Q(ended_at__gte=F("started_at"), ended_how__in=PauseEnd.values),
                name="pause_end_has_a_how",
            ),
        ]

    def __str__(self) -> str:
        return f"pause of order {self.order_id}"

    @property
    def override(self) -> bool:
        """Whether staff paused it against the customer's rules."""
        return not self.decision.allows


class Revision(models.Model):
    """A request to change what was designed or made. In progress while `closed_at` is empty."""

    PRACTICE_PATH: ClassVar[str] = "order__practice"

    order = models.ForeignKey(Order, models.CASCADE, related_name="revisions")
    note = models.TextField(blank=True, default="")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    opened_by_name = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="revision_closed_after_opened"
            ),
        ]

    def __str__(self) -> str:
        return f"revision of order {self.order_id}"
