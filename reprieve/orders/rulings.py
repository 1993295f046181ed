"""What the rules say about an order: the same question for the page that shows and the command that acts."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import prefetch_related_objects

from reprieve.accounts.actors import Actor
from reprieve.orders.actions import Action
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.models import Order
from reprieve.policies.facts import Asking
from reprieve.policies.in_force import NoRulesInForce, rules_in_force
from reprieve.policies.models import DecisionRecord
from reprieve.policies.rulings import Ruling, keep, rule


def keep_for(order: Order, ruling: Ruling) -> DecisionRecord:
    """Write the ruling down, in the transaction of what is done on it, before the order is changed by it."""
    return keep(ruling, subject=Order.SUBJECT, subject_id=order.pk)


def rule_on(order: Order, action: Action, actor: Actor, *, now: datetime, reason: str | None = None) -> Ruling:
    """One action's ruling. Raises NoRulesInForce where the business has published none."""
    rulings = rulings_on(order, (action,), actor, now=now, reason=reason)
    if action not in rulings:
        raise NoRulesInForce(
            "There are no rules for this yet.", remedy="Please contact support; a manager has to publish them."
        )
    return rulings[action]


def rulings_on(
    order: Order, actions: tuple[Action, ...], actor: Actor, *, now: datetime, reason: str | None = None
) -> Mapping[Action, Ruling]:
    """Several actions' rulings on the same facts: one query for the rules, four for the facts not yet loaded.

    An action for which the business has published no rules is left out.
    """
    prefetch_related_objects([order], "lines", "files", "pauses", "revisions")
    rules = rules_in_force(Order.SUBJECT, now=now, submitted_at=order.submitted_at)
    asking = Asking.by(actor, now=now, reason=reason)
    return {
        action: rule(rules[action], ORDER_FACTS, order, action=action, asking=asking)
        for action in actions
        if action in rules
    }
