"""Invoice a week or a month that is over, for every practice at once."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing import invoice_runs
from reprieve.billing.invoice_runs import Run
from reprieve.billing.periods import Period
from reprieve.notifications.tell import tell_of_invoices


@transaction.atomic
def run_invoices(*, terms: PaymentTerms, period: Period, actor: Actor, now: datetime) -> Run:
    """Write the invoices and queue their mails. Run again, it finds nothing to do.

    Raises NotAllowed, PeriodNotOver.
    """
    access.require_role(actor, *access.RUNS_INVOICES)
    done = invoice_runs.run(terms, period, actor=actor, now=now)
    if done.invoices:
        tell_of_invoices(done.written)
    return done
