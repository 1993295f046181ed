"""What may be done with an order now, and why not, from the same rulings that the commands obey."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from django.urls import reverse
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing.cost_in_words import cost_of
from reprieve.cancellations.models import Cancellation
from reprieve.dmn.decision import Decision
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.models import Order, Status
from reprieve.orders.pauses import open_pause
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling
from reprieve.policies.words.advice import possible_from, what_would_differ
from reprieve.policies.words.explained import Explained, explain_ruling
from reprieve.web.curve import Curve, curve
from reprieve.web.pause_banner import after_the_pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One action: offered with its cost and what follows, or refused with why and what would have to differ.

    `until` is the instant at which the offer ends, if that is known; `until_text` says it where there is no instant.
    `curve` draws how the answer will change if only time passes, where it will. `opens` says when what is refused will
    be possible, if time alone makes it so. `url` is empty where the reader may only read.
    For staff, `outcome` is what the rules say and `explained` by which row; with `override` they may do it all the
    same, and it is recorded as such.
    """

    key: str
    label: str
    url: str = ""
    help: str = ""
    cost: str = ""
    until: datetime | None = None
    until_text: str = ""
    then: str = ""
    refused: bool = False
    why: str = ""
    needs: str = ""
    opens: str = ""
    curve: Curve | None = None
    outcome: Outcome | None = None
    explained: Explained | None = None
    override: bool = False
    staff_note: str = ""


def offers(
    order: Order, rulings: Mapping[Action, Ruling], request: Cancellation | None, *, actor: Actor, door: str
) -> list[Offer]:
    """What the page offers its reader, most useful first. `door` is the URL namespace that the links lead to.

    An action without a ruling, because the business has published no rules for it, is not offered.
    """
    if actor.is_staff:
        return _for_staff(order, rulings, actor, door)
    return _for_customer(order, rulings, request, door)


def _for_customer(
    order: Order, rulings: Mapping[Action, Ruling], request: Cancellation | None, door: str
) -> list[Offer]:
    if order.status == Status.CANCELLED:
        return []  # it is the end, and the banner says so
    found = []
    if Action.CANCEL in rulings:
        found.append(_cancelling(order, rulings[Action.CANCEL], request, door))
    if order.status in (Status.PAUSED, Status.SLATED_FOR_DELETION):
        if Action.RESUME in rulings:
            found.insert(0, _resuming(order, rulings[Action.RESUME], door))
    elif Action.PAUSE in rulings:
        found.append(_pausing(order, rulings[Action.PAUSE], door))
    return found


def _for_staff(order: Order, rulings: Mapping[Action, Ruling], actor: Actor, door: str) -> list[Offer]:
    """What can happen to the order at all, each with what the rules say: staff may act against them."""
    may_act = actor.role in access.ACTS_FOR_CUSTOMERS
    return [
        replace(
            staff_offer(order, action, rulings[action], url=_url(door, action, order) if may_act else ""),
            curve=_curve(order, rulings[action], for_staff=True),
        )
        for action in reversed(Action)
        if action in rulings and lifecycle.transition(order, action.verb) is not None
    ]


def staff_offer(order: Order, action: Action, ruling: Ruling, *, url: str = "") -> Offer:
    """What the rules say about one action, for staff: a refusal is something that they may override."""
    is_cost_known = action is Action.CANCEL and ruling.output("refund_share") is not None
    return Offer(
        key=action.value,
        label=action.label,
        url=url,
        cost=cost_of(order)(ruling.decision.outputs) if is_cost_known else "",
        why=ruling.message,
        refused=ruling.outcome is not Outcome.ALLOW,
        outcome=ruling.outcome,
        override=ruling.outcome is not Outcome.ALLOW,
        staff_note=str(ruling.output("staff_note") or ""),
        explained=explain_ruling(ruling),
    )


