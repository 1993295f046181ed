"""Whether what people write about money can be meant: an amount, why it moves, and where it is found again."""

from django.utils.translation import gettext

from reprieve.lib import money
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import shorten

LONGEST_WHY = 200
LONGEST_REFERENCE = 120


class AmountInvalid(Invalid):
    """Not an amount that can be moved."""


class WhyMissing(Invalid):
    """Money is moved for a reason, and the reason is kept."""


def require_amount(amount_minor: int, currency: str) -> None:
    """Raises AmountInvalid unless it is above zero, of a currency that there is, and no larger than money gets."""
    if not money.is_currency(currency):
        raise AmountInvalid(gettext("Please choose a currency, such as USD."), field="currency")
    if amount_minor <= 0:
        raise AmountInvalid(gettext("The amount has to be above zero."), field="amount")
    if amount_minor > money.LARGEST_MINOR:
        raise AmountInvalid(gettext("This amount is too large."), field="amount")


def require_why(why: str, field: str = "why") -> None:
    """Raises WhyMissing unless there are a few words, and not too many."""
    if not why.strip():
        raise WhyMissing(gettext("Please write why, in a few words."), field=field)
    if len(why.strip()) > LONGEST_WHY:
        raise WhyMissing(shorten(LONGEST_WHY), field=field)


class ReferenceMissing(Invalid):
    """Nobody could find the money on a bank statement."""


def require_reference(reference: str) -> None:
    """Raises ReferenceMissing unless there is one, and no longer than it may be."""
    if not reference.strip():
        raise ReferenceMissing(
            gettext("Please write what stands on the bank statement or the cheque."), field="reference"
        )
    if len(reference.strip()) > LONGEST_REFERENCE:
        raise ReferenceMissing(shorten(LONGEST_REFERENCE), field="reference")
