"""What a cancellation would cost, in words: by the money terms of the rule that allows it, and how the case is paid."""

from collections.abc import Iterator

from django.utils.translation import gettext
from moneyed import Money

from reprieve.billing.models import Charge, ChargeState
from reprieve.billing.payments import PAYABLE
from reprieve.billing.periods import BILLED_IN_PERIODS
from reprieve.lib.money import display
from reprieve.policies.money_terms import MoneyTerms, RefundTo


def cost_in_words(terms: MoneyTerms, currency: str) -> str:
    """What cancelling would cost under terms as they apply, in one sentence. Amounts are computed where money moves."""
    if terms.share is None:
        return gettext("What it costs depends on the work done so far.")
    if terms.share != 1 or terms.fixed_fee or terms.keeps_deposit:
        return refund_in_words(terms, currency)
    return (
        gettext("Free of charge. If your card was charged already, its processing fee is kept.")
        if terms.keeps_processing_fee
        else gettext("Free of charge.")
    )


def not_billed_in_words(charge: Charge) -> str:
    """That nothing of it was charged and nothing will be; empty where that is not so, or nobody would wonder."""
    if charge.terms not in BILLED_IN_PERIODS:
        return ""
    if charge.state in PAYABLE:
        return gettext("Nothing was charged yet, and the case will be on no invoice.")
    return gettext("Nothing was charged: the case is on no invoice.") if charge.state == ChargeState.VOIDED else ""


def refund_in_words(terms: MoneyTerms, currency: str) -> str:
    """What comes back if it is cancelled under terms as they apply."""
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
        yield gettext("a fee of %s") % display(Money(terms.fixed_fee, currency))
    if terms.keeps_processing_fee:
        yield gettext("the card's processing fee")