def _cancelling(order: Order, ruling: Ruling, request: Cancellation | None, door: str) -> Offer:
    if request is not None:
        return Offer(
            key="withdraw",
            label=gettext("Withdraw request"),
            url=_url(door, "withdraw", order),
            help=gettext("Keep the case going"),
            until_text=gettext("until support answers"),
            then=gettext("The case goes on as if nothing had been asked."),
        )
    match ruling.outcome:
        case Outcome.ALLOW:
            return Offer(
                key="cancel",
                label=Action.CANCEL.label,
                url=_url(door, "cancel", order),
                help=ruling.message,
                cost=cost_of(order)(ruling.decision.outputs),
                curve=_curve(order, ruling),
                **validity(order, ruling),
            )
        case Outcome.REQUEST:
            return Offer(
                key="request",
                label=gettext("Request cancellation"),
                url=_url(door, "request", order),
                help=gettext("Support decides"),
                cost=cost_of(order)(ruling.decision.outputs),
                curve=_curve(order, ruling),
                **validity(order, ruling),
            )
    return _refused("cancel", Action.CANCEL.label, order, ruling)


def _curve(order: Order, ruling: Ruling, *, for_staff: bool = False) -> Curve | None:
    """As far ahead as rules can tell: when a pause runs out, the order itself changes."""
    pause = open_pause(order)
    limit = pause.until if pause and order.status == Status.PAUSED else None
    return curve(ruling, cost=cost_of(order), limit=limit, for_staff=for_staff)


class Validity(TypedDict):
    """How long an offer to cancel holds, and what then."""

    until: datetime | None
    until_text: str
    then: str


def validity(order: Order, ruling: Ruling) -> Validity:
    """Until when what the rules say of cancelling holds if only time passes, and what they say then."""
    end = ruling.ends
    if end is None:
        return {"until": None, "until_text": gettext("as long as the case stays at this stage"), "then": ruling.message}
    match Outcome(str(end.decision.outputs["outcome"])):
        case Outcome.ALLOW:
            then = gettext("After that: %s") % _what_differs(order, ruling.decision, end.decision)
        case Outcome.REQUEST:
            then = gettext("After that: on request, and support decides.")
        case _:
            then = gettext("After that: no longer. %s") % end.decision.outputs["message"]
    return {"until": end.until, "until_text": "", "then": then}


def _what_differs(order: Order, now: Decision, then: Decision) -> str:
    """The cost, as that is what people look for; the reason where the cost stays."""
    cost = cost_of(order)
    words, is_another = cost(then.outputs), cost(then.outputs) != cost(now.outputs)
    return words if is_another else str(then.outputs.get("message", ""))


def _pausing(order: Order, ruling: Ruling, door: str) -> Offer:
    if ruling.outcome is not Outcome.ALLOW:
        return _refused("pause", Action.PAUSE.label, order, ruling)
    longest = ruling.duration("longest_pause")
    days = gettext("for up to %d days") % longest.days if longest else ""
    return Offer(
        key="pause",
        label=Action.PAUSE.label,
        url=_url(door, "pause", order),
        help=gettext("Nothing is charged meanwhile"),
        cost=gettext("Free of charge."),
        until_text=days,
        then=ruling.message,
        curve=_curve(order, ruling),
    )


def _resuming(order: Order, ruling: Ruling, door: str) -> Offer:
    if ruling.outcome is not Outcome.ALLOW:
        return _refused("resume", Action.RESUME.label, order, ruling)
    pause = open_pause(order)
    return Offer(
        key="resume",
        label=Action.RESUME.label,
        url=_url(door, "resume", order),
        help=gettext("The case goes on where it stopped"),
        until=pause.until if pause else None,
        until_text=gettext("as long as it is paused"),
        then=after_the_pause(pause.grace) if pause else ruling.message,
        curve=_curve(order, ruling),
    )


def _refused(key: str, label: str, order: Order, ruling: Ruling) -> Offer:
    return Offer(
        key=key,
        label=label,
        refused=True,
        why=ruling.message,
        needs=what_would_differ(ruling),
        opens=possible_from(ruling),
        curve=_curve(order, ruling),
    )


def _url(door: str, name: str, order: Order) -> str:
    return reverse(f"{door}:{name}", args=[order.number])
