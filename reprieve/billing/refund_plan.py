"""How much goes back, and to which payment: one pure function for the quote, the act and the retry.

What is due follows from what was *paid* and the money terms of the decision. It is split twice:

1. Between store credit and money. The share is given back on each alike, in proportion to what was paid with it; fees
   come out of the money first, because store credit costs the business none. What the share's rounding leaves over
   belongs to the money, and so does what was paid beyond what the order cost: it goes back whatever the terms are.
2. Among several payments of one kind: one of exactly the size first; else the smallest that is larger; else the
   largest, and on with the rest. That touches the fewest payments, and never leaves a cent that cannot go back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reprieve.policies.money_terms import MoneyTerms, RefundTo


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment that was made. Amounts are in minor units of one currency.

    Attributes:
        payment_id: which.
        amount_minor: what was paid.
        refunded_minor: what has gone back of it already, or is on its way back.
        fee_minor: what the provider kept of it.
        by_credit: whether it was paid from store credit.
    """

    payment_id: int
    amount_minor: int
    refunded_minor: int = 0
    fee_minor: int = 0
    by_credit: bool = False

    @property
    def left_minor(self) -> int:
        return self.amount_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class Part:
    """So much goes back of one payment: the way it came, or onto the store credit."""

    payment_id: int
    amount_minor: int
    to_credit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What goes back, and what it was computed from, in minor units of the currency.

    Attributes:
        paid_minor: what was paid in all.
        refunded_minor: what has gone back before, or is on its way.
        due_minor: what the terms give back in all, with what has gone back before.
        kept_fee_minor: the processing fees that are kept out of it.
        restored_minor: what goes back now of what was paid from store credit.
        parts: what goes back now.
    """

    currency: str
    paid_minor: int
    refunded_minor: int
    due_minor: int
    kept_fee_minor: int
    restored_minor: int
    parts: tuple[Part, ...]

    @property
    def total_minor(self) -> int:
        return sum(part.amount_minor for part in self.parts)


def plan(
    terms: MoneyTerms, payments: Iterable[Paid], currency: str, *, excess_minor: int = 0, deposit_minor: int = 0
) -> Plan:
    """The refund that the terms give; `excess_minor` is what was paid in money beyond what the order cost.

    Raises ValueError where they leave the share to support.
    """
    credit, other = _by_kind(payments)
    all_paid = [*credit, *other]
    paid, fees = sum(each.amount_minor for each in all_paid), sum(each.fee_minor for each in other)
    cost = paid - excess_minor
    shared = terms.shared_minor(cost, deposit_minor)
    credit_share = shared * sum(each.amount_minor for each in credit) // cost if cost else 0
    kept = terms.kept_fees_minor(currency, fees)
    money_due = max(shared - credit_share - kept, 0) + excess_minor
    credit_due = max(credit_share - max(kept - (shared - credit_share), 0), 0)
    restored = _parts(credit, credit_due, to_credit=True)
    return Plan(
        currency=currency,
        paid_minor=paid,
        refunded_minor=sum(each.refunded_minor for each in all_paid),
        due_minor=money_due + credit_due,
        kept_fee_minor=min(fees, shared) if terms.keeps_processing_fee else 0,
        restored_minor=sum(part.amount_minor for part in restored),
        parts=(
            *restored,
            *_parts(other, money_due, to_credit=terms.refund_to is RefundTo.STORE_CREDIT),
        ),
    )


def plan_overpaid(payments: Iterable[Paid], overpaid_minor: int, *, to_credit: bool = False) -> tuple[Part, ...]:
    """What goes back of an invoice's payments: what was paid too much, as far as they hold it."""
    found = list(payments)
    left = sum(each.left_minor for each in found)
    parts = split(found, max(min(overpaid_minor, left), 0))
    return tuple(Part(payment_id, amount, to_credit) for payment_id, amount in parts)


def split(payments: Sequence[Paid], amount_minor: int) -> list[tuple[int, int]]:
    """The amount over the payments, as payment ids with their parts. Raises ValueError for more than is left."""
    left = sorted((each.left_minor, each.payment_id) for each in payments if each.left_minor > 0)
    if amount_minor > sum(amount for amount, _ in left):
        raise ValueError("More than was paid and not yet given back.")
    parts: list[tuple[int, int]] = []
    while amount_minor > 0:
        index = next((index for index, (amount, _) in enumerate(left) if amount >= amount_minor), len(left) - 1)
        amount, payment_id = left.pop(index)
        parts.append((payment_id, min(amount, amount_minor)))
        amount_minor -= min(amount, amount_minor)
    return parts


def _parts(payments: Sequence[Paid], due_minor: int, *, to_credit: bool) -> list[Part]:
    rest = due_minor - sum(each.refunded_minor for each in payments)
    return [Part(payment_id, amount, to_credit) for payment_id, amount in split(payments, max(rest, 0))]


def _by_kind(payments: Iterable[Paid]) -> tuple[list[Paid], list[Paid]]:
    found = list(payments)
    return [each for each in found if each.by_credit], [each for each in found if not each.by_credit]
