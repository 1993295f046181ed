"""The lab's invoices: every week and every month is run in the night after it, as on a schedule."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.periods import BILLED_IN_PERIODS, Period, business_zone

AFTER_MIDNIGHT = timedelta(hours=3)


def runs(since: datetime, now: datetime) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Each run with its moment, of the periods from the one around `since` to the last that is over."""
    zone = business_zone()
    for terms in BILLED_IN_PERIODS:
        period = Period.around(terms, since.astimezone(zone).date())
        while (at := period.ends_at(zone) + AFTER_MIDNIGHT) <= now:
            yield at, partial(run_invoices, terms=terms, period=period, actor=SYSTEM, now=at)
            period = Period.around(terms, period.end)
