"""Invoice runs: what is due of a period, one invoice for each practice and currency, of all practices in one go.

A run is one transaction of set-based statements, as many for a hundred thousand charges as for one. It holds the row
of the invoice numbers from its beginning, so that of two runs at once the second begins when the first has ended, and
finds nothing left to do. Then it locks the orders whose charges are due: a charge changes only under its order's lock,
so what is cancelled or paused at the same moment was so before the run, and is on no invoice, or waits, and finds it
there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat, JSONObject, RowNumber, TruncMonth, TruncWeek
from django.utils.formats import date_format
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing.insert_select import insert_select
from reprieve.billing.models import Charge, ChargeState, Invoice, InvoiceKind, InvoiceLine
from reprieve.billing.models.invoice import PREFIXES
from reprieve.billing.numbers import lock_numbers, take
from reprieve.billing.periods import Period, business_zone
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import Refused
from reprieve.orders.charging import charge_all, invoice_all, invoiceable
from reprieve.orders.models import Order


class PeriodNotOver(Refused):
    """More may still come due in the period."""


class _CountedOn(Window):
    """A window function over grouped rows, whose numbers go on after `after`."""

    def __init__(self, *expressions: Any, after: int, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*expressions, **options)
        self.template = f"{after:d} + {self.template}"

    def get_group_by_cols(self) -> list[Any]:
        """None: it is computed from the groups, and the ORM would group by it all the same."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run did, or would do. `totals` are by currency, with tax, in minor units; `after` is the number before."""

    terms: PaymentTerms
    period: Period
    invoices: int
    charges: int
    totals: Mapping[str, int]
    after: int = 0

    @property
    def written(self) -> QuerySet[Invoice]:
        """The invoices that the run wrote, while its transaction lasts."""
        return Invoice.objects.filter(kind=InvoiceKind.INVOICE, number__gt=self.after)


def preview(terms: PaymentTerms, period: Period, *, now: datetime) -> Run:
    """What a run would do now. Raises PeriodNotOver."""
    _require_over(period, now)
    return _counted(terms, period, _due(terms, period))


@transaction.atomic
def run(terms: PaymentTerms, period: Period, *, actor: Actor, now: datetime) -> Run:
    """Invoice what is due of the period and was not invoiced before. Run again, it finds nothing to do.

    A practice that has its invoice of the period gets no second one: what comes due later is on the next. Orders that
    are completed become invoiced. Raises PeriodNotOver.
    """
    _require_over(period, now)
    numbers = lock_numbers(InvoiceKind.INVOICE)
    due = _locked(terms, period)
    done = _counted(terms, period, due, after=numbers.last)
    if done.charges == 0:
        return done
    take(numbers, done.invoices)
    _write_invoices(done, due, now)
    _write_lines(done, due)
    _mark_charges(done)
    _write_events(done, actor, now)
    _move_orders(done, now)
    return done


def _require_over(period: Period, now: datetime) -> None:
    if now < period.ends_at(business_zone()):
        raise PeriodNotOver(
            gettext("%(period)s is not over before %(date)s.")
            % {"period": period.name, "date": date_format(period.end)},
            remedy=gettext("Run it then, or name an earlier one."),
        )


def _billable(terms: PaymentTerms, period: Period) -> QuerySet[Charge]:
    """What may be billed before the period ends."""
    end = period.ends_at(business_zone())
    return Charge.objects.filter(terms=terms, state=ChargeState.DUE, billable_from__lt=end).order_by()


def _due(terms: PaymentTerms, period: Period) -> QuerySet[Charge]:
    """That of it whose practices have no invoice of the period yet."""
    return _billable(terms, period).filter(~Exists(_of_period(terms, period)))


def _of_period(terms: PaymentTerms, period: Period) -> QuerySet[Invoice]:
    """The invoice of the period that a charge is on, or would be."""
    return Invoice.objects.filter(
        practice=OuterRef("practice"),
        terms=terms,
        currency=OuterRef("currency"),
        kind=InvoiceKind.INVOICE,
        period_start=period.start,
    ).order_by()


def _locked(terms: PaymentTerms, period: Period) -> QuerySet[Charge]:
    """What is due once its orders are locked.

    Whose orders are not locked, because they came due in between, are left for the next run.
    """
    due = _due(terms, period).values("order")
    orders = Order.objects.filter(pk__in=due).select_for_update().order_by("pk").values_list("pk", flat=True)
    return _billable(terms, period).filter(_of_orders(list(orders)))


def _of_orders(keys: Sequence[int]) -> RawSQL:
    """Whether a charge is of one of the orders: one parameter, however many they are, which the planner can count."""
    if connection.vendor == "postgresql":
        return RawSQL("billing_charge.order_id = ANY(%s)", [keys], BooleanField())
    return RawSQL("billing_charge.order_id IN (SELECT value FROM json_each(%s))", [json.dumps(keys)], BooleanField())


