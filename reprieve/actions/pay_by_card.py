"""Pay with a kept card: an order that was placed without one, an invoice, either after a card was declined."""

from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing import paying
from reprieve.billing.cards import choose_card
from reprieve.billing.models import ON_ITS_WAY, Charge, ChargeState, Invoice, Payment
from reprieve.billing.payables import open_minor
from reprieve.billing.payments import lock_invoice
from reprieve.billing.receivables import require_open
from reprieve.lib import money
from reprieve.lib.errors import Refused
from reprieve.orders.locking import lock_order
from reprieve.settlement.send_payment import pay_with_card


class NothingToPay(Refused):
    """The order is paid, is paid another way, or is not to be paid now."""


class PaymentUnderWay(Refused):
    """Another payment of the invoice by card is on its way, or nobody knows yet what became of it."""

    usual_remedy = _("The invoice's page says how it stands; nobody is charged twice.")


@transaction.atomic
def pay_order(*, order_id: int, actor: Actor, card_id: int | None, now: datetime) -> Payment:
    """Have the card pay what is open. While a card payment is on its way: that one again, and nothing happens.

    Raises NotFound, NotAllowed, CardInvalid, NothingToPay.
    """
    access.require_may_act(actor)
    order = lock_order(actor, order_id)
    card = choose_card(actor, order.practice_id, card_id)
    charge = order.charge
    under_way = Payment.objects.filter(charge=charge, state__in=ON_ITS_WAY, card__isnull=False).last()
    if under_way is not None:
        return under_way
    open_now = payable_minor(charge)
    if open_now <= 0:
        raise NothingToPay(gettext("There is nothing to pay for this case now."))
    return pay_with_card(charge, card, open_now, now=now)


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
    return pay_with_card(invoice, card, open_now, now=now, key=key)


def payable_minor(charge: Charge) -> int:
    """How much a card may pay of the charge now, in minor units.

    What is billed by the week or the month is paid by its invoice, and nothing while the order is paused (D8).
    """
    if not settings.CARD_GATEWAY or charge.terms != PaymentTerms.PER_CASE or charge.state != ChargeState.DUE:
        return 0
    return open_minor(charge)


def require_payable(invoice: Invoice) -> int:
    """What a card may pay of the invoice now, in minor units. Raises PaymentUnderWay, NothingToPay."""
    coming = paying.under_way(invoice)
    if coming is not None:
        amount = money.display(coming.amount)
        raise PaymentUnderWay(
            gettext("A payment of %(amount)s with %(card)s is already on its way.")
            % {"amount": amount, "card": coming.card}
        )
    open_now = open_minor(invoice) if settings.CARD_GATEWAY else 0
    if open_now <= 0:
        raise NothingToPay(gettext("There is nothing to pay by card for %(name)s now.") % {"name": invoice.name})
    return open_now
