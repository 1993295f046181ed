"""Whether a card has to do with what is charged."""

from typing import Final

from reprieve.accounts.models import PaymentTerms
from reprieve.billing.models import ON_ITS_WAY, Charge, ChargeState, Method, PaymentState

MAY_BE_CHARGED: Final = (PaymentState.PAID, *ON_ITS_WAY)


def card_pays(charge: Charge) -> bool:
    """Whether a card has paid the charge, is to, or still may: only then can its processing fee be kept."""
    if any(each.method == Method.CARD and each.state in MAY_BE_CHARGED for each in charge.payments.all()):
        return True
    return charge.terms == PaymentTerms.PER_CASE and charge.state != ChargeState.PAID
