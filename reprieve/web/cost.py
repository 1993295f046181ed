"""What a cancellation would cost, in words, from the money terms of the rule that allows it."""

from collections.abc import Iterator, Mapping
from typing import cast

from django.utils.translation import get_language, gettext
from moneyed import Money

from reprieve.dmn.values import Value
from reprieve.lib.money import display
from reprieve.policies.money_terms import MoneyTerms, RefundTo


def cost_in_words(outputs: Mapping[str, object], currency: str) -> str:
    """What cancelling would cost, in one sentence. Amounts are computed where money is moved."""
    terms = _terms(outputs)
    if terms.share is None:
        return gettext("What it costs depends on the work done so far.")
    if terms.share != 1 or terms.fixed_fee or terms.keeps_deposit:
        return _refund(terms, currency)
    return (
        gettext("Free of charge. If your card was charged already, its processing fee is kept.")
        if terms.keeps_processing_fee
        else gettext("Free of charge.")
    )


def refund_in_words(outputs: Mapping[str, object], currency: str) -> str:
    """What comes back if it is cancelled under a decision, whether just made or kept."""
    return _refund(_terms(outputs), currency)


def _terms(outputs: Mapping[str, object]) -> MoneyTerms:
    return MoneyTerms.of(cast("Mapping[str, Value]", outputs))


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
        fee = display(Money(terms.fixed_fee, currency), (get_language() or "en").replace("-", "_"))
        yield gettext("a fee of %s") % fee
    if terms.keeps_processing_fee:
        yield gettext("the card's processing fee")
