"""How those facts of an order stand in the database that are more than one of its fields."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.db.models import BigIntegerField, Case, Expression, F, IntegerField, When
from moneyed import CURRENCIES

from reprieve.lib import money
from reprieve.orders.models import DesignStage, ProductionStage

SHARE_PLACES: Final = 1
MONEY_PLACES: Final = max(map(money.decimals, CURRENCIES))


def amount() -> Expression:
    """The order's total, in whole numbers of the smallest coin that any currency has."""
    codes: dict[int, list[str]] = {}
    for code in CURRENCIES:
        codes.setdefault(money.decimals(code), []).append(code)
    usual = max(codes, key=lambda places: len(codes[places]))
    coins = Case(
        *(When(currency__in=codes[places], then=10 ** (MONEY_PLACES - places)) for places in codes if places != usual),
        default=10 ** (MONEY_PLACES - usual),
        output_field=BigIntegerField(),
    )
    return F("amount_minor") * coins


def share_of(design: Mapping[DesignStage, Decimal], production: Mapping[ProductionStage, Decimal]) -> Expression:
    """The share of the work that the stages stand for, in tenths; all of it once the design of mere files is done."""
    return Case(
        When(fabricated=False, design_stage=DesignStage.COMPLETED, then=10**SHARE_PLACES),
        default=_by_stage("design_stage", design) + _by_stage("production_stage", production),
        output_field=IntegerField(),
    )


def _by_stage(field: str, shares: Mapping[Any, Decimal]) -> Case:
    tenths = {stage: int(share.scaleb(SHARE_PLACES)) for stage, share in shares.items()}
    return Case(*(When(**{field: stage}, then=share) for stage, share in tenths.items()), output_field=IntegerField())
