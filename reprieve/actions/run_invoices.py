"""Invoice a week or a month that is over, for every practice at once."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from reprieve.accounts import access
from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing import invoice_runs
from reprieve.billing.invoice_runs import Run
from reprieve.billing.periods import BILLED_IN_PERIODS, Period, business_zone
from reprieve.notifications.notify import notify_of_invoices
from reprieve.settlement.collect_invoices import collect


@transaction.atomic
def run_invoices(*, terms: PaymentTerms, period: Period, actor: Actor, now: datetime) -> Run:
    """Write the invoices, queue their mails, and have cards pay the weekly ones. Run again, it finds nothing to do.

    Raises NotAllowed, PeriodNotOver.
    """
    access.require_role(actor, *access.RUNS_INVOICES)
    done = invoice_runs.run(terms, period, actor=actor, now=now)
    if done.invoices:
        notify_of_invoices(done.written)
        if terms is PaymentTerms.WEEKLY and settings.CARD_GATEWAY:
            collect(done.written, now=now)
    return done


@task()
def run_what_is_over() -> None:
    """Invoice the last week and the last month that are over. The worker's schedule comes here every hour."""
    now = timezone.now()
    for terms in BILLED_IN_PERIODS:
        run_invoices(terms=terms, period=Period.last_ended(terms, now, business_zone()), actor=SYSTEM, now=now)
