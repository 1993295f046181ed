"""What a provider has told us, so that the same is never heard twice."""

from django.db import models


class WebhookEvent(models.Model):
    """One message of a provider that has been dealt with. What it said is not kept: the provider is asked instead."""

    gateway = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    type = models.CharField(max_length=60)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_once"),
        ]

    def __str__(self) -> str:
        return self.event_id
