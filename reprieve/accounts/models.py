"""Practices, and the people and staff who sign in."""

import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reprieve.lib import identifiers

LONGEST_NAME = 120
LONGEST_EMAIL = 254


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless `name` is an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone such as Europe/Berlin."), params={"name": name})


def business_time_zone() -> str:
    """Where people are unless they say otherwise."""
    return settings.BUSINESS_TIME_ZONE


class PaymentTerms(models.TextChoices):
    """When a practice pays; each order keeps the terms that were in force when it was placed."""

    PER_CASE = "per_case", _("Pay per case by card")
    WEEKLY = "weekly", _("Weekly autopay")
    MONTHLY = "monthly", _("Monthly invoice")


class StaffRole(models.TextChoices):
    """What a member of staff does; `accounts.access` says what each may."""

    SUPPORT = "support", _("Support")
    PRODUCTION = "production", _("Production")
    MANAGER = "manager", _("Manager")


class Practice(models.Model):
    """A customer account. Its people share its orders, and see nobody else's.

    It chooses its name itself, and two may choose the same; what tells practices apart is the number.
    """

    PRACTICE_PATH: ClassVar[str] = "pk"
    SUBJECT: ClassVar[str] = "practice"

    name = models.CharField(_("name"), max_length=120)
    plan = models.SlugField(_("plan"), default="standard", help_text=_("A rule can ask for it."))
    tags = models.JSONField(_("tags"), default=list, blank=True, help_text=_("Words that a rule can ask for."))
    payment_terms = models.CharField(
        _("payment terms"), max_length=10, choices=PaymentTerms, default=PaymentTerms.PER_CASE
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(payment_terms__in=PaymentTerms.values), name="practice_payment_terms"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """P-1007: what stands in a file of orders, and what people read out on the telephone."""
        return identifiers.practice_number(self.pk)


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":  # noqa: ANN401
        """A person of a practice (`practice=`) or of staff (`staff_role=`). The address is tidy already."""
        person = self.model(email=email, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who signs in: of exactly one practice, or staff in exactly one role."""

    PRACTICE_PATH: ClassVar[str] = "practice"

    email = models.EmailField(_("e-mail"), unique=True, max_length=LONGEST_EMAIL)
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    practice = models.ForeignKey(Practice, models.PROTECT, null=True, blank=True, related_name="people")
    staff_role = models.CharField(_("role"), max_length=10, choices=StaffRole, blank=True, default="")
    is_active = models.BooleanField(_("may sign in"), default=True)
    emails_enabled = models.BooleanField(
        _("e-mail me about my practice's orders"),
        default=True,
        help_text=_("Confirmations of cancellations, pauses and answers to requests."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=60, default=business_time_zone, validators=[check_time_zone]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    gets_mail: bool  # of the reader of a page: `accounts.backend` finds it with them

    USERNAME_FIELD = "email"
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                condition=Q(practice__isnull=False, staff_role="")
                | Q(practice__isnull=True, staff_role__in=StaffRole.values),
                name="person_is_of_a_practice_or_staff",
            ),
        ]

    def __str__(self) -> str:
        return self.name
