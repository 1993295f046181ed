"""Credit notes: what a cancellation takes back of an invoice, which itself stays as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from reprieve.accounts.actors import Actor
from reprieve.billing.models import Charge, Invoice, InvoiceKind, InvoiceLine
from reprieve.billing.numbers import take_one
from reprieve.billing.periods import business_zone
from reprieve.history.models import Event, EventType
from reprieve.history.record import amount, draft
from reprieve.policies.money_terms import MoneyTerms


@dataclass(frozen=True, slots=True)
class Credited:
    """What a cancellation takes off the invoice that its order is on: `amount_minor` of the line, with tax."""

    line: InvoiceLine
    amount_minor: int


def forecast(charge: Charge, outputs: Mapping[str, object], *, override: bool = False) -> Credited | None:
    """What a credit note would take off, under a decision; None where the charge is on no invoice, or nothing is.

    What was paid of it is another matter: the invoice's payments and this say what is to go back.
    """
    lines = list(charge.invoice_lines.all())
    line = next((each for each in lines if each.corrects_id is None), None)
    if line is None:
        return None
    before = sum(each.total_minor for each in lines if each.corrects_id is not None)
    back_minor = credited_minor(outputs, line.total_minor, line.invoice.currency, override=override) - before
    return Credited(line, back_minor) if back_minor > 0 else None


def write(charge: Charge, credited: Credited, *, actor: Actor, now: datetime) -> list[Event]:
    """Write the credit note over the locked charge's line; whoever calls holds its invoice's lock, too.

    With an earlier one over the same line it takes back the tax of both together, less the earlier one's.
    What is to be recorded of it, on the note itself first.
    """
    line, back_minor = credited.line, credited.amount_minor
    earlier = [each for each in charge.invoice_lines.all() if each.corrects_id is not None]
    tax_minor = tax_share_minor(line, back_minor + sum(each.total_minor for each in earlier))
    tax_minor -= sum(each.tax_minor for each in earlier)
    invoice = line.invoice
    amounts = {"amount_minor": back_minor - tax_minor, "tax_minor": tax_minor}
    note = Invoice.objects.create(
        practice_id=invoice.practice_id,
        kind=InvoiceKind.CREDIT_NOTE,
        number=take_one(InvoiceKind.CREDIT_NOTE),
        terms=invoice.terms,
        currency=invoice.currency,
        corrects=invoice,
        issued_at=now,
        due_on=now.astimezone(business_zone()).date(),
        **amounts,
    )
    InvoiceLine.objects.create(invoice=note, charge_id=line.charge_id, corrects=line, tax_rate=line.tax_rate, **amounts)
    told: dict[str, object] = {"document": note.name, "amount": amount(back_minor, note.currency)}
    of = (Invoice.SUBJECT, note.pk), (Invoice.SUBJECT, invoice.pk), (charge.subject.SUBJECT, charge.subject.pk)
    kind = EventType.CREDIT_NOTE_ISSUED
    return [draft(kind, subject=subject, subject_id=pk, actor=actor, now=now, data=told) for subject, pk in of]


def waive(charge: Charge, waived_minor: int, *, actor: Actor, now: datetime) -> list[Event]:
    """Write the credit note over what the cancellation left on the locked charge's line, and support gives back.

    Never more than is left there; nothing where nothing is.
    """
    lines = list(charge.invoice_lines.all())
    line = next((each for each in lines if each.corrects_id is None), None)
    if line is None:
        return []
    left = line.total_minor - sum(each.total_minor for each in lines if each.corrects_id is not None)
    credited = Credited(line, min(waived_minor, left))
    return write(charge, credited, actor=actor, now=now) if credited.amount_minor > 0 else []


def is_invoiced(charge: Charge) -> bool:
    """Whether the charge is on an invoice, from what is prefetched if it is."""
    return any(line.corrects_id is None for line in charge.invoice_lines.all())


def is_credited(charge: Charge) -> bool:
    """Whether a credit note takes something of the charge back, from what is prefetched if it is."""
    return any(line.corrects_id is not None for line in charge.invoice_lines.all())


def credited_minor(outputs: Mapping[str, object], total_minor: int, currency: str, *, override: bool) -> int:
    """What of an invoiced total a cancellation takes back, in minor units, by the money terms of its decision.

    All of it where staff cancelled against the rules, and where the rules leave the share to support, who agreed.
    """
    terms = MoneyTerms.of(outputs)
    return total_minor if override or terms.share is None else terms.due_minor(total_minor, currency)


def tax_share_minor(line: InvoiceLine, back_minor: int) -> int:
    """How much tax is in that part of a line's total, half to the even unit."""
    if line.total_minor == 0:
        return 0
    share = Decimal(line.tax_minor) * back_minor / line.total_minor
    return int(share.quantize(Decimal(1), ROUND_HALF_EVEN))
