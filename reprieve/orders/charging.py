"""What charging does to many orders at once: the same as `lifecycle.apply` does to one, in the database."""

from datetime import datetime

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from reprieve.orders.lifecycle import TRANSITIONS, Verb
from reprieve.orders.models import Order


def charge_all(orders: QuerySet[Order], *, now: datetime) -> int:
    """The locked orders are charged, at `now` unless they were before; how many these are."""
    (step,) = TRANSITIONS[Verb.CHARGE]
    return orders.filter(status__in=step.sources).update(
        charged_at=Coalesce("charged_at", Value(now)), version=F("version") + 1
    )


def invoiceable(path: str = "") -> Q:
    """Whose state lets them be called invoiced; `path` leads to the order."""
    (step,) = TRANSITIONS[Verb.INVOICE]
    return Q(**{f"{path}status__in": step.sources})


def invoice_all(orders: QuerySet[Order], *, now: datetime) -> int:
    """Move those of the locked and charged orders on whose state lets it happen; how many these are."""
    (step,) = TRANSITIONS[Verb.INVOICE]
    return orders.filter(invoiceable()).update(status=step.to, status_since=Value(now), version=F("version") + 1)
