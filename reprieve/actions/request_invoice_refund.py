"""Support asks for a refund of what was paid too much for an invoice; it is then approved like any other."""

from datetime import datetime

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.request_refund import ask, asked_minor, require_reason
from reprieve.billing.history import record_for
from reprieve.billing.models import Invoice, Refund, RefundState
from reprieve.billing.payments import lock_invoice_alone
from reprieve.billing.quotes import overpaid
from reprieve.history.models import EventType
from reprieve.history.record import amount
from reprieve.notifications.notify import notify_practice


@transaction.atomic
def request_invoice_refund(
    *, invoice_id: int, actor: Actor, reason: str, amount_minor: int | None = None, now: datetime
) -> list[Refund]:
    """Ask for so much, or for all that was paid too much: one refund for each payment that it is split over.

    If a refund of the invoice waits for support already: that one again, and nothing happens.
    Raises NotFound, NotAllowed, RefundReasonMissing, AmountInvalid, NothingToRefund.
    """
    access.require_role(actor, *access.DECIDES_REFUNDS)
    require_reason(reason)
    invoice = lock_invoice_alone(access.find(actor, Invoice, pk=invoice_id).pk)
    if waiting := list(invoice.refunds.filter(state=RefundState.PENDING)):
        return waiting
    left_minor, payments = overpaid(invoice)
    asked = asked_minor(left_minor, invoice.currency, amount_minor)
    found = ask(payments, asked, reason=reason, actor=actor, now=now)
    data: dict[str, object] = {"amount": amount(asked, invoice.currency)}
    event = record_for(invoice, EventType.REFUND_REQUESTED, actor=actor, now=now, data=data)
    notify_practice(invoice, event)
    return found
