"""What may be done with an order now, and why not, from the same rulings that the commands obey."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from django.urls import reverse
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.billing.cost_in_words import cost_in_words
from reprieve.options.answers import Answer, Option
from reprieve.options.options import Options
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.models import STANDING_STILL, Order, Status
from reprieve.orders.pauses import open_pause
from reprieve.policies.models import Outcome
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


def offers(found: Options, *, door: str) -> list[Offer]:
    """What the page offers its reader, most useful first. `door` is the URL namespace that the links lead to.

    An action for which the business has published no rules is not offered.
    """
    return _for_staff(found, door) if found.actor.is_staff else _for_customer(found, door)


def _for_customer(found: Options, door: str) -> list[Offer]:
    order = found.order
    if order.status == Status.CANCELLED:
        return []  # it is the end, and the banner says so
    offered = []
    if (cancel := found.get(Action.CANCEL)) is not None:
        offered.append(_withdrawing(order, door) if found.request is not None else _cancelling(cancel, door))
    if order.status in STANDING_STILL:
        if (resume := found.get(Action.RESUME)) is not None:
            offered.insert(0, _resuming(resume, door))
    elif (pause := found.get(Action.PAUSE)) is not None:
        offered.append(_pausing(pause, door))
    return offered


def _for_staff(found: Options, door: str) -> list[Offer]:
    """What can happen to the order at all, each with what the rules say: staff may act against them."""
    may_act = found.actor.role in access.ACTS_FOR_CUSTOMERS
    return [
        replace(
            staff_offer(option, url=_url(door, option.action, found.order) if may_act else ""),
            curve=_curve(option, for_staff=True),
        )
        for action in reversed(Action)
        if lifecycle.transition(found.order, action.verb) is not None and (option := found.get(action)) is not None
    ]


def staff_offer(option: Option, *, url: str = "") -> Offer:
    """What the rules say about one action, for staff: a refusal is something that they may override."""
    is_cost_known = option.action is Action.CANCEL and option.terms.share is not None
    return Offer(
        key=option.action.value,
        label=option.action.label,
        url=url,
        cost=cost_of(option) if is_cost_known else "",
        why=option.message,
        refused=option.outcome is not Outcome.ALLOW,
        outcome=option.outcome,
        override=option.outcome is not Outcome.ALLOW,
        staff_note=option.staff_note,
        explained=explain_ruling(option.ruling),
    )


def _withdrawing(order: Order, door: str) -> Offer:
    return Offer(
        key="withdraw",
        label=gettext("Withdraw request"),
        url=_url(door, "withdraw", order),
        help=gettext("Keep the case going"),
        until_text=gettext("until support answers"),
        then=gettext("The case goes on as if nothing had been asked."),
    )


def _cancelling(option: Option, door: str) -> Offer:
    if option.outcome is Outcome.REFUSE:
        return _refused(option)
    is_at_once = option.outcome is Outcome.ALLOW
    key = "cancel" if is_at_once else "request"
    return Offer(
        key=key,
        label=Action.CANCEL.label if is_at_once else gettext("Request cancellation"),
        url=_url(door, key, option.order),
        help=option.message if is_at_once else gettext("Support decides"),
        cost=cost_of(option),
        curve=_curve(option),
        **validity(option),
    )


def cost_of(answer: Answer) -> str:
    return cost_in_words(answer.terms, answer.order.currency)


def _curve(option: Option, *, for_staff: bool = False) -> Curve | None:
    """As far ahead as rules can tell: when a pause runs out, the order itself changes."""
    pause = open_pause(option.order)
    limit = pause.until if pause and option.order.status == Status.PAUSED else None
    return curve(option, limit=limit, for_staff=for_staff)


class Validity(TypedDict):
    """How long an offer to cancel holds, and what then."""

    until: datetime | None
    until_text: str
    then: str


def validity(option: Option) -> Validity:
    """Until when what the rules say of cancelling holds if only time passes, and what they say then."""
    end = option.end
    if end is None:
        return {"until": None, "until_text": gettext("as long as the case stays at this stage"), "then": option.message}
    match end.then.outcome:
        case Outcome.ALLOW:
            then = gettext("After that: %s") % _what_differs(option, end.then)
        case Outcome.REQUEST:
            then = gettext("After that: on request, and support decides.")
        case _:
            then = gettext("After that: no longer. %s") % end.then.message
    return {"until": end.until, "until_text": "", "then": then}


def _what_differs(now: Answer, then: Answer) -> str:
    """The cost, as that is what people look for; the reason where the cost stays."""
    return cost_of(then) if cost_of(then) != cost_of(now) else then.message


def _pausing(option: Option, door: str) -> Offer:
    if option.outcome is not Outcome.ALLOW:
        return _refused(option)
    longest = option.longest_pause
    return Offer(
        key="pause",
        label=Action.PAUSE.label,
        url=_url(door, "pause", option.order),
        help=gettext("Nothing is charged meanwhile"),
        cost=gettext("Free of charge."),
        until_text=gettext("for up to %d days") % longest.days if longest else "",
        then=option.message,
        curve=_curve(option),
    )


def _resuming(option: Option, door: str) -> Offer:
    if option.outcome is not Outcome.ALLOW:
        return _refused(option)
    pause = open_pause(option.order)
    return Offer(
        key="resume",
        label=Action.RESUME.label,
        url=_url(door, "resume", option.order),
        help=gettext("The case goes on where it stopped"),
        until=pause.until if pause else None,
        until_text=gettext("as long as it is paused"),
        then=after_the_pause(pause.grace) if pause else option.message,
        curve=_curve(option),
    )


def _refused(option: Option) -> Offer:
    return Offer(
        key=option.action.value,
        label=option.action.label,
        refused=True,
        why=option.message,
        needs=what_would_differ(option.ruling),
        opens=possible_from(option.ruling),
        curve=_curve(option),
    )


def _url(door: str, name: str, order: Order) -> str:
    return reverse(f"{door}:{name}", args=[order.number])
