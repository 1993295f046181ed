"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Makes orders known as something that tables can be about."""

    name = "reprieve.orders"

    def ready(self) -> None:
        """Import the subject, and its facts, once the models are there."""
        import reprieve.orders.subject  # noqa: F401, PLC0415
