"""Keep a card: a visit to the provider's own page, where its number is written down, and what comes of the visit.

No number of a card is ever seen here, and no script of the provider runs on our pages.
"""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import Practice
from reprieve.billing.credit import lock_practice
from reprieve.billing.gateways import CardGateway, SavedCard, card_gateway
from reprieve.billing.models import Card, CardHolder, CardSetup
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.lib.errors import NotFound, Refused


class NoCardsTaken(Refused):
    """The business has set up no gateway that keeps cards."""


def open_card_page(  # noqa: PLR0913 - the whole command in one line
    *, practice_id: int, actor: Actor, key: UUID, back: str, cancel: str, now: datetime
) -> str:
    """Begin a visit, and the address of the provider's page. `key` makes a repeat of the same form harmless.

    Raises NotFound, NoCardsTaken, GatewayUnavailable (and the visit can be begun again).
    """
    keeper = _keeper()
    practice = access.find(actor, Practice, pk=practice_id)
    fresh = {
        "practice": practice,
        "gateway": settings.CARD_GATEWAY,
        "asked_by_id": actor.person_id,
        "asked_by_name": actor.name,
        "asked_at": now,
    }
    setup, _ = CardSetup.objects.get_or_create(key=key, defaults=fresh)
    if setup.practice_id != practice.pk:
        raise NotFound(gettext("There is nothing at this address."))
    page = keeper.open_card_page(
        _holder(practice, keeper), back=back, cancel=cancel, key=key, currency=settings.BUSINESS_CURRENCY
    )
    CardSetup.objects.filter(pk=setup.pk).update(provider_id=page.provider_id)
    return page.url


def save_card(*, setup_id: int, actor: Actor, now: datetime) -> Card | None:
    """Keep the card that the visit has brought; None while it has brought none. Kept already: the same card again.

    Raises NotFound, NoCardsTaken, GatewayUnavailable.
    """
    setup = access.find(actor, CardSetup, pk=setup_id)
    if setup.card is not None or not setup.provider_id:
        return setup.card
    found = _keeper().saved_card(setup.provider_id)
    return _keep(setup.pk, found, now=now) if found is not None else None


@transaction.atomic
def _keep(setup_id: int, found: SavedCard, *, now: datetime) -> Card:
    practice = lock_practice(CardSetup.objects.get(pk=setup_id).practice_id)
    setup = CardSetup.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=setup_id)
    if setup.card is not None:
        return setup.card
    setup.card, is_new = Card.objects.get_or_create(
        gateway=setup.gateway,
        source=found.source,
        defaults={
            "practice": practice,
            "brand": found.brand,
            "last4": found.last4,
            "expires_month": found.expires_month,
            "expires_year": found.expires_year,
            "is_default": not practice.cards.filter(removed_at=None, is_default=True).exists(),
            "added_by": setup.asked_by,
            "added_by_name": setup.asked_by_name,
            "added_at": now,
        },
    )
    setup.save(update_fields=["card"])
    if is_new:
        who = Actor.of(setup.asked_by) if setup.asked_by else SYSTEM
        record(
            EventType.CARD_ADDED,
            subject=Practice.SUBJECT,
            subject_id=practice.pk,
            actor=who,
            now=now,
            data={"card": str(setup.card)},
        )
    return setup.card


def _holder(practice: Practice, keeper: CardGateway) -> str:
    """The practice's name at the provider. Asked for twice at once, the provider gives the same one."""
    found = CardHolder.objects.filter(practice=practice, gateway=settings.CARD_GATEWAY).first()
    if found is None:
        key = uuid5(NAMESPACE_URL, f"{settings.BASE_URL}/{practice.number}")
        name = keeper.add_holder(practice.number, key=key)
        found, _ = CardHolder.objects.get_or_create(
            practice=practice, gateway=settings.CARD_GATEWAY, defaults={"provider_id": name}
        )
    return found.provider_id


def _keeper() -> CardGateway:
    keeper = card_gateway()
    if keeper is None:
        raise NoCardsTaken(
            gettext("Cards are not taken here."), remedy=gettext("Please pay by bank transfer, or ask support.")
        )
    return keeper
