"""Staff record money that came for an invoice; once all of it is paid, so are the charges on it."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.grant_credit import AmountInvalid, require_amount
from reprieve.actions.receive_invoice_payment import receive_invoice_payment
from reprieve.actions.record_payment import recorded_before, require_reference
from reprieve.billing import payments
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Invoice, InvoiceKind, Method, Payment, PaymentState
from reprieve.billing.receivables import require_open
from reprieve.lib import money


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
    """Record it: no more than is open, after credit notes, what was paid before, and what a card is paying.

    With `beyond_open` more than that has come: what is too much waits for support to send it back.
    Sent twice with the same key: the same payment again, and no second one. `expected_open_minor` is what was shown as
    open, so that two colleagues do not record the same money; None: nobody was shown it.

    Raises NotFound, NotAllowed, AmountInvalid (also for another currency), ReferenceMissing, OpenAmountChanged,
    KeyUsed.
    """
    access.require_role(actor, *access.RECORDS_PAYMENTS)
    require_amount(amount_minor, currency)
    require_reference(reference)
    invoice = payments.lock_invoice(access.find(actor, Invoice, pk=invoice_id).pk)
    if (twin := recorded_before(key, invoice)) is not None:
        return twin
    still_open = _still_open_minor(invoice, currency, shown_minor=expected_open_minor)
    if not beyond_open:
        _require_room(still_open, amount_minor, currency)
    payment = Payment.objects.create(
        practice_id=invoice.practice_id,
        invoice=invoice,
        method=Method.MANUAL,
        key=key or uuid4(),
        gateway=MANUAL,
        reference=reference.strip(),
        currency=currency,
        amount_minor=amount_minor,
        state=PaymentState.PENDING,
        created_at=now,
    )
    receive_invoice_payment(invoice, payment, actor=actor, now=now)
    return payment


def _still_open_minor(invoice: Invoice, currency: str, *, shown_minor: int | None) -> int:
    if invoice.kind != InvoiceKind.INVOICE:
        raise AmountInvalid(gettext("Nothing is paid for a credit note."), field="amount")
    if currency != invoice.currency:
        raise AmountInvalid(
            gettext("This invoice is paid in %(currency)s.") % {"currency": invoice.currency}, field="currency"
        )
    still_open = max(payments.open_of_invoice_minor(invoice), 0)
    require_open(invoice, still_open, shown_minor=shown_minor)
    return still_open


def _require_room(still_open: int, amount_minor: int, currency: str) -> None:
    if amount_minor > still_open:
        words = money.display(money.from_minor(still_open, currency))
        raise AmountInvalid(
            gettext(
                "That is more than is open: %(words)s. If so much has come, say so below, and the rest can go back."
            )
            % {"words": words},
            field="amount",
        )
