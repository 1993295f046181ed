"""Staff record money that came for an invoice; once all of it is paid, so are the charges on it."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.grant_credit import AmountInvalid, require_amount
from reprieve.actions.record_payment import require_reference
from reprieve.billing import payments
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Invoice, Method, Payment, PaymentState
from reprieve.history.models import EventType
from reprieve.history.record import amount, record
from reprieve.lib import money


@transaction.atomic
def record_invoice_payment(  # noqa: PLR0913 - the whole command in one line
    *, invoice_id: int, actor: Actor, amount_minor: int, currency: str, reference: str, now: datetime
) -> Payment:
    """Record it: no more than is open, after credit notes, what was paid before, and what a card is paying.

    Raises NotFound, NotAllowed, AmountInvalid (also for another currency), ReferenceMissing.
    """
    access.require_role(actor, *access.RECORDS_PAYMENTS)
    require_amount(amount_minor, currency)
    require_reference(reference)
    invoice = payments.lock_invoice(access.find(actor, Invoice, pk=invoice_id).pk)
    _require_open(invoice, amount_minor, currency)
    payment = Payment.objects.create(
        practice_id=invoice.practice_id,
        invoice=invoice,
        method=Method.MANUAL,
        gateway=MANUAL,
        reference=reference.strip(),
        currency=currency,
        amount_minor=amount_minor,
        state=PaymentState.PAID,
        created_at=now,
        paid_at=now,
    )
    data: dict[str, object] = {"amount": amount(amount_minor, currency), "payment": payment.pk}
    record(EventType.PAYMENT_RECEIVED, subject=Invoice.SUBJECT, subject_id=invoice.pk, actor=actor, now=now, data=data)
    payments.mark_invoice_paid(invoice)
    return payment


def _require_open(invoice: Invoice, amount_minor: int, currency: str) -> None:
    if currency != invoice.currency:
        raise AmountInvalid(f"This invoice is paid in {invoice.currency}.", field="currency")
    still_open = payments.open_of_invoice_minor(invoice)
    if amount_minor > still_open:
        words = money.display(money.from_minor(max(still_open, 0), invoice.currency))
        raise AmountInvalid(f"That is more than is open: {words}.", field="amount")
