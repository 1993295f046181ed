"""Stripe, asked over its own library. Cards are kept at Stripe: here a card is `cus_…/pm_…`, its names there.

Every request carries the caller's idempotency key and keeps it in its metadata too, so that what was asked for can be
found again after a lost answer. The library's own retries are off: whoever asks decides whether to ask again.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import takewhile
from typing import Any, ClassVar, Final
from uuid import UUID

import stripe
from django.conf import settings

from reprieve.billing.gateways import Absent, Amount, Answer, Declined, Done, Found, Pending, Unknown
from reprieve.lib import money

STRIPE: Final = "stripe"
TIMEOUT: Final = 20  # seconds, for one request
LOOK_BACK: Final = timedelta(days=2)  # how far a payment is looked for whose answer was lost
EXPANDED: Final = ["latest_charge.balance_transaction"]

# What goes away by itself or by topping up the balance (edge: the provider's balance is too low).
PASSING: Final = frozenset({"balance_insufficient", "insufficient_funds", "lock_timeout", "rate_limit"})
REFUSALS: Final = (stripe.CardError, stripe.InvalidRequestError, stripe.RateLimitError)
NOT_YET: Final = frozenset({"processing", "pending", "requires_confirmation"})


class StripeGateway:
    """A client of one Stripe account."""

    by_hand: ClassVar[bool] = False

    def __init__(self, *, address: str = "", key: str = "", timeout: float = TIMEOUT) -> None:
        """By default at the address and with the key of the settings."""
        base = address or settings.STRIPE_ADDRESS
        self._client = stripe.StripeClient(
            key or settings.STRIPE_SECRET_KEY,
            base_addresses={"api": base} if base else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    def charge(self, amount: Amount, *, source: str, key: UUID) -> Answer:
        """Take the amount from a kept card, without its holder being there."""
        return _answered(lambda: self._pay(amount, source, key, capture_method="automatic"), self._of_payment)

    def authorise(self, amount: Amount, *, source: str, key: UUID) -> Answer:
        """Reserve the amount on a kept card. Stripe lets go of it after a week by itself."""
        return _answered(lambda: self._pay(amount, source, key, capture_method="manual"), self._of_payment)

    def capture(self, payment: str, amount: Amount, *, key: UUID) -> Answer:
        """Take what was authorised; a rest is let go of."""
        return _answered(
            lambda: self._client.v1.payment_intents.capture(
                payment, {"amount_to_capture": amount.minor, "expand": EXPANDED}, _with(key)
            ),
            self._of_payment,
        )

    def release(self, payment: str, *, key: UUID) -> Answer:
        """Cancel the intent, so that nothing is ever taken."""
        return _answered(
            lambda: self._client.v1.payment_intents.cancel(payment, {}, _with(key)),
            lambda intent: Done(intent.id) if intent.status == "canceled" else Unknown(f"It is {intent.status}."),
        )

    def refund(self, payment: str, amount: Amount, *, key: UUID) -> Answer:
        """Give so much of a payment back to its card."""
        params: Any = {**_named(payment), "amount": amount.minor, "metadata": {"key": str(key)}}
        return _answered(lambda: self._client.v1.refunds.create(params, _with(key)), _of_refund)

    def look_up_payment(self, payment: str, *, key: UUID) -> Found:
        """What became of it: by its name, or else among the payments of the last two days."""
        if payment:
            return _answered(
                lambda: self._client.v1.payment_intents.retrieve(payment, {"expand": EXPANDED}), self._of_payment
            )
        return _found(self._recent_payments, key, lambda intent: self.look_up_payment(intent.id, key=key))

    def look_up_refund(self, payment: str, *, key: UUID) -> Found:
        """What became of the refund: among those of the payment, the one that keeps the key."""
        params: Any = {**_named(payment), "limit": 100}
        return _found(lambda: self._client.v1.refunds.list(params).auto_paging_iter(), key, _of_refund)

    def _recent_payments(self) -> Iterable[stripe.PaymentIntent]:
        """Newest first, as Stripe lists them."""
        since = (datetime.now(UTC) - LOOK_BACK).timestamp()
        newest_first = self._client.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
        return takewhile(lambda intent: intent.created >= since, newest_first)

    def _pay(self, amount: Amount, source: str, key: UUID, *, capture_method: str) -> stripe.PaymentIntent:
        customer, _, method = source.partition("/")
        params: Any = {
            "amount": amount.minor,
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

    def _of_payment(self, intent: stripe.PaymentIntent) -> Answer:
        if intent.status in {"succeeded", "requires_capture"}:
            return Done(intent.id, fee_minor=_fee(intent) if intent.status == "succeeded" else 0)
        if intent.status in NOT_YET:
            return Pending(intent.id)
        if intent.status == "requires_action":
            return Declined("The bank asks the card's holder to confirm, who is not here.", permanent=True)
        return Declined(_failure(intent) or f"The payment is {intent.status}.", permanent=True)


def usual_fee_minor(amount: Amount) -> int:
    """The card fee by the configured rate: 2.9 % and 0.30 of 120.00 are 3.78. A half goes to the even unit."""
    part = amount.minor * settings.CARD_FEE_PERCENT / 100
    fixed = settings.CARD_FEE_FIXED.scaleb(money.decimals(amount.currency))
    return int((part + fixed).quantize(Decimal(1), ROUND_HALF_EVEN))


def _fee(intent: stripe.PaymentIntent) -> int:
    """The fee of the balance transaction if it is there and in the same currency, else the configured one."""
    moved = getattr(getattr(intent, "latest_charge", None), "balance_transaction", None)
    if isinstance(moved, stripe.BalanceTransaction) and moved.currency == intent.currency:
        return moved.fee
    return usual_fee_minor(Amount(intent.amount, intent.currency.upper()))


def _of_refund(refund: stripe.Refund) -> Answer:
    if refund.status == "succeeded":
        return Done(refund.id)
    if refund.status in {"pending", "requires_action"}:
        return Pending(refund.id)
    why = getattr(refund, "failure_reason", None) or refund.status
    return Declined(f"The refund failed: {why}.", permanent=True)


def _failure(intent: stripe.PaymentIntent) -> str:
    error = getattr(intent, "last_payment_error", None)
    return str(getattr(error, "message", None) or "")


def _answered[Moved](ask: Callable[[], Moved], read: Callable[[Moved], Answer]) -> Answer:
    """The answer to one request."""
    try:
        return read(ask())
    except stripe.StripeError as error:
        return _of_error(error)


def _of_error(error: stripe.StripeError) -> Answer:
    """What Stripe did not clearly refuse is unknown."""
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return Declined("Stripe does not accept the key that is configured.", permanent=False)
    if not isinstance(error, REFUSALS):
        return Unknown(type(error).__name__)
    passing = isinstance(error, stripe.RateLimitError) or error.code in PASSING
    return Declined(error.user_message or str(error.code or "Stripe refused the request."), permanent=not passing)


def _found[Moved: stripe.StripeObject](
    ask: Callable[[], Iterable[Moved]], key: UUID, read: Callable[[Moved], Found]
) -> Found:
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
