"""What every page knows of the business."""

from django.conf import settings
from django.http import HttpRequest


def business(_request: HttpRequest) -> dict[str, str]:
    """Its name, and how to reach its support."""
    return {
        "business_name": settings.BUSINESS_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "support_phone": settings.SUPPORT_PHONE,
    }
