"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "reprieve.orders"

    def ready(self) -> None:
        import reprieve.orders.subject  # noqa: F401, PLC0415
