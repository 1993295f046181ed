"""Staff record money that came outside of the product: a bank transfer, a cheque, cash."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import payments
from reprieve.billing.checks import AmountInvalid, require_amount, require_reference
from reprieve.billing.credit_notes import is_invoiced
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Charge, Invoice, InvoiceKind, Method, Payable, Payment
from reprieve.billing.payables import open_minor, payment_for
from reprieve.billing.receivables import require_open
from reprieve.cancellations.subjects import is_cancelled
from reprieve.lib import money
from reprieve.lib.errors import Invalid
from reprieve.orders.locking import lock_order, require_version
from reprieve.settlement.receive_payment import receive_payment


class KeyUsed(Invalid):
    """The form's key is another payment's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The money that came: `reference` is what it is found by; a form sent again is known again by its `key`."""

    amount_minor: int
    currency: str
    reference: str
    key: UUID | None


@transaction.atomic
def record_payment(  # noqa: PLR0913 - the whole command in one line
    *,
    order_id: int,
    actor: Actor,
    expected_version: int,
    amount_minor: int,
    currency: str,
    reference: str,
    key: UUID | None = None,
    now: datetime,
) -> Payment:
    """Record it for an order: what it pays is charged; on a cancelled order it is to go back.

    Sent twice with the same key: the same payment again, and no second one.

    Raises NotFound, NotAllowed, AmountInvalid (also for another currency, and for more than is open),
    ReferenceMissing, OrderChanged, KeyUsed.
    """
    came = Transfer(amount_minor=amount_minor, currency=currency, reference=reference, key=key)
    _require(came, actor)
    order = lock_order(actor, order_id)
    charge = order.charge
    if (twin := _recorded_before(came, charge)) is not None:
        return twin
    require_version(order, expected_version)
    _require_currency(came, charge, gettext("This case is paid in %(currency)s."))
    _require_room(came, receivable_minor(charge), gettext("That is more than is open: %(words)s."))
    return _record(came, charge, actor=actor, now=now)


@transaction.atomic
def record_invoice_payment(  # noqa: PLR0913 - the whole command in one line
    *,
    invoice_id: int,
    actor: Actor,
    amount_minor: int,
    currency: str,
    reference: str,
    expected_open_minor: int | None = None,
    beyond_open: bool = False,
    key: UUID | None = None,
    now: datetime,
) -> Payment:
    """Record it for an invoice: no more than is open, after credit notes, earlier payments, and what a card is paying.

    With `beyond_open` more than that has come: what is too much waits for support to send it back.
    Sent twice with the same key: the same payment again, and no second one. `expected_open_minor` is what was shown as
    open, so that two colleagues do not record the same money; None: nobody was shown it.

    Raises NotFound, NotAllowed, AmountInvalid (also for another currency), ReferenceMissing, OpenAmountChanged,
    KeyUsed.
    """
    came = Transfer(amount_minor=amount_minor, currency=currency, reference=reference, key=key)
    _require(came, actor)
    invoice = payments.lock_invoice(access.find(actor, Invoice, pk=invoice_id).pk)
    if (twin := _recorded_before(came, invoice)) is not None:
        return twin
    if invoice.kind != InvoiceKind.INVOICE:
        raise AmountInvalid(gettext("Nothing is paid for a credit note."), field="amount")
    _require_currency(came, invoice, gettext("This invoice is paid in %(currency)s."))
    still_open = open_minor(invoice)
    require_open(invoice, still_open, shown_minor=expected_open_minor)
    if not beyond_open:
        why = gettext(
            "That is more than is open: %(words)s. If so much has come, say so below, and the rest can go back."
        )
        _require_room(came, still_open, why)
    return _record(came, invoice, actor=actor, now=now)


def receivable_minor(charge: Charge) -> int:
    """How much money may be recorded for the charge: what is open, or, once it is cancelled, what came too late.

    Nothing of what is on an invoice: that is paid.
    """
    if is_cancelled(charge.subject):
        return 0 if is_invoiced(charge) else max(charge.total_minor - payments.paid_minor(charge), 0)
    return open_minor(charge)


def _require(came: Transfer, actor: Actor) -> None:
    access.require_role(actor, *access.RECORDS_PAYMENTS)
    require_amount(came.amount_minor, came.currency)
    require_reference(came.reference)


def _recorded_before(came: Transfer, payable: Payable) -> Payment | None:
    """What the same form has recorded for what is locked. Raises KeyUsed for something else's."""
    twin = Payment.objects.select_related("charge", "invoice").filter(key=came.key).first() if came.key else None
    if twin is not None and twin.payable != payable:
        raise KeyUsed(gettext("This form has recorded another payment already. Please open it again."))
    return twin


def _require_currency(came: Transfer, payable: Payable, why: str) -> None:
    if came.currency != payable.currency:
        raise AmountInvalid(why % {"currency": payable.currency}, field="currency")


def _require_room(came: Transfer, room_minor: int, why: str) -> None:
    if came.amount_minor > room_minor:
        words = money.display(money.from_minor(room_minor, came.currency))
        raise AmountInvalid(why % {"words": words}, field="amount")


def _record(came: Transfer, payable: Payable, *, actor: Actor, now: datetime) -> Payment:
    payment = payment_for(payable, Method.MANUAL, came.amount_minor, gateway=MANUAL, now=now, key=came.key)
    payment.reference = came.reference.strip()
    payment.save(force_insert=True)
    receive_payment(payable, payment, actor=actor, now=now)
    return payment
