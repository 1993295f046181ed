"""What the business offers: product families, products with prices, and the reasons that people choose from."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.lib import money


def business_currency() -> str:
    """The currency of prices unless they say otherwise."""
    return settings.BUSINESS_CURRENCY


class ProductFamily(models.Model):
    """A kind of product that rules can tell apart. The key is what decision tables name; it never changes."""

    key = models.SlugField(_("key"), unique=True, max_length=40)
    name = models.CharField(_("name"), max_length=80)
    fabricated = models.BooleanField(
        _("made and shipped"), default=True, help_text=_("Switch off for services that end with files, such as design.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "product families"

    def __str__(self) -> str:
        return self.name


class PricedPer(models.TextChoices):
    TOOTH = "tooth", _("per tooth")
    ARCH = "arch", _("per arch")
    CASE = "case", _("per case")


class Product(models.Model):
    name = models.CharField(_("name"), max_length=120)
    family = models.ForeignKey(ProductFamily, models.PROTECT, related_name="products", verbose_name=_("family"))
    priced_per = models.CharField(_("priced"), max_length=5, choices=PricedPer, default=PricedPer.TOOTH)
    price_minor = models.BigIntegerField(_("price"))
    currency = models.CharField(_("currency"), max_length=3, default=business_currency)
    active = models.BooleanField(_("can be ordered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["family__position", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="product_name_unique"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(priced_per__in=PricedPer.values), name="product_priced_per"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        """The price of one unit today; orders keep the price of their day."""
        return money.from_minor(self.price_minor, self.currency)


class ReasonFor(models.TextChoices):
    CANCEL = "cancel", _("Cancelling an order")
    PAUSE = "pause", _("Pausing an order")


class Reason(models.Model):
    """A reason to choose from. The key is what decision tables and reports name."""

    reason_for = models.CharField(_("for"), max_length=10, choices=ReasonFor)
    key = models.SlugField(_("key"), max_length=40)
    label = models.CharField(_("label"), max_length=120)
    is_other = models.BooleanField(_("is “Other”"), default=False, help_text=_("Asks for the customer's own words."))
    note_required = models.BooleanField(_("a note is required"), default=False)
    active = models.BooleanField(_("can be chosen"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["reason_for", "is_other", "position", "label"]
        constraints = [
            models.UniqueConstraint(fields=["reason_for", "key"], name="reason_key_unique"),
            models.UniqueConstraint(fields=["reason_for"], condition=Q(is_other=True), name="reason_one_other"),
            models.CheckConstraint(
                condition=Q(is_other=False) | Q(note_required=True), name="reason_other_needs_words"
            ),
        ]

    def __str__(self) -> str:
        return self.label
