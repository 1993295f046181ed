"""Invoices and credit notes as a table for accountants, a row for each line: everybody's, or a practice's own."""

from datetime import date, datetime, time

from django.http import StreamingHttpResponse

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing.models import InvoiceKind, InvoiceLine
from reprieve.billing.periods import business_zone
from reprieve.lib import money
from reprieve.web.csv_export import csv_response, safe

COLUMNS = (
    *("document", "kind", "corrects", "date", "due", "terms", "period", "practice", "practice name"),
    *("case", "reference", "carried over from", "currency", "amount", "tax percent", "tax", "total"),
)


def csv_of_invoices(actor: Actor, *, since: date | None = None, until: date | None = None) -> StreamingHttpResponse:
    """Those of the days, which are part of it, that the actor may see; what is left out narrows nothing."""
    lines = access.rows(actor, InvoiceLine).select_related("invoice__practice", "invoice__corrects", "charge__order")
    lines = lines.order_by("invoice__issued_at", "invoice", "pk")
    zone = business_zone()
    if since:
        lines = lines.filter(invoice__issued_at__gte=datetime.combine(since, time.min, tzinfo=zone))
    if until:
        lines = lines.filter(invoice__issued_at__lte=datetime.combine(until, time.max, tzinfo=zone))
    return csv_response("invoices.csv", COLUMNS, map(_cells, lines.iterator(chunk_size=2000)))


def _cells(line: InvoiceLine) -> tuple[str, ...]:
    """What a credit note gives back has a minus, so that a column adds up."""
    invoice, order = line.invoice, line.charge.subject
    sign = -1 if invoice.kind == InvoiceKind.CREDIT_NOTE else 1
    amounts = (money.from_minor(sign * minor, invoice.currency).amount for minor in _amounts(line))
    amount, tax, total = (f"{amount:f}" for amount in amounts)
    return (
        *(invoice.name, invoice.kind, invoice.corrects.name if invoice.corrects else ""),
        *(f"{invoice.issued_at.astimezone(business_zone()):%Y-%m-%d}", invoice.due_on.isoformat(), invoice.terms),
        *(invoice.period.name if invoice.period else "", invoice.practice.number, safe(invoice.practice.name)),
        *(order.number, safe(order.customer_reference)),
        line.carried_over_from.isoformat() if line.carried_over_from else "",
        *(invoice.currency, amount, f"{line.tax_rate.normalize():f}", tax, total),
    )


def _amounts(line: InvoiceLine) -> tuple[int, int, int]:
    return line.amount_minor, line.tax_minor, line.total_minor
