"""What a rule says about money: one reading of its outputs for the quote, the act and the simulation alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Self, cast

from reprieve.dmn.sfeel import ValueType
from reprieve.dmn.values import value_from_data
from reprieve.lib import money


class RefundTo(StrEnum):
    """Where a refund goes: back the way the money came, or onto the practice's store credit."""

    ORIGIN = "origin"
    STORE_CREDIT = "store_credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTerms:
    """The money terms of one row.

    Attributes:
        share: of what was paid, from 0 to 1, that is given back. None where the rules leave it to support.
        fixed_fee: what is kept besides, in the order's currency.
        keeps_processing_fee: whether the fees that the card payments cost are kept.
        keeps_deposit: whether the deposit is kept; the share is then of the rest.
        refund_to: where the refund goes.
        undo_window: how long the refund waits, so that the cancellation can be undone.
    """

    share: Decimal | None = None
    fixed_fee: Decimal = Decimal(0)
    keeps_processing_fee: bool = False
    keeps_deposit: bool = False
    refund_to: RefundTo = RefundTo.ORIGIN
    undo_window: timedelta = timedelta()

    @classmethod
    def of(cls, outputs: Mapping[str, object]) -> Self:
        """The terms among a decision's outputs, just made or as a kept decision has them in JSON.

        What a row leaves open has its usual meaning.
        """
        share, undo_window = outputs.get("refund_share"), outputs.get("undo_window", timedelta())
        if isinstance(undo_window, str):
            undo_window = value_from_data(undo_window, ValueType.DURATION)
        return cls(
            share=None if share is None else Decimal(cast("int | Decimal | str", share)),
            fixed_fee=Decimal(cast("int | Decimal | str", outputs.get("fixed_fee", 0))),
            keeps_processing_fee=outputs.get("keep_processing_fee") is True,
            keeps_deposit=outputs.get("keep_deposit") is True,
            refund_to=RefundTo(cast("str", outputs.get("refund_to", RefundTo.ORIGIN))),
            undo_window=cast("timedelta", undo_window),
        )

    def applied(self, *, by_card: bool) -> Self:
        """The terms as far as they apply: without a card no card's fee is kept."""
        return self if by_card else replace(self, keeps_processing_fee=False)

    def shared_minor(self, paid_minor: int, deposit_minor: int = 0) -> int:
        """The share of what was paid, before fees, in minor units. A half is rounded to the even unit.

        Raises ValueError where the rules leave the share open.
        """
        if self.share is None:
            raise ValueError("The rules leave the refund to support.")
        base = max(paid_minor - deposit_minor, 0) if self.keeps_deposit else paid_minor
        return int((base * self.share).quantize(Decimal(1), ROUND_HALF_EVEN))

    def kept_fees_minor(self, currency: str, processing_fee_minor: int = 0) -> int:
        """The fees that are kept out of the share, in minor units: a fixed one is cut to the smallest coin."""
        fixed = int(self.fixed_fee.scaleb(money.decimals(currency)))
        return fixed + (processing_fee_minor if self.keeps_processing_fee else 0)

    def due_minor(
        self, paid_minor: int, currency: str, *, processing_fee_minor: int = 0, deposit_minor: int = 0
    ) -> int:
        """What is given back of what was paid, in minor units, never below nothing. See `shared_minor`."""
        fees = self.kept_fees_minor(currency, processing_fee_minor)
        return max(self.shared_minor(paid_minor, deposit_minor) - fees, 0)
