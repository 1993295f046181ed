"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Registers the facts that tables about orders may ask for."""

    name = "reprieve.orders"

    def ready(self) -> None:
        """Import the facts once the models are there."""
        import reprieve.orders.facts  # noqa: F401, PLC0415
