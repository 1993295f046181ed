"""Pay an order with a kept card: after a card was declined, or where none was chosen when it was placed."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.permit import require_standing
from reprieve.actions.send_payment import pay_with_card
from reprieve.billing.credit import lock_practice
from reprieve.billing.models import Card, Charge, ChargeState, Payment
from reprieve.billing.payments import ON_ITS_WAY, open_minor
from reprieve.lib.errors import Invalid, Refused
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order


class CardInvalid(Invalid):
    """There is no such card, or it was removed."""

    code = "card_invalid"


class NothingToPay(Refused):
    """The order is paid, is paid another way, or is not to be paid now."""

    code = "nothing_to_pay"


@transaction.atomic
def pay_order(*, order_id: int, actor: Actor, card_id: int | None, now: datetime) -> Payment:
    """Have the card pay what is open. While a card payment is on its way: that one again, and nothing happens.

    Raises NotFound, NotAllowed, CardInvalid, NothingToPay.
    """
    require_standing(actor)
    order = lock_order(actor, order_id)
    card = choose_card(actor, order.practice_id, card_id)
    under_way = Payment.objects.filter(order=order, state__in=ON_ITS_WAY, card__isnull=False).last()
    if under_way is not None:
        return under_way
    payment = pay_with_card(order, card, now=now) if is_payable(order) else None
    if payment is None:
        raise NothingToPay("There is nothing to pay for this case now.")
    return payment


def is_payable(order: Order) -> bool:
    """Whether a card may pay for the order now: what is billed by the week or month is paid by its invoice."""
    charge = Charge.objects.select_related("order").filter(order=order).first()
    return (
        bool(settings.CARD_GATEWAY)
        and charge is not None
        and charge.terms == PaymentTerms.PER_CASE
        and charge.state == ChargeState.DUE
        and open_minor(charge) > 0
    )


def choose_card(actor: Actor, practice_id: int, card_id: int | None) -> Card:
    """The practice's card, which cannot be removed before the transaction ends. Raises CardInvalid."""
    lock_practice(practice_id)
    cards = access.rows(actor, Card).filter(practice=practice_id, removed_at=None, gateway=settings.CARD_GATEWAY)
    card = cards.filter(pk=card_id).first() if card_id is not None else None
    if card is None:
        raise CardInvalid("Please choose one of the practice's cards.", field="card")
    return card
