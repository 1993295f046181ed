"""Everything that an order's page shows, loaded in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing.loading import load_money
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.history.models import Event
from reprieve.history.record import events_of
from reprieve.options.options import CANCELLATIONS, Options, options
from reprieve.orders.actions import Action
from reprieve.orders.models import Order, OrderFile, Pause
from reprieve.orders.parts import load_parts
from reprieve.orders.pauses import open_pause
from reprieve.policies.models import Outcome
from reprieve.web.documents import Billed, billed
from reprieve.web.money import OrderMoney, given_back_in_words, order_money
from reprieve.web.offers import Offer, offers
from reprieve.web.order_search import numbered
from reprieve.web.tracker import Step, steps, story
from reprieve.web.undoing import Undoing, undoing

# The definition of a version is large, and the compiled table is at hand already.
PAUSES = Pause.objects.select_related("reason", "decision__version__policy").defer("decision__version__definition")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One order as its reader sees it now."""

    order: Order
    events: list[Event]
    steps: list[Step]
    story: str
    offers: list[Offer]
    pause: Pause | None
    request: Cancellation | None
    cancellation: Cancellation | None
    declined: Cancellation | None
    refund: str
    undoing: Undoing | None
    money: OrderMoney
    billed: Billed


def load_order_page(actor: Actor, number: str, *, door: str, now: datetime) -> OrderPage:
    """The page of one order. Raises NotFound. An action without rules in force is not offered."""
    order = numbered(access.rows(actor, Order).select_related("practice", "placed_by", "charge"), number)
    load_shown([order])
    events = events_of(Order.SUBJECT, order.pk, for_staff=actor.is_staff)
    found, line, money = options(order, actor, now=now), steps(order, events), order_money(order)
    return OrderPage(
        order=order,
        events=events,
        steps=line,
        story=story(order, line, undo_until=found.undo_until),
        offers=offers(found, door=door),
        pause=open_pause(order),
        request=found.request,
        cancellation=found.cancellation,
        declined=_last_declined(order),
        refund=refund_line(found, money),
        undoing=undoing(found),
        money=money,
        billed=billed(order.charge),
    )


def load_shown(orders: Sequence[Order]) -> None:
    """Everything that a page shows of an order and of its money, whose charge is loaded."""
    load_parts(orders, files=OrderFile.objects.select_related("added_by"), pauses=PAUSES)
    load_money([order.charge for order in orders])
    prefetch_related_objects(orders, CANCELLATIONS)


def refund_line(found: Options, money: OrderMoney) -> str:
    """What comes back: under the decision that was kept, else under what the rules say now, if there are any."""
    if found.cancellation is not None and (words := given_back_in_words(found.order, money)):
        return words
    if found.kept_quote is not None:
        return quoted_in_words(found.order.charge, found.kept_quote)
    cancel = found.get(Action.CANCEL)
    if cancel is None or cancel.outcome is Outcome.REFUSE:
        return gettext("This case cannot be cancelled now, so there is nothing to refund.")
    return gettext("If it is cancelled: %s") % quoted_in_words(found.order.charge, cancel.quote)


def _last_declined(order: Order) -> Cancellation | None:
    """The answer that the customer should read: the latest request, if support declined it."""
    latest = max(order.cancellations.all(), key=lambda row: (row.asked_at, row.pk), default=None)
    return latest if latest is not None and latest.state == CancellationState.DECLINED else None
