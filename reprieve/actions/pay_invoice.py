"""Pay an invoice with a kept card: after a card was declined, or instead of a bank transfer."""

from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.pay_order import NothingToPay, choose_card
from reprieve.actions.send_payment import pay_invoice_with_card
from reprieve.billing import paying
from reprieve.billing.models import Invoice, Payment
from reprieve.billing.payments import lock_invoice, open_of_invoice_minor
from reprieve.billing.receivables import require_open
from reprieve.lib import money
from reprieve.lib.errors import Refused


class PaymentUnderWay(Refused):
    """Another payment of the invoice by card is on its way, or nobody knows yet what became of it."""

    code = "payment_under_way"
    usual_remedy = _("The invoice's page says how it stands; nobody is charged twice.")


@transaction.atomic
def pay_invoice(  # noqa: PLR0913 - the whole command in one line
    *, invoice_id: int, actor: Actor, card_id: int | None, expected_minor: int, key: UUID, now: datetime
) -> Payment:
    """Have the card pay all that is open, which is to be the amount that was shown.

    The same form again (its `key`, with the same card) finds its payment again, however that stands by now.

    Raises NotFound, NotAllowed, CardInvalid, PaymentUnderWay, NothingToPay, OpenAmountChanged.
    """
    access.require_may_act(actor)
    invoice = lock_invoice(access.find(actor, Invoice, pk=invoice_id).pk)
    card = choose_card(actor, invoice.practice_id, card_id)
    key = uuid5(key, f"{invoice.name} with card {card.pk}")
    known = Payment.objects.filter(key=key).first()
    if known is not None:
        return known
    open_now = require_payable(invoice)
    require_open(invoice, open_now, shown_minor=expected_minor)
    return pay_invoice_with_card(invoice, card, open_now, now=now, key=key)


def require_payable(invoice: Invoice) -> int:
    """What a card may pay of the invoice now, in minor units. Raises PaymentUnderWay, NothingToPay."""
    coming = paying.under_way(invoice)
    if coming is not None:
        amount = money.display(coming.amount)
        raise PaymentUnderWay(
            gettext("A payment of %(amount)s with %(card)s is already on its way.")
            % {"amount": amount, "card": coming.card}
        )
    open_now = open_of_invoice_minor(invoice) if settings.CARD_GATEWAY else 0
    if open_now <= 0:
        raise NothingToPay(gettext("There is nothing to pay by card for %(name)s now.") % {"name": invoice.name})
    return open_now
