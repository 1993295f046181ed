"""Cancel, pause or resume many orders at once: each by its own command, in a transaction of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from reprieve.accounts.actors import Actor
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.resume_order import resume_order
from reprieve.catalog.reasons import choose_reason
from reprieve.lib.errors import Refused
from reprieve.orders.actions import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOrder:
    """An order as it was on the screen.

    Attributes:
        version: the one that was seen; an order that has changed since is left alone.
        override: whether to act also where the rules would not.
        refund_minor: what was shown to go back, in minor units; an order of which it is another amount by now is left
            alone. None: nothing was shown.
    """

    order_id: int
    version: int
    override: bool = False
    refund_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What became of one order: done now, or before (`already`), or not at all, for the reason in `refusal`."""

    order_id: int
    already: bool = False
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Why:
    actor: Actor
    now: datetime
    reason: str
    note: str


def act_on_orders(  # noqa: PLR0913 - the whole command in one line
    *, action: Action, orders: Iterable[SeenOrder], actor: Actor, reason: str = "", note: str = "", now: datetime
) -> list[Acted]:
    """Do the same with each order, in their order; what is refused of one keeps no other from being done.

    The reason and the note are everybody's, so they are looked at first. On what was done before, by this command or
    by somebody else: nothing happens.
    Raises ReasonMissing, NoteMissing, NoteTooLong, and then nothing was done.
    """
    if action.reason_kind is not None:
        choose_reason(action.reason_kind, reason, note)
    why = _Why(actor=actor, now=now, reason=reason, note=note)
    return [_act(COMMANDS[action], order, why) for order in orders]


def _act(command: Callable[[SeenOrder, _Why], datetime | None], order: SeenOrder, why: _Why) -> Acted:
    try:
        done_at = command(order, why)
    except Refused as refusal:
        return Acted(order_id=order.order_id, refusal=refusal)
    return Acted(order_id=order.order_id, already=done_at != why.now)


class _AsSeen(TypedDict):
    order_id: int
    actor: Actor
    now: datetime
    expected_version: int
    override: bool


class _WithReason(_AsSeen):
    reason: str
    note: str


def _cancel(order: SeenOrder, why: _Why) -> datetime | None:
    return cancel_order(**_with_reason(order, why), expected_refund_minor=order.refund_minor).closed_at


def _pause(order: SeenOrder, why: _Why) -> datetime | None:
    return pause_order(**_with_reason(order, why)).started_at


def _resume(order: SeenOrder, why: _Why) -> datetime | None:
    return resume_order(**_as_seen(order, why)).ended_at


def _as_seen(order: SeenOrder, why: _Why) -> _AsSeen:
    return {
        "order_id": order.order_id,
        "actor": why.actor,
        "now": why.now,
        "expected_version": order.version,
        "override": order.override,
    }


def _with_reason(order: SeenOrder, why: _Why) -> _WithReason:
    return {**_as_seen(order, why), "reason": why.reason, "note": why.note}


# Each says when what it answers with was done: at any other instant than now, it was done before.
COMMANDS: Final = {Action.CANCEL: _cancel, Action.PAUSE: _pause, Action.RESUME: _resume}
