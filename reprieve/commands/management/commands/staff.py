"""`reprieve staff add`: the first member of staff, and any other."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reprieve.accounts.models import StaffRole
from reprieve.accounts.people import password_link
from reprieve.actions.add_staff import add_staff
from reprieve.lib.errors import Refused


class Command(BaseCommand):
    help = "Members of staff. `add` asks for a password on the terminal, or prints a link by which to set one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        add = commands.add_parser("add", help="take somebody on")
        add.add_argument("email")
        add.add_argument("--role", required=True, choices=StaffRole.values)
        add.add_argument("--name", required=True, help="as customers read it in the history of their cases")
        add.add_argument("--link", action="store_true", help="print a link to pass on instead of asking for a password")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        by_link = options["link"] or not sys.stdin.isatty()
        password = None if by_link else ask_twice()
        try:
            person = add_staff(
                email=options["email"], name=options["name"], role=StaffRole(options["role"]), password=password
            )
        except Refused as refusal:
            raise CommandError(refusal.why) from refusal
        self.stdout.write(f"{person.name} <{person.email}> is added as {person.get_staff_role_display().lower()}.")
        if by_link:
            self.stdout.write(f"Pass this link on, for them alone; it sets their password:\n{password_link(person)}")


def ask_twice() -> str:
    """A password typed twice. Raises CommandError if the two differ."""
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise CommandError("The two passwords differ. Nothing was added.")
    return first
