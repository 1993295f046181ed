"""What the rules say about an order: the same question for the page that shows and the command that acts."""

from datetime import datetime

from reprieve.accounts.actors import Actor
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.orders.subject import ORDERS
from reprieve.policies import rulings
from reprieve.policies.models import DecisionRecord
from reprieve.policies.rulings import Ruling


def record_decision(order: Order, ruling: Ruling) -> DecisionRecord:
    """Write the ruling down, in the transaction of what is done on it, before the order is changed by it."""
    return rulings.record_decision(ruling, subject=ORDERS.key, subject_id=order.pk)


def rule_on(order: Order, action: Action, actor: Actor, *, now: datetime, reason: str | None = None) -> Ruling:
    """One action's ruling. Raises NoRulesInForce where the business has published none."""
    return rulings.rule_on(ORDERS, order, action, actor, now=now, reason=reason)
