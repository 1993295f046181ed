"""The appointments app."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "reprieve.appointments"

    def ready(self) -> None:
        import reprieve.appointments.facts  # noqa: F401, PLC0415