def _counted(terms: PaymentTerms, period: Period, due: QuerySet[Charge], *, after: int = 0) -> Run:
    billed = Sum(F("amount_minor") + F("tax_minor"))
    found = due.values("currency").annotate(
        invoices=Count("practice", distinct=True), charges=Count("pk"), billed=billed
    )
    rows = list(found.order_by("currency"))
    return Run(
        terms=terms,
        period=period,
        invoices=sum(row["invoices"] for row in rows),
        charges=sum(row["charges"] for row in rows),
        totals={row["currency"]: int(row["billed"]) for row in rows},
        after=after,
    )


def _write_invoices(done: Run, due: QuerySet[Charge], now: datetime) -> None:
    today = now.astimezone(business_zone()).date()
    days = settings.INVOICE_DAYS if done.terms is PaymentTerms.MONTHLY else 0
    insert_select(
        Invoice,
        due.values("practice", "currency").order_by("practice", "currency"),
        practice="practice",
        currency="currency",
        kind=Value(InvoiceKind.INVOICE.value),
        number=_CountedOn(RowNumber(), order_by=["practice", "currency"], after=done.after),
        terms=Value(done.terms.value),
        period_start=Value(done.period.start),
        period_end=Value(done.period.end),
        amount_minor=Sum("amount_minor"),
        tax_minor=Sum("tax_minor"),
        issued_at=Value(now),
        due_on=Value(today + timedelta(days=days)),
    )


def _write_lines(done: Run, due: QuerySet[Charge]) -> None:
    zone = business_zone()
    trunc = TruncWeek if done.terms is PaymentTerms.WEEKLY else TruncMonth
    first = trunc("first_billable_from", tzinfo=zone, output_field=DateField())
    insert_select(
        InvoiceLine,
        due.order_by("first_billable_from", "pk"),
        invoice=Subquery(_of_period(done.terms, done.period).values("pk")),
        charge="pk",
        carried_over_from=Case(When(first_billable_from__lt=done.period.starts_at(zone), then=first), default=None),
        amount_minor="amount_minor",
        tax_rate="tax_rate",
        tax_minor="tax_minor",
    )


def _lines(done: Run) -> QuerySet[InvoiceLine]:
    return InvoiceLine.objects.filter(invoice__kind=InvoiceKind.INVOICE, invoice__number__gt=done.after).order_by()


def _mark_charges(done: Run) -> None:
    marked = Charge.objects.filter(state=ChargeState.DUE, pk__in=_lines(done).values("charge"))
    if marked.update(state=ChargeState.INVOICED) != done.charges:
        raise RuntimeError("A charge was changed without its order's lock, so nothing is invoiced.")


def _move_orders(done: Run, now: datetime) -> None:
    orders = Order.objects.filter(pk__in=_lines(done).values("charge__order"))
    charge_all(orders, now=now)
    invoice_all(orders, now=now)


def _write_events(done: Run, actor: Actor, now: datetime) -> None:
    """What the history tells of each invoice and each order, before the orders are moved: it tells which will be."""
    record = partial(_record_each, actor=actor, now=now)
    amount = JSONObject(minor=F("amount_minor") + F("tax_minor"), currency="currency")
    record(EventType.INVOICE_ISSUED, Invoice.SUBJECT, done.written, "pk", document=_name(), amount=amount)
    lines = _lines(done)
    record(EventType.ORDER_CHARGED, Order.SUBJECT, lines, "charge__order", how=_name("invoice__"))
    record(EventType.ORDER_INVOICED, Order.SUBJECT, lines.filter(invoiceable("charge__order__")), "charge__order")


def _name(path: str = "") -> Concat:
    number = Cast(f"{path}number", CharField())
    return Concat(Value(f"{PREFIXES[InvoiceKind.INVOICE]}-"), number, output_field=CharField())


def _record_each(  # noqa: PLR0913 - an event is these facts
    event: EventType,
    subject: str,
    rows: QuerySet[Any],
    subject_id: str,
    *,
    actor: Actor,
    now: datetime,
    **data: Any,  # noqa: ANN401 - expressions
) -> None:
    insert_select(
        Event,
        rows.order_by(subject_id),
        type=Value(event.value),
        at=Value(now),
        subject=Value(subject),
        subject_id=subject_id,
        actor_kind=Value(actor.kind.value),
        actor_name=Value(actor.name),
        actor=Value(actor.person_id, output_field=BigIntegerField()),
        override=Value(False),
        for_staff_only=Value(False),
        data=JSONObject(**data) if data else Value({}, output_field=JSONField()),
    )
