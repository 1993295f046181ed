"""What every page knows of the business."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Business:
    """Its name, and how to reach its support."""

    name: str
    support_email: str
    support_phone: str


def business(_request: HttpRequest) -> dict[str, Business]:
    """`business` in every template."""
    return {"business": Business(settings.BUSINESS_NAME, settings.SUPPORT_EMAIL, settings.SUPPORT_PHONE)}
