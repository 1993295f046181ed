"""`reprieve invoices run`: invoice a week or a month that is over."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.invoice_runs import Run, preview
from reprieve.billing.periods import BILLED_IN_PERIODS, Period, business_zone
from reprieve.lib import money
from reprieve.lib.errors import Refused


class Command(BaseCommand):
    help = (
        "Invoices. `run` writes and sends those of a week or a month that is over; run again, it finds nothing to do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        run = commands.add_parser("run", help="invoice what is due of a period, for every practice")
        run.add_argument("--terms", required=True, choices=[terms.value for terms in BILLED_IN_PERIODS])
        run.add_argument("--period", default="", help="2026-W47 or 2026-10 (default: the last that is over)")
        run.add_argument("--dry-run", action="store_true", help="say what would be invoiced, and change nothing")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        terms, now = PaymentTerms(options["terms"]), timezone.now()
        try:
            if options["period"]:
                period = Period.named(terms, options["period"])
            else:
                period = Period.last_ended(terms, now, business_zone())
            if options["dry_run"]:
                self.stdout.write(f"Would write {_summary(preview(terms, period, now=now))}")
            else:
                done = run_invoices(terms=terms, period=period, actor=SYSTEM, now=now)
                self.stdout.write(f"Wrote {_summary(done)}")
        except Refused as refusal:
            raise CommandError(f"{refusal.why} {refusal.remedy}".strip()) from refusal


def _summary(run: Run) -> str:
    """Such as: 3 invoices for 2026-10 over 12 cases, and what they come to."""
    if not run.invoices:
        return f"no invoice for {run.period.name}: nothing is due."
    totals = ", ".join(money.display(money.from_minor(minor, currency)) for currency, minor in run.totals.items())
    number = f"{run.invoices:,} invoice{'' if run.invoices == 1 else 's'}"
    cases = f"{run.charges:,} case{'' if run.charges == 1 else 's'}"
    return f"{number} for {run.period.name} over {cases}: {totals}."
