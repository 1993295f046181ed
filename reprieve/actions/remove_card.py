"""Remove a card, or make another one the card that is used unless one is chosen."""

from datetime import datetime

from django.db import transaction
from django.tasks import task
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.billing.credit import lock_practice
from reprieve.billing.gateways import CardGateway, gateway
from reprieve.billing.models import ON_ITS_WAY, Card
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.errors import Refused


class CardInUse(Refused):
    """A payment with the card is not settled: it may have to be captured, or charged again with the same card."""

    usual_remedy = _("Please wait until it is paid or released, or ask support.")


@transaction.atomic
def remove_card(*, card_id: int, actor: Actor, now: datetime) -> Card:
    """Use it no more, and have the provider forget it after the commit. Removed already: nothing happens.

    Where it was the one that is used, the newest of the others is from now on. Raises NotFound, NotAllowed, CardInUse.
    """
    card = _locked(actor, card_id)
    if card.removed_at is not None:
        return card
    if card.payments.filter(state__in=ON_ITS_WAY).exists():
        raise CardInUse(gettext("A payment with this card is under way."))
    was_default, card.is_default, card.removed_at = card.is_default, False, now
    card.save(update_fields=["is_default", "removed_at"])
    newest = card.practice.cards.filter(removed_at=None).last()
    if was_default and newest is not None:
        newest.is_default = True
        newest.save(update_fields=["is_default"])
    record(
        EventType.CARD_REMOVED,
        subject=Practice.SUBJECT,
        subject_id=card.practice_id,
        actor=actor,
        now=now,
        data={"card": str(card)},
    )
    forget_card.enqueue(card.pk)
    return card


@transaction.atomic
def use_card(*, card_id: int, actor: Actor) -> Card:
    """Make it the card that is used unless another is chosen. Raises NotFound, also for a removed one; NotAllowed."""
    card = _locked(actor, card_id, removed_at=None)
    card.practice.cards.filter(is_default=True).exclude(pk=card.pk).update(is_default=False)
    card.is_default = True
    card.save(update_fields=["is_default"])
    return card


@task()
def forget_card(card_id: int) -> None:
    """Background work. A provider that cannot be asked makes the worker try again."""
    card = Card.objects.get(pk=card_id)
    keeper = gateway(card.gateway)
    if card.removed_at is not None and isinstance(keeper, CardGateway):
        keeper.forget_card(card.source)


def _locked(actor: Actor, card_id: int, **narrowed: object) -> Card:
    access.require_may_act(actor)
    found = access.find(actor, Card, pk=card_id, **narrowed)
    lock_practice(found.practice_id)
    return access.find(actor, Card, pk=card_id, **narrowed)
