"""Cards to test with, kept at the fake provider, and orders that are paid with them."""

from itertools import count

import pytest
from pytest_django import Settings

from reprieve.accounts.actors import Actor
from reprieve.actions.place_order import place_order
from reprieve.billing.models import Card, CardSetup, Payment
from reprieve.orders.building import Details, LineDetails
from reprieve.orders.models import Order
from tests import fake_gateway
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog

NUMBERS = count(1)


@pytest.fixture(autouse=True)
def cards_are_taken(settings: Settings) -> None:
    """The business takes cards, at a provider that has just begun."""
    settings.CARD_GATEWAY = "fake"
    fake_gateway.forget()


def a_card(cast: Cast, *, stranger: bool = False, default: bool = False) -> Card:
    """A card of the owner's practice, or of the stranger's."""
    number = next(NUMBERS)
    return Card.objects.create(
        practice=cast.other_practice if stranger else cast.practice,
        gateway="fake",
        source=f"cus_1/pm_{number}",
        brand="visa",
        last4=f"{number:04}",
        expires_month=4,
        expires_year=2030,
        is_default=default,
        added_by=cast.owner,
        added_by_name="Owner",
        added_at=NOON,
    )


def a_card_visit(cast: Cast) -> CardSetup:
    """A visit of the owner's to the provider's page."""
    return CardSetup.objects.create(
        practice=cast.practice,
        gateway="fake",
        provider_id=f"cus_1/visit_{next(NUMBERS)}",
        asked_by=cast.owner,
        asked_by_name="Owner",
        asked_at=NOON,
    )


def an_order_by_card(catalog: Catalog, actor: Actor, card: Card, *families: str) -> tuple[Order, Payment]:
    """A placed order of the card's practice, and the payment that is to follow."""
    order = place_order(
        practice_id=card.practice_id,
        actor=actor,
        wanted=[LineDetails(catalog.products[family].pk) for family in families or ("crowns",)],
        details=Details(patient_reference="J.D.", card_id=card.pk),
        now=NOON,
    )
    return order, Payment.objects.get(charge__order=order, card=card)
