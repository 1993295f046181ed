"""Staff record money that came for an invoice; once all of it is paid, so are the charges on it."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.grant_credit import AmountInvalid, require_amount
from reprieve.actions.record_payment import require_reference
from reprieve.billing.documents import document, with_amounts
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Charge, ChargeState, Invoice, Method, Payment, PaymentState
from reprieve.history.models import EventType
from reprieve.history.record import amount, record
from reprieve.lib import money
from reprieve.orders.models import Order


@transaction.atomic
def record_invoice_payment(  # noqa: PLR0913 - the whole command in one line
    *, invoice_id: int, actor: Actor, amount_minor: int, currency: str, reference: str, now: datetime
) -> Payment:
    """Record it: no more than is open, after credit notes and what was paid before.

    Raises NotFound, NotAllowed, AmountInvalid (also for another currency), ReferenceMissing.
    """
    access.require_role(actor, *access.RECORDS_PAYMENTS)
    require_amount(amount_minor, currency)
    require_reference(reference)
    invoice = _locked(access.find(actor, Invoice, pk=invoice_id))
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
    if _open_minor(invoice) == 0:
        charges = Charge.objects.filter(invoice_lines__invoice=invoice, state=ChargeState.INVOICED)
        Charge.objects.filter(pk__in=charges.values("pk")).update(state=ChargeState.PAID)
    return payment


def _locked(found: Invoice) -> Invoice:
    """The invoice and the orders on it, locked until the transaction ends: orders first, as everywhere."""
    orders = Order.objects.filter(charge__invoice_lines__invoice=found).order_by("pk")
    list(Order.objects.select_for_update().filter(pk__in=orders.values("pk")).order_by("pk").values_list("pk"))
    return Invoice.objects.select_for_update().get(pk=found.pk)


def _require_open(invoice: Invoice, amount_minor: int, currency: str) -> None:
    if currency != invoice.currency:
        raise AmountInvalid(f"This invoice is paid in {invoice.currency}.", field="currency")
    still_open = _open_minor(invoice)
    if amount_minor > still_open:
        words = money.display(money.from_minor(max(still_open, 0), invoice.currency))
        raise AmountInvalid(f"That is more than is open: {words}.", field="amount")


def _open_minor(invoice: Invoice) -> int:
    return document(with_amounts(Invoice.objects.filter(pk=invoice.pk)).get()).open_minor
