"""Whether a card has to do with what an order costs."""

from typing import Final

from reprieve.accounts.models import PaymentTerms
from reprieve.billing.models import Charge, ChargeState, Method, PaymentState
from reprieve.billing.payments import ON_ITS_WAY
from reprieve.orders.models import Order

MAY_BE_CHARGED: Final = (PaymentState.PAID, *ON_ITS_WAY)


def card_pays(order: Order) -> bool:
    """Whether a card has paid the order, is to, or still may: only then can its processing fee be kept."""
    if any(each.method == Method.CARD and each.state in MAY_BE_CHARGED for each in order.payments.all()):
        return True
    charge: Charge | None = getattr(order, "charge", None)
    return charge is None or (charge.terms == PaymentTerms.PER_CASE and charge.state != ChargeState.PAID)
