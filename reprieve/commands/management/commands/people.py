"""`reprieve people deactivate`: somebody may sign in no more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reprieve.actions.deactivate_person import deactivate_person
from reprieve.lib.errors import Refused


class Command(BaseCommand):
    help = "Everybody who signs in. `deactivate` signs somebody out everywhere and lets them in no more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        deactivate = commands.add_parser("deactivate", help="take somebody's access away")
        deactivate.add_argument("email")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            person = deactivate_person(email=options["email"])
        except Refused as refusal:
            raise CommandError(refusal.why) from refusal
        of_whom = person.practice.name if person.practice else person.get_staff_role_display().lower()
        self.stdout.write(f"{person.name} <{person.email}> ({of_whom}) is signed out and can sign in no more.")
