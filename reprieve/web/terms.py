"""What a cancellation would cost, in words, from the money terms of the rule that allows it."""

from decimal import Decimal

from django.utils.translation import gettext

from reprieve.policies.models import DecisionRecord
from reprieve.policies.rulings import Ruling


def cost_in_words(ruling: Ruling) -> str:
    """One sentence. Amounts are computed where money is moved; this only reads the rule back."""
    return _in_words(ruling.output("refund_share"), keeps_fee=ruling.output("keep_processing_fee") is True)


def kept_cost_in_words(decision: DecisionRecord) -> str:
    """The same sentence for a decision that something was done on."""
    outputs = decision.outputs
    return _in_words(outputs.get("refund_share"), keeps_fee=outputs.get("keep_processing_fee") is True)


def _in_words(share: object, *, keeps_fee: bool) -> str:
    if share is None:
        return gettext("Support will tell you what it costs.")
    share = Decimal(str(share))
    if share == 1 and keeps_fee:
        return gettext("Free of charge. If your card was charged already, its processing fee is kept.")
    if share == 1:
        return gettext("Free of charge.")
    if share == 0:
        return gettext("Nothing that was paid is refunded.")
    return gettext("%d%% of what was paid is refunded.") % int(share * 100)
