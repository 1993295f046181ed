"""Staff record money that came outside of the product: a bank transfer, a cheque, cash."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.grant_credit import AmountInvalid, require_amount
from reprieve.actions.receive_payment import receive_payment
from reprieve.billing import payments
from reprieve.billing.credit_notes import is_invoiced
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Charge, Invoice, Method, Payment, PaymentState
from reprieve.lib import money
from reprieve.lib.errors import Invalid
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import Order, Status

LONGEST_REFERENCE = 120


class ReferenceMissing(Invalid):
    """Nobody could find the money on a bank statement."""

    code = "reference_missing"


class KeyUsed(Invalid):
    """The form's key is another payment's."""

    code = "key_used"


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
    access.require_role(actor, *access.RECORDS_PAYMENTS)
    require_amount(amount_minor, currency)
    require_reference(reference)
    order = lock_order(actor, order_id)
    if (twin := recorded_before(key, order)) is not None:
        return twin
    require_version(order, expected_version)
    _require_open(order, amount_minor, currency)
    payment = Payment.objects.create(
        practice_id=order.practice_id,
        order=order,
        method=Method.MANUAL,
        key=key or uuid4(),
        gateway=MANUAL,
        reference=reference.strip(),
        currency=currency,
        amount_minor=amount_minor,
        state=PaymentState.PENDING,
        created_at=now,
    )
    receive_payment(order, payment, actor=actor, now=now)
    return payment


def recorded_before(key: UUID | None, what: Order | Invoice) -> Payment | None:
    """What the form with this key has recorded for the locked order or invoice. Raises KeyUsed for something else's."""
    twin = Payment.objects.select_related("order", "invoice").filter(key=key).first() if key else None
    if twin is not None and what not in (twin.order, twin.invoice):
        raise KeyUsed(gettext("This form has recorded another payment already. Please open it again."))
    return twin


def require_reference(reference: str) -> None:
    """Raises ReferenceMissing unless there is one, and no longer than it may be."""
    if not reference.strip():
        raise ReferenceMissing(
            gettext("Please write what stands on the bank statement or the cheque."), field="reference"
        )
    if len(reference.strip()) > LONGEST_REFERENCE:
        raise ReferenceMissing(
            gettext("Please shorten this to %(longest_reference)s characters.")
            % {"longest_reference": LONGEST_REFERENCE},
            field="reference",
        )


def receivable_minor(order: Order) -> int:
    """How much money may be recorded for the order: what is open, or, once it is cancelled, what came too late.

    Nothing of what is on an invoice: that is paid.
    """
    charge: Charge | None = getattr(order, "charge", None)
    if charge is None:
        return 0
    if order.status == Status.CANCELLED:
        if is_invoiced(order):
            return 0
        return max(charge.total_minor - payments.paid_minor(order), 0)
    return payments.open_minor(charge)


def _require_open(order: Order, amount_minor: int, currency: str) -> None:
    if currency != order.currency:
        raise AmountInvalid(
            gettext("This case is paid in %(currency)s.") % {"currency": order.currency}, field="currency"
        )
    receivable = receivable_minor(order)
    if amount_minor > receivable:
        words = money.display(money.from_minor(receivable, order.currency))
        raise AmountInvalid(gettext("That is more than is open: %(words)s.") % {"words": words}, field="amount")
