"""What the product itself says in a row, where a person could have written: kept in English, read in any language."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

PAID_IN_FULL: Final = gettext_noop("paid in full")
PAID_TWICE: Final = gettext_noop("More was paid than the case costs.")
PAID_TOO_MUCH: Final = gettext_noop("More was paid for the invoice than was open.")
CAME_LATE: Final = gettext_noop("The payment came in after the cancellation.")
MADE_OUTSIDE: Final = gettext_noop("Made at the card provider itself.")
UNDONE: Final = gettext_noop("The cancellation was undone.")
DISPUTE_WON: Final = gettext_noop("in favour of the business")
DISPUTE_LOST: Final = gettext_noop("the bank has taken the money back")
BY_HAND: Final = gettext_noop("made by hand")
AS_CREDIT: Final = gettext_noop("as store credit")
COUNTED: Final = gettext_noop("it counts as a refund here")
TOO_MUCH: Final = gettext_noop("it is more than was left to refund here, so nothing is counted; please compare the two")
TOO_MUCH_FOR_INVOICE: Final = gettext_noop(
    "it is more than was paid too much for the invoice, so nothing is counted; please compare the two"
)
HOLDER_IS_ASKED: Final = gettext_noop("The bank asks the card's holder to confirm, who is not here.")
KEY_REFUSED: Final = gettext_noop("Stripe does not accept the key that is configured.")
REQUEST_REFUSED: Final = gettext_noop("Stripe refused the request.")
ANOTHER_AMOUNT: Final = gettext_noop("Stripe has taken another amount than was asked for; please look at it there.")
BROKE_OFF: Final = gettext_noop("It broke off by a fault of the product; the log says more.")
NOT_BY_HAND: Final = gettext_noop("Nobody can be charged by hand; staff record what was paid.")
AS_PAID: Final = gettext_noop("back the way it was paid")

_OURS: Final = frozenset(words for name, words in list(globals().items()) if name.isupper())


def read(kept: str) -> str:
    """What is kept, in the reader's language if it is the product's own; a person's words stay as they are."""
    return gettext(kept) if kept in _OURS else kept
