"""What a cancellation would cost, in words, from the money terms of the rule that allows it."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext


def cost_in_words(outputs: Mapping[str, object]) -> str:
    """What cancelling would cost, in one sentence. Amounts are computed where money is moved."""
    return _cost(outputs.get("refund_share"), keeps_fee=outputs.get("keep_processing_fee") is True)


def refund_in_words(outputs: Mapping[str, object]) -> str:
    """What comes back if it is cancelled under a decision, whether just made or kept."""
    return _refund(outputs.get("refund_share"), keeps_fee=outputs.get("keep_processing_fee") is True)


def _cost(share: object, *, keeps_fee: bool) -> str:
    if share is None:
        return gettext("What it costs depends on the work done so far.")
    if Decimal(str(share)) == 1:
        return (
            gettext("Free of charge. If your card was charged already, its processing fee is kept.")
            if keeps_fee
            else gettext("Free of charge.")
        )
    return _refund(share, keeps_fee=keeps_fee)


def _refund(share: object, *, keeps_fee: bool) -> str:
    if share is None:
        return gettext("Support will tell you the amount.")
    share = Decimal(str(share))
    if share == 0:
        return gettext("Nothing that was paid is refunded.")
    words = (
        gettext("What was paid is refunded")
        if share == 1
        else gettext("%d%% of what was paid is refunded") % int(share * 100)
    )
    return gettext("%s, minus the card's processing fee.") % words if keeps_fee else gettext("%s.") % words
