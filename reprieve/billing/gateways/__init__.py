"""Gateways: the outside parties that move money, behind one small protocol.

Every call that moves something takes an idempotency key: asked twice with one key, a gateway acts once. An answer is
never guessed: what is not clearly yes, no or under way is `Unknown`, and is looked up before it is tried again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import ClassVar, Final, Protocol, cast, runtime_checkable
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from reprieve.lib.errors import Refused

MANUAL: Final = "manual"


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in minor units: 12000 of USD are $120.00."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is done. `provider_id` is the provider's name for it, `fee_minor` what the provider keeps of it."""

    provider_id: str
    fee_minor: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """It is under way, and the last word follows. `provider_id` is empty while the provider has not named it."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """It was not done and will not be under this key. `permanent`: nor under another, without somebody's help."""

    why: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was done: a time-out, a broken connection, an answer that makes no sense."""

    why: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Only of a look-up: the gateway has never heard of it, so asking for it with the same key does no harm."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Only of a payment: the amount is reserved on the card. It can be captured or released, and is not yet paid."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Released:
    """Only of a payment: nothing was taken and nothing will be. It was released, or the reservation has run out."""


type Answer = Done | Pending | Declined | Unknown
type Found = Answer | Absent
type PaymentAnswer = Answer | Authorised | Released
type PaymentFound = PaymentAnswer | Absent


class Gateway(Protocol):
    """What can be asked of a provider. It answers, and never raises for what a provider can do wrong.

    A payment is named by the `provider_id` that `charge` or `authorise` was answered with. `by_hand` says that people
    do what is asked, so that nothing is to be had from asking again.
    """

    by_hand: ClassVar[bool]

    def charge(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:
        """Take the amount now. `source` is the gateway's name for the card."""
        ...

    def authorise(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:
        """Reserve the amount, to be captured or released later."""
        ...

    def capture(self, payment: str, amount: Amount, *, key: UUID) -> PaymentAnswer: ...

    def release(self, payment: str, *, key: UUID) -> PaymentAnswer:
        """Let go of what was authorised; it costs nobody a fee."""
        ...

    def refund(self, payment: str, amount: Amount, *, key: UUID) -> Answer:
        """Give so much of a payment back."""
        ...

    def look_up_payment(self, payment: str, *, key: UUID, since: datetime) -> PaymentFound:
        """How a payment stands. `payment` is empty where the answer was lost; it was not asked for before `since`."""
        ...

    def look_up_refund(self, payment: str, *, key: UUID) -> Found:
        """What became of the refund that was asked for with this key."""
        ...


@dataclass(frozen=True, slots=True)
class CardPage:
    """A page of the provider's on which a person writes down a card. `provider_id` names it in later questions."""

    provider_id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCard:
    """A card that the provider keeps. `source` is its name there; the rest is what people know it by."""

    source: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int


class GatewayUnavailable(Refused):
    """The provider cannot be asked just now, or does not do what it was asked. Nothing has changed."""

    usual_remedy = _("Please try again in a few minutes.")


@runtime_checkable
class CardGateway(Gateway, Protocol):
    """A gateway that keeps cards, for holders of whom a practice has one. Each call raises GatewayUnavailable."""

    def add_holder(self, practice_number: str, *, key: UUID) -> str:
        """The name of a new holder of cards, for a practice."""
        ...

    def open_card_page(self, holder: str, *, back: str, cancel: str, key: UUID, currency: str) -> CardPage:
        """A page on which to write down a card. It leads `back` when the card is written down, else to `cancel`."""
        ...

    def saved_card(self, page: str) -> SavedCard | None:
        """The card that was written down on the page; None while there is none."""
        ...

    def forget_card(self, source: str) -> None:
        """Keep the card no longer. One that is not there any more is fine."""
        ...


def card_gateway() -> CardGateway | None:
    """The gateway that keeps cards; None where the business takes none."""
    name: str = settings.CARD_GATEWAY
    return cast("CardGateway", gateway(name)) if name else None


def gateway(name: str) -> Gateway:
    """The gateway of this name, from the setting GATEWAYS. Raises ImproperlyConfigured for one that is not there."""
    known: Mapping[str, str] = settings.GATEWAYS
    if name not in known:
        raise ImproperlyConfigured(f"There is no payment gateway {name!r}. Known are: {', '.join(sorted(known))}.")
    return loaded(known[name])


@cache
def loaded(path: str) -> Gateway:
    made: Gateway = import_string(path)()
    return made
