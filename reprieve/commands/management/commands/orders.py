"""`reprieve orders import FILE.csv`: orders from another system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.import_orders import Imported, ImportRefused, import_orders
from reprieve.lib.errors import Refused
from reprieve.orders.order_csv import LARGEST_FILE, NEEDED, OPTIONAL


class Command(BaseCommand):
    help = "Orders from a CSV file in UTF-8: all of them, or none and what is wrong with which line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        imports = commands.add_parser(
            "import",
            help="import orders; what is there already is left as it is",
            epilog=f"Columns: {', '.join(NEEDED)}; if you like also {', '.join(OPTIONAL)}.",
        )
        imports.add_argument("file", type=Path)
        imports.add_argument(
            "--practice", default="", metavar="NUMBER", help="whose orders all of them are, such as P-1007"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        content = _read(options["file"])
        try:
            imported = import_orders(content=content, actor=SYSTEM, now=timezone.now(), practice=options["practice"])
        except ImportRefused as refusal:
            raise CommandError(_problems(refusal)) from refusal
        except Refused as refusal:
            raise CommandError(f"{refusal.why} {refusal.remedy}".strip()) from refusal
        self.stdout.write(_summary(imported))


def _read(path: Path) -> bytes:
    """The file, as far as it is worth reading. Raises CommandError."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.") from problem


def _problems(refusal: ImportRefused) -> str:
    lines = [f"line {problem.line}, {problem.column}: {problem.what}" for problem in refusal.shown]
    left_out = len(refusal.problems) - len(lines)
    if left_out:
        lines.append(f"… and {left_out:,} more.")
    return "\n".join([refusal.why, *lines, refusal.remedy])


def _summary(imported: Imported) -> str:
    lines = [f"{len(imported.already_there):,} already there, {len(imported.new):,} new"]
    lines += [
        f"{order.customer_reference} ({order.number}) says something else than the file; it was left as it is."
        for order in imported.different
    ]
    return "\n".join(lines)
