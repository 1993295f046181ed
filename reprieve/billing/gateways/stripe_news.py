"""What Stripe tells us by itself. A message is believed to come from Stripe, and nothing of what it says is.

Messages come late, twice and out of order, so that only their names count: which kind of thing, and which one. How the
thing stands is then asked of Stripe, as of now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID

import stripe
from django.conf import settings
from django.utils.translation import gettext

from reprieve.billing.gateways import Answer, PaymentAnswer
from reprieve.billing.gateways.stripe import EXPANDED, StripeGateway, available, minor, of_payment, of_refund
from reprieve.lib.errors import Refused

OLDEST: Final = 300  # seconds between a message's signing and its coming


class Subject(Enum):
    CARD_PAGE = auto()
    PAYMENT = auto()
    CHARGE = auto()  # what a payment took from the card
    REFUND = auto()
    DISPUTE = auto()


SUBJECTS: Final[Mapping[str, Subject]] = {
    "checkout.session.completed": Subject.CARD_PAGE,
    "payment_intent.succeeded": Subject.PAYMENT,
    "payment_intent.payment_failed": Subject.PAYMENT,
    "payment_intent.canceled": Subject.PAYMENT,
    "payment_intent.processing": Subject.PAYMENT,
    "payment_intent.amount_capturable_updated": Subject.PAYMENT,
    "charge.updated": Subject.CHARGE,
    "refund.created": Subject.REFUND,
    "refund.updated": Subject.REFUND,
    "refund.failed": Subject.REFUND,
    "charge.refund.updated": Subject.REFUND,
    "charge.dispute.created": Subject.DISPUTE,
    "charge.dispute.updated": Subject.DISPUTE,
    "charge.dispute.closed": Subject.DISPUTE,
}


class NotFromStripe(Refused):
    """It is not signed with our secret, or was signed too long ago, or is no message at all."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, by its own name. `subject` is None for kinds that are of no interest; `name` is Stripe's for it."""

    event_id: str
    type: str
    subject: Subject | None
    name: str


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """How a payment stands. `key` is the one that we asked with; None for a payment that is not ours."""

    key: UUID | None
    answer: PaymentAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNews:
    """How a refund stands. `key` is the one that we asked with; None where it was made at Stripe itself."""

    key: UUID | None
    name: str
    payments: tuple[str, ...]
    amount_minor: int
    currency: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """How a dispute stands: `closed` is empty while it is open, else in one word how it ended."""

    payments: tuple[str, ...]
    closed: str


def read(body: bytes, signature: str) -> Message:
    """The message. Raises NotFromStripe; also where no secret is configured, as everybody knows the empty one."""
    secret: str = settings.STRIPE_WEBHOOK_SECRET
    if not secret:
        raise NotFromStripe(gettext("No secret of a webhook is configured."))
    try:
        event = stripe.Webhook.construct_event(body, signature, secret, tolerance=OLDEST)
        thing: Any = event.data.object
        name = str(getattr(thing, "id", ""))
        return Message(event.id, event.type, SUBJECTS.get(event.type), name)
    except (ValueError, AttributeError, stripe.SignatureVerificationError) as problem:
        raise NotFromStripe(gettext("This is no message of Stripe's.")) from problem


class StripeNews:
    """Asks Stripe how things stand that it told of. Each raises GatewayUnavailable; None: Stripe has no such thing."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._client = gateway.client

    def card_page(self, name: str) -> UUID | None:
        """The key of the visit that the page was opened for; None where it was not for us."""
        return _ours(_asked(lambda: self._client.v1.checkout.sessions.retrieve(name)))

    def payment(self, name: str) -> PaymentNews | None:
        found = _asked(lambda: self._client.v1.payment_intents.retrieve(name, {"expand": EXPANDED}))
        return PaymentNews(_ours(found), of_payment(found)) if found is not None else None

    def charge(self, name: str) -> PaymentNews | None:
        found = _asked(lambda: self._client.v1.charges.retrieve(name))
        payment = _name(found, "payment_intent")
        return self.payment(payment) if payment else None

    def refund(self, name: str) -> RefundNews | None:
        found = _asked(lambda: self._client.v1.refunds.retrieve(name))
        if found is None:
            return None
        return RefundNews(
            key=_ours(found),
            name=found.id,
            payments=_payments(found),
            amount_minor=minor(found.amount, found.currency.upper()),
            currency=found.currency.upper(),
            answer=of_refund(found),
        )

    def dispute(self, name: str) -> DisputeNews | None:
        """How the dispute stands. An inquiry that the bank has closed ends like one that was won."""
        found = _asked(lambda: self._client.v1.disputes.retrieve(name))
        if found is None:
            return None
        closed = {"won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost"}.get(found.status, "")
        return DisputeNews(_payments(found), closed)


def _asked[Told](ask: Callable[[], Told]) -> Told | None:
    with available():
        try:
            return ask()
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise


def _ours(thing: stripe.StripeObject | None) -> UUID | None:
    """The key that the thing keeps in its metadata, if it is one that we could have written there."""
    try:
        return UUID(str(getattr(getattr(thing, "metadata", None), "key", None)))
    except ValueError:
        return None


def _payments(thing: stripe.StripeObject) -> tuple[str, ...]:
    """The names under which a payment may be known: that of the intent, and that of the charge."""
    return tuple(filter(None, (_name(thing, "payment_intent"), _name(thing, "charge"))))


def _name(thing: stripe.StripeObject | None, field: str) -> str:
    """The name of another thing, which is there whole or as its name."""
    other = getattr(thing, field, None)
    return str(getattr(other, "id", other) or "")
