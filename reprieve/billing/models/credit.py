"""Store credit: a ledger of what was granted, spent and given back. The balance is its sum."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts.models import Practice
from reprieve.billing.models.charge import Charge
from reprieve.lib import money


class CreditKind(models.TextChoices):
    GRANT = "grant", _("Granted")
    SPENT = "spent", _("Spent on a case")
    RESTORED = "restored", _("Restored")
    REFUND = "refund", _("Refunded as store credit")
    TAKEN_BACK = "taken_back", _("Taken back")


ADDS = (CreditKind.GRANT, CreditKind.RESTORED, CreditKind.REFUND)


class CreditEntry(models.Model):
    """One change of a practice's balance in one currency. Rows are only ever added.

    `number` counts the practice's entries in that currency without a gap, and `balance_minor` is the sum up to this
    one: two entries written at once collide on the number, and an overdrawn balance on its constraint. `command_key` is
    that of the form which staff sent, so that sending it twice writes one entry.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="credit_entries")
    currency = models.CharField(max_length=3)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=CreditKind)
    amount_minor = models.BigIntegerField(help_text="Above zero where it adds to the balance, below where it takes.")
    balance_minor = models.BigIntegerField()
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=120)
    at = models.DateTimeField()
    command_key = models.UUIDField(null=True, editable=False)

    class Meta:
        ordering = ["practice", "currency", "number"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "currency", "number"], name="credit_number_unique"),
            models.UniqueConstraint(fields=["practice", "command_key"], name="credit_command_key_unique"),
            models.CheckConstraint(condition=Q(balance_minor__gte=0), name="credit_never_overdrawn"),
            models.CheckConstraint(
                condition=Q(kind__in=ADDS, amount_minor__gt=0)
                | Q(kind__in=[CreditKind.SPENT, CreditKind.TAKEN_BACK], amount_minor__lt=0),
                name="credit_sign_follows_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"

    @property
    def amount(self) -> Money:
        """The change, with its sign."""
        return money.from_minor(self.amount_minor, self.currency)

    @property
    def balance(self) -> Money:
        return money.from_minor(self.balance_minor, self.currency)
