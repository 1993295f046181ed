"""The appointments app."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    """Registers the facts that tables about appointments may ask for."""

    name = "reprieve.appointments"

    def ready(self) -> None:
        """Import the facts."""
        import reprieve.appointments.facts  # noqa: F401, PLC0415
