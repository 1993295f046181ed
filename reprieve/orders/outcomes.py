"""What the rules say about any number of orders, in the database: the answers of `rulings`, without the why."""

from datetime import datetime

from django.db.models import Case, Expression, Q, QuerySet, TextField, Value, When

from reprieve.accounts.actors import Actor
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.models import Order
from reprieve.orders.rulings import OrderAction
from reprieve.policies.facts import Asking
from reprieve.policies.in_force import Reign, reigns
from reprieve.policies.models import Outcome
from reprieve.policies.sqlcase import output_of


def outcome_of(action: OrderAction, actor: Actor, *, now: datetime) -> Expression:
    """The outcome of each order, by the rules that it follows; NULL where the business has published none."""
    found = reigns(Order.SUBJECT, action, now=now)
    if not found:
        return Value(None, output_field=TextField())
    asking = Asking.by(actor, now=now)
    otherwise, *later = (output_of(reign.rules.compiled, ORDER_FACTS, asking) for reign in found)
    if not later:
        return otherwise
    spans = (When(_submitted_in(reign), then=case) for reign, case in zip(found[1:], later, strict=True))
    return Case(*reversed(list(spans)), default=otherwise)


def decided_as(
    orders: QuerySet[Order], outcome: Outcome, action: OrderAction, actor: Actor, *, now: datetime
) -> QuerySet[Order]:
    """The orders of which the rules say so."""
    return orders.alias(outcome=outcome_of(action, actor, now=now)).filter(outcome=outcome)


def _submitted_in(reign: Reign) -> Q:
    since = Q(submitted_at__gte=reign.starts_at)
    return since if reign.ends_at is None else since & Q(submitted_at__lt=reign.ends_at)
