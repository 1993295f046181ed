"""Stripe, asked over its own library. Cards are kept at Stripe: here a card is `cus_…/pm_…`, its names there.

Every request carries the caller's idempotency key and keeps it in its metadata too, so that what was asked for can be
found again after a lost answer. The library's own retries are off: whoever asks decides whether to ask again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import takewhile
from typing import Any, ClassVar, Final
from uuid import UUID

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from reprieve.billing.gateways import (
    Absent,
    Amount,
    Answer,
    Authorised,
    CardPage,
    Declined,
    Done,
    Found,
    GatewayUnavailable,
    PaymentAnswer,
    PaymentFound,
    Pending,
    Released,
    SavedCard,
    Unknown,
)
from reprieve.history.own_words import ANOTHER_AMOUNT, HOLDER_IS_ASKED, KEY_REFUSED, REQUEST_REFUSED
from reprieve.lib import money

STRIPE: Final = "stripe"
CARD_PAGES: Final = "https://checkout.stripe.com"  # where people write their cards down
TIMEOUT: Final = 20  # seconds, for one request
CLOCKS_DIFFER: Final = timedelta(hours=1)  # how far Stripe's clock may be behind ours
EXPANDED: Final = ["latest_charge.balance_transaction"]

# Currencies in which Stripe counts with other decimals than ISO 4217, for its own history: 5 krónur are 500 there.
DECIMALS: Final[Mapping[str, int]] = {"ISK": 2, "MGA": 0, "UGX": 2}

UNAVAILABLE: Final = _("The page for cards cannot be reached just now. Nothing has changed.")

# What goes away by itself or by topping up the balance (edge: the provider's balance is too low).
PASSING: Final = frozenset({"balance_insufficient", "insufficient_funds", "lock_timeout", "rate_limit"})
REFUSALS: Final = (stripe.CardError, stripe.InvalidRequestError, stripe.RateLimitError)
NOT_YET: Final = frozenset({"processing", "pending", "requires_confirmation"})


class StripeGateway:
    by_hand: ClassVar[bool] = False

    def __init__(self, *, address: str = "", key: str = "", timeout: float = TIMEOUT) -> None:
        base = address or settings.STRIPE_ADDRESS
        self._client = stripe.StripeClient(
            key or settings.STRIPE_SECRET_KEY,
            base_addresses={"api": base} if base else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    @property
    def client(self) -> stripe.StripeClient:
        """Stripe's own client, for what is no business of a gateway."""
        return self._client

    def charge(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:
        """Take the amount from a kept card, without its holder being there."""
        return _answered(lambda: self._pay(amount, source, key, capture_method="automatic"), of_payment)

    def authorise(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:
        """Reserve the amount on a kept card. Stripe lets go of it after a week by itself."""
        return _answered(lambda: self._pay(amount, source, key, capture_method="manual"), of_payment)

    def capture(self, payment: str, amount: Amount, *, key: UUID) -> PaymentAnswer:
        """Take what was authorised; a rest is let go of."""
        return _answered(
            lambda: self._client.v1.payment_intents.capture(
                payment, {"amount_to_capture": units(amount), "expand": EXPANDED}, _with(key)
            ),
            of_payment,
        )

    def release(self, payment: str, *, key: UUID) -> PaymentAnswer:
        return _answered(lambda: self._client.v1.payment_intents.cancel(payment, {}, _with(key)), of_payment)

    def refund(self, payment: str, amount: Amount, *, key: UUID) -> Answer:
        return _answered(lambda: self._refund(payment, amount, key), of_refund)

    def look_up_payment(self, payment: str, *, key: UUID, since: datetime) -> PaymentFound:
        """How it stands: by its name, or else among the payments since then."""
        if payment:
            return _answered(
                lambda: self._client.v1.payment_intents.retrieve(payment, {"expand": EXPANDED}), of_payment
            )
        return _found(
            lambda: self._payments_since(since),
            key,
            lambda intent: self.look_up_payment(intent.id, key=key, since=since),
        )

    def look_up_refund(self, payment: str, *, key: UUID) -> Found:
        """What became of the refund: among those of the payment, the one that keeps the key."""
        params: Any = {**_named(payment), "limit": 100}
        return _found(lambda: self._client.v1.refunds.list(params).auto_paging_iter(), key, of_refund)

    def add_holder(self, practice_number: str, *, key: UUID) -> str:
        """A customer at Stripe. Its people's names and addresses are none of Stripe's business."""
        with available():
            return self._client.v1.customers.create({"description": practice_number}, _with(key)).id

    def open_card_page(self, holder: str, *, back: str, cancel: str, key: UUID, currency: str) -> CardPage:
        """A Checkout page in setup mode: nothing is charged there."""
        params: Any = {
            "mode": "setup",
            "customer": holder,
            "allowed_payment_method_types": ["card"],
            "currency": currency.lower(),
            "success_url": back,
            "cancel_url": cancel,
            "metadata": {"key": str(key)},
        }
        with available():
            session = self._client.v1.checkout.sessions.create(params, _with(key))
        return CardPage(session.id, session.url or "")

    def saved_card(self, page: str) -> SavedCard | None:
        """The card that Checkout attached to the customer."""
        with available():
            session = self._client.v1.checkout.sessions.retrieve(page, {"expand": ["setup_intent.payment_method"]})
        method = getattr(session.setup_intent, "payment_method", None)
        card = getattr(method, "card", None)
        if session.status != "complete" or not isinstance(method, stripe.PaymentMethod) or card is None:
            return None
        return SavedCard(
            source=f"{session.customer}/{method.id}",
            brand=card.brand,
            last4=card.last4,
            expires_month=card.exp_month,
            expires_year=card.exp_year,
        )

    def forget_card(self, source: str) -> None:
        try:
            self._client.v1.payment_methods.detach(source.partition("/")[2])
        except stripe.InvalidRequestError:
            return  # Stripe knows no such card of a customer
        except stripe.StripeError as error:
            raise GatewayUnavailable(str(UNAVAILABLE)) from error

    def _refund(self, payment: str, amount: Amount, key: UUID) -> stripe.Refund:
        params: Any = {**_named(payment), "amount": units(amount), "metadata": {"key": str(key)}}
        return self._client.v1.refunds.create(params, _with(key))

    def _payments_since(self, since: datetime) -> Iterable[stripe.PaymentIntent]:
        """Newest first, as Stripe lists them."""
        earliest = (since - CLOCKS_DIFFER).timestamp()
        newest_first = self._client.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
        return takewhile(lambda intent: intent.created >= earliest, newest_first)

    def _pay(self, amount: Amount, source: str, key: UUID, *, capture_method: str) -> stripe.PaymentIntent:
        customer, _, method = source.partition("/")
        params: Any = {
            "amount": units(amount),
            "currency": amount.currency.lower(),
            "customer": customer,
            "payment_method": method,
            "payment_method_types": ["card"],
            "capture_method": capture_method,
            "confirm": True,
            "off_session": True,
            "metadata": {"key": str(key)},
            "expand": EXPANDED,
        }
        return self._client.v1.payment_intents.create(params, _with(key))


def units(amount: Amount) -> int:
    """The number that Stripe calls the amount. Raises InvalidRequestError, as Stripe would, where there is none."""
    shift = _more_decimals(amount.currency)
    found = Decimal(amount.minor).scaleb(shift)
    if found != found.to_integral_value():
        refusal: Any = stripe.InvalidRequestError
        raise refusal("There is no such amount.", "amount", code="amount_has_too_many_decimals")
    return int(found)


def minor(counted: int, currency: str) -> int:
    """The minor units of what Stripe has counted. What is finer, such as a fee, is rounded half to the even unit."""
    return int(Decimal(counted).scaleb(-_more_decimals(currency)).quantize(Decimal(1), ROUND_HALF_EVEN))


def _more_decimals(currency: str) -> int:
    usual = money.decimals(currency)
    return DECIMALS.get(currency, usual) - usual


def of_payment(intent: stripe.PaymentIntent) -> PaymentAnswer:
    match intent.status:
        case "succeeded":
            return _taken(intent)
        case "requires_capture":
            return Authorised(intent.id)
        case "canceled":
            return Released()
        case "requires_action":
            return Declined(HOLDER_IS_ASKED, permanent=True)
        case status if status in NOT_YET:
            return Pending(intent.id)
    return Declined(_failure(intent) or f"The payment is {intent.status}.", permanent=True)


def _taken(intent: stripe.PaymentIntent) -> Done | Unknown:
    """Done; unless somebody has captured a part of it at Stripe itself, so that the whole is not there."""
    if getattr(intent, "amount_received", intent.amount) != intent.amount:
        return Unknown(ANOTHER_AMOUNT)
    return Done(intent.id, fee_minor=_fee(intent))


def usual_fee_minor(amount: Amount) -> int:
    """The card fee by the configured rate: 2.9 % and 0.30 of 120.00 are 3.78. A half goes to the even unit."""
    part = amount.minor * settings.CARD_FEE_PERCENT / 100
    fixed = settings.CARD_FEE_FIXED.scaleb(money.decimals(amount.currency))
    return int((part + fixed).quantize(Decimal(1), ROUND_HALF_EVEN))


def _fee(intent: stripe.PaymentIntent) -> int:
    """The fee of the balance transaction if it is there and in the same currency, else the configured one."""
    currency = intent.currency.upper()
    moved = getattr(getattr(intent, "latest_charge", None), "balance_transaction", None)
    if isinstance(moved, stripe.BalanceTransaction) and moved.currency == intent.currency:
        return minor(moved.fee, currency)
    return usual_fee_minor(Amount(minor(intent.amount, currency), currency))


def of_refund(refund: stripe.Refund) -> Answer:
    if refund.status == "succeeded":
        return Done(refund.id)
    if refund.status in {"pending", "requires_action"}:
        return Pending(refund.id)
    why = getattr(refund, "failure_reason", None) or refund.status
    return Declined(f"The refund failed: {why}.", permanent=True)


def _failure(intent: stripe.PaymentIntent) -> str:
    error = getattr(intent, "last_payment_error", None)
    return str(getattr(error, "message", None) or "")


@contextmanager
def available() -> Iterator[None]:
    """Raises GatewayUnavailable for whatever Stripe answers but yes. Its own words are for programmers."""
    try:
        yield
    except stripe.StripeError as error:
        raise GatewayUnavailable(str(UNAVAILABLE)) from error


def _answered[Moved, Told](ask: Callable[[], Moved], read: Callable[[Moved], Told]) -> Told | Declined | Unknown:
    try:
        return read(ask())
    except stripe.StripeError as error:
        return _of_error(error)


def _of_error(error: stripe.StripeError) -> Declined | Unknown:
    """What Stripe did not clearly refuse is unknown."""
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return Declined(KEY_REFUSED, permanent=False)
    if not isinstance(error, REFUSALS):
        return Unknown(type(error).__name__)
    passing = isinstance(error, stripe.RateLimitError) or error.code in PASSING
    return Declined(error.user_message or str(error.code or REQUEST_REFUSED), permanent=not passing)


def _found[Moved: stripe.StripeObject, Told](
    ask: Callable[[], Iterable[Moved]], key: UUID, read: Callable[[Moved], Told]
) -> Told | Absent | Unknown:
    """The one that keeps the key in its metadata; Absent where none does."""
    try:
        match = next((each for each in ask() if _key_of(each) == str(key)), None)
    except stripe.StripeError as error:
        return Unknown(type(error).__name__)
    return Absent() if match is None else read(match)


def _key_of(kept: stripe.StripeObject) -> str | None:
    metadata = getattr(kept, "metadata", None)
    return getattr(metadata, "key", None)


def _named(payment: str) -> dict[str, str]:
    return {"payment_intent" if payment.startswith("pi_") else "charge": payment}


def _with(key: UUID) -> stripe.RequestOptions:
    return {"idempotency_key": str(key)}
