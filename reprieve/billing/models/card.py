"""Cards that a provider keeps for a practice. What is kept here tells people which card it is, and pays nothing."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from reprieve.accounts.models import Practice


class CardHolder(models.Model):
    """What a provider calls a practice. Its cards there hang on this name."""

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="card_holders")
    gateway = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "gateway"], name="card_holder_one_a_practice"),
            models.UniqueConstraint(fields=["gateway", "provider_id"], name="card_holder_unique"),
        ]

    def __str__(self) -> str:
        return f"holder {self.pk}"


class Card(models.Model):
    """A card to pay with, until it is removed. `source` is the gateway's name for it.

    At most one of a practice's cards is the one that is used unless another is chosen.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="cards")
    gateway = models.CharField(max_length=20)
    source = models.CharField(max_length=250)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    expires_month = models.PositiveSmallIntegerField()
    expires_year = models.PositiveSmallIntegerField()
    is_default = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    added_by_name = models.CharField(max_length=120)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "source"], name="card_source_unique"),
            models.UniqueConstraint(
                fields=["practice"], condition=Q(is_default=True, removed_at=None), name="card_one_default"
            ),
            models.CheckConstraint(condition=Q(expires_month__range=(1, 12)), name="card_expires_month"),
        ]

    def __str__(self) -> str:
        return f"{self.brand.title()} ·· {self.last4}"

    @property
    def expires(self) -> str:
        """04/29, as it stands on the card."""
        return f"{self.expires_month:02}/{self.expires_year % 100:02}"


class CardSetup(models.Model):
    """A visit to the provider's page to write a card down. It is over when it has brought a card.

    `provider_id` is the provider's name for the page, empty until the provider has answered.
    """

    PRACTICE_PATH: ClassVar[str] = "practice"

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider_id = models.CharField(max_length=250, blank=True, default="")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    card = models.ForeignKey(Card, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"visit {self.pk}"
