"""All that may be done with an order by an actor at an instant: of one order, or of many in as many queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from django.db.models import Prefetch, prefetch_related_objects

from reprieve.accounts.actors import Actor
from reprieve.billing.loading import load_money
from reprieve.billing.quotes import Quote, quote
from reprieve.billing.undoing import undo_until
from reprieve.cancellations.models import Cancellation
from reprieve.cancellations.queries import effective_cancellation, open_request
from reprieve.options.answers import Option
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.orders.parts import load_parts
from reprieve.orders.subject import ORDERS
from reprieve.policies.rulings import Ruling, require, rulings_of

CANCELLATIONS: Final = Prefetch(
    "cancellations",
    Cancellation.objects.select_related("reason", "decision__version__policy").defer("decision__version__definition"),
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Who asks what may be done with which orders, and when. What is looked up is looked up for all of them at once."""

    orders: Sequence[Order]
    actor: Actor
    now: datetime
    reason: str | None
    actions: Sequence[Action]

    @cached_property
    def rulings(self) -> Mapping[int, Mapping[Action, Ruling]]:
        """What the rules say, by the orders' keys."""
        found = rulings_of(ORDERS, self.orders, self.actions, self.actor, now=self.now, reason=self.reason)
        return {order.pk: by_action for order, by_action in zip(self.orders, found, strict=True)}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be done with one of the orders that were asked about. An action without rules in force has no option."""

    order: Order
    question: Question

    @property
    def actor(self) -> Actor:
        return self.question.actor

    @cached_property
    def by_action(self) -> Mapping[Action, Option]:
        return {
            action: Option(order=self.order, action=action, decision=ruling.decision, actor=self.actor, ruling=ruling)
            for action, ruling in self.question.rulings[self.order.pk].items()
        }

    def get(self, action: Action) -> Option | None:
        return self.by_action.get(action)

    def require(self, action: Action) -> Option:
        """The option. Raises NoRulesInForce where the business has published no rules for it."""
        return require(self.by_action, action)

    @cached_property
    def request(self) -> Cancellation | None:
        """The request that waits for support."""
        prefetch_related_objects(self.question.orders, CANCELLATIONS)
        return open_request(self.order)

    @cached_property
    def cancellation(self) -> Cancellation | None:
        prefetch_related_objects(self.question.orders, CANCELLATIONS)
        return effective_cancellation(self.order)

    @cached_property
    def undo_until(self) -> datetime | None:
        """Until when the cancellation can be undone; None where there is none, or it cannot be."""
        if self.cancellation is None:
            return None
        return undo_until(self.order.charge, self.cancellation, now=self.question.now)

    @cached_property
    def kept_quote(self) -> Quote | None:
        """What goes back under the decision that was kept when somebody cancelled or asked; None where nobody did."""
        kept = self.cancellation or self.request
        return quote(self.order.charge, kept.decision.outputs) if kept is not None else None


def options(
    order: Order, actor: Actor, *, now: datetime, reason: str | None = None, actions: Iterable[Action] = Action
) -> Options:
    """What may be done with one order; what is not yet loaded of it is."""
    return options_of([order], actor, now=now, reason=reason, actions=actions)[order.pk]


def options_of(
    orders: Iterable[Order],
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
    actions: Iterable[Action] = Action,
) -> dict[int, Options]:
    """What may be done with each, in their order: the same number of queries for one as for a thousand."""
    found, wanted = list(orders), tuple(actions)
    load_parts(found)
    if Action.CANCEL in wanted:
        prefetch_related_objects(found, "charge")
        load_money([order.charge for order in found])
    question = Question(orders=found, actor=actor, now=now, reason=reason, actions=wanted)
    return {order.pk: Options(order=order, question=question) for order in found}
