"""What the rules say about any number of orders, in the database: the answers of `rulings`, without the why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Expression, IntegerField, Q, QuerySet, TextField, Value, When
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.dmn import values
from reprieve.dmn.decide import compile_table
from reprieve.dmn.table import Table
from reprieve.orders.actions import Action
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import OVER
from reprieve.orders.models import Order
from reprieve.policies.facts import Asking
from reprieve.policies.in_force import EffectivePeriod, NoRulesInForce, effective_periods
from reprieve.policies.models import Outcome
from reprieve.policies.sql.case import count_by, output_of, row_of


def outcome_of(action: Action, actor: Actor, *, now: datetime) -> Expression:
    """The outcome of each order, by the rules that it follows; NULL where the business has published none."""
    found = effective_periods(Order.SUBJECT, action, now=now)
    if not found:
        return Value(None, output_field=TextField())
    asking = Asking.by(actor, now=now)
    return _by_period(found, (output_of(period.rules.compiled, ORDER_FACTS, asking) for period in found))


def decided_as(
    orders: QuerySet[Order], outcome: Outcome, action: Action, actor: Actor, *, now: datetime
) -> QuerySet[Order]:
    """The orders of which the rules say so."""
    return orders.alias(outcome=outcome_of(action, actor, now=now)).filter(outcome=outcome)


def answers_on(
    orders: QuerySet[Order], action: Action, actor: Actor, *, now: datetime, reason: str | None = None
) -> list[tuple[Order, Mapping[str, values.Value]]]:
    """Each of the orders with all that the rules answer about it, in one query beside that for the rules.

    Raises NoRulesInForce.
    """
    found = effective_periods(Order.SUBJECT, action, now=now)
    if not found:
        raise NoRulesInForce(
            gettext("There are no rules for this yet."), remedy=gettext("A manager has to publish them first.")
        )
    asking = Asking.by(actor, now=now, reason=reason)
    numbers = (Value(number, output_field=IntegerField()) for number in range(len(found)))
    asked = orders.annotate(
        period=_by_period(found, numbers),
        row=_by_period(found, (row_of(period.rules.compiled, ORDER_FACTS, asking) for period in found)),
    )
    return [(order, _outputs(order, found)) for order in asked]


def counted_beside(
    draft: Table, action: Action, actor: Actor, *, now: datetime
) -> Mapping[tuple[Outcome | None, Outcome], int]:
    """How many orders under way have which outcome by the rules that they follow, and which by a draft. One query.

    The first is None where no rules are in force.
    """
    answers = {
        "live": outcome_of(action, actor, now=now),
        "draft": output_of(compile_table(draft), ORDER_FACTS, Asking.by(actor, now=now)),
    }
    counted = count_by(Order.objects.exclude(status__in=OVER), **answers)
    return {(Outcome(live) if live else None, Outcome(str(draft))): number for (live, draft), number in counted.items()}


def ask_for_reason(action: Action, *, now: datetime) -> bool:
    """Whether the rules may answer otherwise for another reason."""
    tables = (period.rules.table for period in effective_periods(Order.SUBJECT, action, now=now))
    return any("reason" in row.cells for table in tables for row in table.rows)


def _outputs(order: Any, found: Sequence[EffectivePeriod]) -> Mapping[str, values.Value]:  # noqa: ANN401 - with two fields more
    table: Table = found[order.period].rules.table
    return table.fallback if order.row is None else table.row(order.row).outputs


def _by_period(found: Sequence[EffectivePeriod], answers: Iterable[Expression]) -> Expression:
    """Of one answer for each period, that of the period in which the order was submitted."""
    otherwise, *later = answers
    if not later:
        return otherwise
    spans = (When(_submitted_in(period), then=answer) for period, answer in zip(found[1:], later, strict=True))
    return Case(*reversed(list(spans)), default=otherwise)


def _submitted_in(period: EffectivePeriod) -> Q:
    since = Q(submitted_at__gte=period.starts_at)
    return since if period.ends_at is None else since & Q(submitted_at__lt=period.ends_at)
