"""The lab's invoices: every week and every month is run in the night after it, and paid some days later.

The demo has no card provider, so weekly invoices are paid by bank transfer as well. Two are not paid as they should be.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import PaymentTerms, StaffRole
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.models import Invoice, InvoiceKind
from reprieve.billing.payables import open_minor
from reprieve.billing.periods import BILLED_IN_PERIODS, Period, business_zone
from reprieve.demo.people import Cast

type Happening = tuple[datetime, Callable[[], object]]

AFTER_MIDNIGHT = timedelta(hours=3)
# How many days after the run the transfers come: that of the practice with the lowest number, of the next one, …
COMES_AFTER: Final[Mapping[PaymentTerms, tuple[int, ...]]] = {
    PaymentTerms.WEEKLY: (6, 3, 2),
    PaymentTerms.MONTHLY: (17, 24),
}
AT_NOON = timedelta(hours=9)  # after the run


@dataclass(frozen=True, slots=True)
class Bill:
    """The run of a period, and the moment of it."""

    terms: PaymentTerms
    period: Period
    at: datetime


def dealings(cast: Cast, since: datetime, now: datetime) -> Iterator[Happening]:
    """Each run and each transfer with its moment, of the periods from the one around `since` to the last that is over.

    Of the last month whose invoices are overdue, the first is not paid; of the week before the last, the last in part.
    """
    support = cast.staff[StaffRole.SUPPORT][0]
    for terms in BILLED_IN_PERIODS:
        bills = list(_bills(terms, since, now))
        late = [bill for bill in bills if bill.at + timedelta(days=settings.INVOICE_DAYS + 1) < now]
        for bill in bills:
            yield bill.at, partial(run_invoices, terms=terms, period=bill.period, actor=SYSTEM, now=bill.at)
            for place, days in enumerate(COMES_AFTER[terms]):
                is_forgotten = terms is PaymentTerms.MONTHLY and bill in late[-1:] and place == 0
                is_in_part = terms is PaymentTerms.WEEKLY and bill in bills[-2:-1]
                at = bill.at + timedelta(days=days) + AT_NOON
                if at <= now and not is_forgotten:
                    yield at, partial(_transfer, bill, place, support, at, is_in_part=is_in_part)


def _bills(terms: PaymentTerms, since: datetime, now: datetime) -> Iterator[Bill]:
    zone = business_zone()
    period = Period.around(terms, since.astimezone(zone).date())
    while (at := period.ends_at(zone) + AFTER_MIDNIGHT) <= now:
        yield Bill(terms, period, at)
        period = Period.around(terms, period.end)


def _transfer(bill: Bill, place: int, support: Actor, now: datetime, *, is_in_part: bool) -> None:
    """Support finds the transfer for one invoice of the run on the bank statement; of the last, perhaps a half."""
    found = Invoice.objects.filter(kind=InvoiceKind.INVOICE, terms=bill.terms, period_start=bill.period.start)
    invoices = list(found.order_by("number"))
    still_open = open_minor(invoices[place]) if place < len(invoices) else 0
    if not still_open:
        return
    is_half = is_in_part and place == len(invoices) - 1
    record_invoice_payment(
        invoice_id=invoices[place].pk,
        actor=support,
        amount_minor=still_open // 2 if is_half else still_open,
        currency=invoices[place].currency,
        reference=f"Transfer {now:%d %b}, {invoices[place].name}",
        expected_open_minor=still_open,
        now=now,
    )
