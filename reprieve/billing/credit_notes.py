"""Credit notes: what a cancellation takes back of an invoice, which itself stays as it is."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import cast

from django.db.models import Sum

from reprieve.accounts.actors import Actor
from reprieve.billing.models import Invoice, InvoiceKind, InvoiceLine
from reprieve.billing.numbers import lock_numbers, take
from reprieve.billing.periods import business_zone
from reprieve.cancellations.models import Cancellation
from reprieve.dmn.values import Value
from reprieve.history.models import EventType
from reprieve.history.record import amount, record
from reprieve.orders.history import record_on
from reprieve.orders.models import Order
from reprieve.policies.money_terms import MoneyTerms


def credit(order: Order, cancellation: Cancellation, *, actor: Actor, now: datetime) -> Invoice | None:
    """A credit note over the locked order's line, if it is on an invoice and something of it is to be taken back.

    What was paid of it is another matter: the invoice's payments and this note say what is to go back.
    """
    line = InvoiceLine.objects.filter(charge__order=order, corrects=None).select_related("invoice").first()
    if line is None:
        return None
    back_minor = credited_minor(cancellation, line.total_minor, line.invoice.currency) - _credited_before(line)
    return _write(order, line, back_minor, actor=actor, now=now) if back_minor > 0 else None


def is_credited(order: Order) -> bool:
    """Whether a credit note takes something of the order back."""
    return InvoiceLine.objects.filter(charge__order=order, corrects__isnull=False).exists()


def credited_minor(cancellation: Cancellation, total_minor: int, currency: str) -> int:
    """What of an invoiced total the cancellation takes back, in minor units, by the money terms of its decision.

    All of it where staff cancelled against the rules, and where the rules leave the share to support, who agreed.
    """
    terms = MoneyTerms.of(cast("Mapping[str, Value]", cancellation.decision.outputs))
    if cancellation.override or terms.share is None:
        return total_minor
    return terms.due_minor(total_minor, currency)


def tax_share_minor(line: InvoiceLine, back_minor: int) -> int:
    """How much tax is in that part of a line's total, half to the even unit."""
    if line.total_minor == 0:
        return 0
    share = Decimal(line.tax_minor) * back_minor / line.total_minor
    return int(share.quantize(Decimal(1), ROUND_HALF_EVEN))


def _credited_before(line: InvoiceLine) -> int:
    sums = line.corrections.aggregate(amount=Sum("amount_minor", default=0), tax=Sum("tax_minor", default=0))
    return int(sums["amount"] + sums["tax"])


def _write(order: Order, line: InvoiceLine, back_minor: int, *, actor: Actor, now: datetime) -> Invoice:
    invoice, tax_minor = line.invoice, tax_share_minor(line, back_minor)
    numbers = lock_numbers(InvoiceKind.CREDIT_NOTE)
    take(numbers)
    amounts = {"amount_minor": back_minor - tax_minor, "tax_minor": tax_minor}
    note = Invoice.objects.create(
        practice_id=invoice.practice_id,
        kind=InvoiceKind.CREDIT_NOTE,
        number=numbers.last,
        terms=invoice.terms,
        currency=invoice.currency,
        corrects=invoice,
        issued_at=now,
        due_on=now.astimezone(business_zone()).date(),
        **amounts,
    )
    InvoiceLine.objects.create(invoice=note, charge_id=line.charge_id, corrects=line, tax_rate=line.tax_rate, **amounts)
    told: dict[str, object] = {"document": note.name, "amount": amount(back_minor, note.currency)}
    kind = EventType.CREDIT_NOTE_ISSUED
    record(kind, subject=Invoice.SUBJECT, subject_id=note.pk, actor=actor, now=now, data=told)
    record_on(order, kind, actor=actor, now=now, data=told)
    return note
