"""Pay an order with a kept card: after a card was declined, or where none was chosen when it was placed."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.send_payment import pay_with_card
from reprieve.billing.credit import lock_practice
from reprieve.billing.models import Card, Charge, ChargeState, Payment, PaymentState
from reprieve.billing.payments import ON_ITS_WAY
from reprieve.lib.errors import Invalid, Refused
from reprieve.orders.locking import lock_order


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
    access.require_may_act(actor)
    order = lock_order(actor, order_id)
    card = choose_card(actor, order.practice_id, card_id)
    under_way = Payment.objects.filter(order=order, state__in=ON_ITS_WAY, card__isnull=False).last()
    if under_way is not None:
        return under_way
    charge = Charge.objects.filter(order=order).first()
    is_open = charge is not None and payable_minor(charge, order.payments.all()) > 0
    payment = pay_with_card(order, card, now=now) if is_open else None
    if payment is None:
        raise NothingToPay(gettext("There is nothing to pay for this case now."))
    return payment


def payable_minor(charge: Charge, payments: Iterable[Payment]) -> int:
    """How much a card may pay of the charge now, with the order's payments at hand, in minor units.

    What is billed by the week or the month is paid by its invoice, and nothing while the order is paused (D8).
    """
    if not settings.CARD_GATEWAY or charge.terms != PaymentTerms.PER_CASE or charge.state != ChargeState.DUE:
        return 0
    counted = sum(each.amount_minor for each in payments if each.state in (PaymentState.PAID, *ON_ITS_WAY))
    return max(charge.total_minor - counted, 0)


def choose_card(actor: Actor, practice_id: int, card_id: int | None) -> Card:
    """The practice's card, which cannot be removed before the transaction ends. Raises CardInvalid."""
    lock_practice(practice_id)
    cards = access.rows(actor, Card).filter(practice=practice_id, removed_at=None, gateway=settings.CARD_GATEWAY)
    card = cards.filter(pk=card_id).first() if card_id is not None else None
    if card is None:
        raise CardInvalid(gettext("Please choose one of the practice's cards."), field="card")
    return card
