"""What a cancellation would cost, in words: by the money terms of the rule that allows it, and how the case is paid."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, cast

from django.utils.translation import gettext
from moneyed import Money

from reprieve.accounts.models import PaymentTerms
from reprieve.billing.models import Charge, ChargeState, Method, PaymentState
from reprieve.billing.payments import ON_ITS_WAY, PAYABLE
from reprieve.billing.periods import BILLED_IN_PERIODS
from reprieve.dmn.values import Value
from reprieve.lib.money import display
from reprieve.orders.models import Order
from reprieve.policies.money_terms import MoneyTerms, RefundTo

MAY_BE_CHARGED: Final = (PaymentState.PAID, *ON_ITS_WAY)


def cost_in_words(outputs: Mapping[str, object], currency: str, *, by_card: bool = True) -> str:
    """What cancelling would cost, in one sentence. Amounts are computed where money is moved.

    `by_card`: whether a card has to do with it, see `card_pays`; otherwise nothing is said of its fee.
    """
    terms = _terms(outputs, by_card=by_card)
    if terms.share is None:
        return gettext("What it costs depends on the work done so far.")
    if terms.share != 1 or terms.fixed_fee or terms.keeps_deposit:
        return _refund(terms, currency)
    return (
        gettext("Free of charge. If your card was charged already, its processing fee is kept.")
        if terms.keeps_processing_fee
        else gettext("Free of charge.")
    )


def cost_of(order: Order) -> Callable[[Mapping[str, object]], str]:
    """What cancelling this order would cost under a decision, as a function of the decision's outputs."""
    return partial(cost_in_words, currency=order.currency, by_card=card_pays(order))


def refund_in_words(outputs: Mapping[str, object], currency: str, *, by_card: bool = True) -> str:
    """What comes back if it is cancelled under a decision, whether just made or kept."""
    return _refund(_terms(outputs, by_card=by_card), currency)


def card_pays(order: Order) -> bool:
    """Whether a card has paid the order, is to, or still may: only then can its processing fee be kept."""
    if any(each.method == Method.CARD and each.state in MAY_BE_CHARGED for each in order.payments.all()):
        return True
    charge: Charge | None = getattr(order, "charge", None)
    return charge is None or (charge.terms == PaymentTerms.PER_CASE and charge.state != ChargeState.PAID)


def not_billed_in_words(order: Order) -> str:
    """That nothing of the order was charged and nothing will be; empty where that is not so, or nobody would wonder."""
    charge: Charge | None = getattr(order, "charge", None)
    if charge is None or charge.terms not in BILLED_IN_PERIODS:
        return ""
    if charge.state in PAYABLE:
        return gettext("Nothing was charged yet, and the case will be on no invoice.")
    return gettext("Nothing was charged: the case is on no invoice.") if charge.state == ChargeState.VOIDED else ""


def _terms(outputs: Mapping[str, object], *, by_card: bool) -> MoneyTerms:
    terms = MoneyTerms.of(cast("Mapping[str, Value]", outputs))
    return terms if by_card else replace(terms, keeps_processing_fee=False)


def _refund(terms: MoneyTerms, currency: str) -> str:
    if terms.share is None:
        return gettext("Support will tell you the amount.")
    if terms.share == 0:
        return gettext("Nothing that was paid is refunded.")
    words = (
        gettext("What was paid is refunded")
        if terms.share == 1
        else gettext("%s%% of what was paid is refunded") % f"{(terms.share * 100).normalize():f}"
    )
    if terms.refund_to == RefundTo.STORE_CREDIT:
        words = gettext("%s as store credit") % words
    kept = gettext(" and ").join(_kept(terms, currency))
    return gettext("%(words)s, minus %(kept)s.") % {"words": words, "kept": kept} if kept else gettext("%s.") % words


def _kept(terms: MoneyTerms, currency: str) -> Iterator[str]:
    if terms.keeps_deposit:
        yield gettext("the deposit")
    if terms.fixed_fee:
        fee = display(Money(terms.fixed_fee, currency))
        yield gettext("a fee of %s") % fee
    if terms.keeps_processing_fee:
        yield gettext("the card's processing fee")
