"""E-mails to be sent: rows written in the transaction of what they tell about."""

from django.conf import settings
from django.db import models

from reprieve.history.models import Event


class Email(models.Model):
    """One event told to one person. `sent_at` is empty until the mail server has taken it."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="emails")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "recipient"], name="email_once")]

    def __str__(self) -> str:
        return f"{self.event} to person {self.recipient_id}"
