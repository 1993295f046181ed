"""Which of a practice's kept cards pays, and whether a card has to do with what is charged."""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing.credit import lock_practice
from reprieve.billing.models import ON_ITS_WAY, Card, Charge, ChargeState, Method, PaymentState
from reprieve.lib.errors import Invalid

MAY_BE_CHARGED: Final = (PaymentState.PAID, *ON_ITS_WAY)


class CardInvalid(Invalid):
    """There is no such card, or it was removed."""


def choose_card(actor: Actor, practice_id: int, card_id: int | None) -> Card:
    """The practice's card, which cannot be removed before the transaction ends. Raises CardInvalid."""
    lock_practice(practice_id)
    cards = access.rows(actor, Card).filter(practice=practice_id, removed_at=None, gateway=settings.CARD_GATEWAY)
    card = cards.filter(pk=card_id).first() if card_id is not None else None
    if card is None:
        raise CardInvalid(gettext("Please choose one of the practice's cards."), field="card")
    return card


def card_pays(charge: Charge) -> bool:
    """Whether a card has paid the charge, is to, or still may: only then can its processing fee be kept."""
    if any(each.method == Method.CARD and each.state in MAY_BE_CHARGED for each in charge.payments.all()):
        return True
    return charge.terms == PaymentTerms.PER_CASE and charge.state != ChargeState.PAID
