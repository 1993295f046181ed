"""How those facts of an order stand in the database that are more than one of its fields."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DurationField,
    Exists,
    Expression,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from moneyed import CURRENCIES

from reprieve.lib import money
from reprieve.orders.models import DesignStage, FileKind, OrderFile, OrderLine, Pause, ProductionStage, Revision

SHARE_PLACES: Final = 1
MONEY_PLACES: Final = max(map(money.decimals, CURRENCIES))

_OF_THE_ORDER: Final = Q(order=OuterRef("pk"))
LINES: Final = OrderLine.objects.filter(_OF_THE_ORDER)
SUBMITTED_FILES: Final = OrderFile.objects.filter(_OF_THE_ORDER, kind=FileKind.SUBMITTED)
PAUSES: Final = Pause.objects.filter(_OF_THE_ORDER)
OPEN_PAUSE: Final = PAUSES.filter(ended_at=None).order_by()  # there is one at most
OPEN_REVISIONS: Final = Revision.objects.filter(_OF_THE_ORDER, closed_at=None)


def number_of(rows: QuerySet[Any]) -> Expression:
    """How many rows the order has."""
    return Coalesce(_summed(rows, Count("pk")), 0)


def paused_in_all() -> Expression:
    """The time of the pauses that have ended."""
    lengths = Sum(F("ended_at") - F("started_at"), output_field=DurationField())
    ended = PAUSES.filter(ended_at__isnull=False)
    return Coalesce(_summed(ended, lengths), Value(timedelta(), output_field=DurationField()))


def amount() -> Expression:
    """The order's total, in whole numbers of the smallest coin that any currency has."""
    minor = Coalesce(_summed(LINES, Sum(F("quantity") * F("unit_price_minor"), output_field=BigIntegerField())), 0)
    codes: dict[int, list[str]] = {}
    for code in CURRENCIES:
        codes.setdefault(money.decimals(code), []).append(code)
    usual = max(codes, key=lambda places: len(codes[places]))
    coins = Case(
        *(When(currency__in=codes[places], then=10 ** (MONEY_PLACES - places)) for places in codes if places != usual),
        default=10 ** (MONEY_PLACES - usual),
        output_field=BigIntegerField(),
    )
    return minor * coins


def share_of(design: Mapping[DesignStage, Decimal], production: Mapping[ProductionStage, Decimal]) -> Expression:
    """The share of the work that the stages stand for, in tenths; all of it once the design of mere files is done."""
    is_fabricated = Exists(LINES.filter(fabricated=True))
    return Case(
        When(~is_fabricated & Q(design_stage=DesignStage.COMPLETED), then=10**SHARE_PLACES),
        default=_by_stage("design_stage", design) + _by_stage("production_stage", production),
        output_field=IntegerField(),
    )


def _by_stage(field: str, shares: Mapping[Any, Decimal]) -> Case:
    tenths = {stage: int(share.scaleb(SHARE_PLACES)) for stage, share in shares.items()}
    return Case(*(When(**{field: stage}, then=share) for stage, share in tenths.items()), output_field=IntegerField())


def _summed(rows: QuerySet[Any], aggregate: Expression) -> Subquery:
    return Subquery(rows.order_by().values("order").annotate(summed=aggregate).values("summed"))
