"""What may be done with an order, as the product answers it, in terms that do not depend on where it is computed.

Per action: what the rules say, until when and what then, what would have to differ, and the money. Then what a page
makes of it, what the preview before doing the same with many says, and what doing it comes to.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from reprieve.accounts.actors import Actor
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.resume_order import resume_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.models import Charge, Refund
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.console.bulk_page import preview
from reprieve.history.models import Event
from reprieve.lib.errors import Refused
from reprieve.options.answers import Option
from reprieve.options.options import Options
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.policies.words.advice import what_would_differ
from reprieve.web.money import order_money
from reprieve.web.offers import cost_of, offers, validity
from reprieve.web.order_page import load_shown, refund_line
from reprieve.web.undoing import undoing
from tests.options.world import NOW

type Answer = Any
"""Data as JSON has it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question about one order: when, and for which reason. Then what is tried, and how."""

    now: datetime
    reason: str | None
    tried: str
    by_staff: bool
    override: bool
    shown: int | None


def seconds(instant: datetime | None) -> float | None:
    """An instant as it is told: in seconds after NOW."""
    if instant is None:
        return None
    found = (instant - NOW).total_seconds()
    return int(found) if found.is_integer() else found


def plain(outputs: Mapping[str, object]) -> dict[str, object]:
    """Outputs as JSON has them."""
    return {
        name: int(value.total_seconds()) if isinstance(value, timedelta) else value if value is True else str(value)
        for name, value in outputs.items()
    }


def page_orders(orders: Iterable[Order]) -> Sequence[Order]:
    """The orders as a page loads them, in their order."""
    rows = list(Order.objects.filter(pk__in=[order.pk for order in orders]).select_related("practice", "charge"))
    load_shown(rows)
    return sorted(rows, key=lambda order: order.pk)


def on_page(found: Options) -> Answer:
    """What the page of one order says, to whom it is shown."""
    undo = undoing(found)
    return {
        "actions": {action.value: _action(option) for action, option in found.by_action.items()},
        "refund": refund_line(found, order_money(found.order)),
        "undo": undo and [seconds(undo.until), undo.then],
        "offers": [
            [
                offer.key,
                offer.refused,
                offer.override,
                seconds(offer.until),
                [[seconds(each.start), each.answer.outcome.value, each.answer.terms] for each in offer.curve.stretches]
                if offer.curve
                else None,
            ]
            for offer in offers(found, door="console" if found.actor.is_staff else "portal")
        ],
    }


def _action(option: Option) -> Answer:
    end, opening = option.end, option.ruling.opening
    answer = {
        "outcome": option.outcome.value,
        "row": option.row,
        "message": option.message,
        "staff_note": option.staff_note,
        "lets": option.fits_state,
        "end": end and [seconds(end.until), end.inclusive, plain(end.then.decision.outputs)],
        "opens": opening and [seconds(opening.at), opening.outcome.value],
        "differs": what_would_differ(option.ruling),
        "longest": [_length(option.longest_pause), _length(option.grace)],
    }
    return answer | (_money(option) if option.action is Action.CANCEL else {})


def _length(length: timedelta | None) -> float | None:
    return None if length is None else int(length.total_seconds())


def _money(option: Option) -> Answer:
    quoted, end, shown = option.quote, option.end, validity(option)
    return {
        "quote": [quoted.promised_minor, quoted.total_minor, quoted.plan.currency, quoted.is_open],
        "parts": [[part.amount_minor, part.to_credit] for part in (*quoted.plan.parts, *quoted.of_invoice)],
        "credited": quoted.credited and quoted.credited.amount_minor,
        "cost": cost_of(option),
        "refund": quoted_in_words(option.order.charge, quoted),
        "then_cost": cost_of(end.then) if end else "",
        "then_quote": end.then.quote.promised_minor if end else None,
        "undo_window": _length(option.undo_window),
        "until": [seconds(shown["until"]), bool(shown["until_text"])],
    }


def before_many(orders: QuerySet[Order], actor: Actor, *, now: datetime, reason: str | None) -> Mapping[int, Answer]:
    """What the preview says of each, by action, before the same is done with all."""
    found: dict[int, dict[str, Answer]] = {}
    for action in Action:
        seen = preview(orders, action, actor, now=now, reason=reason)
        for group in seen.groups:
            for said in group.says:
                for row in said.rows:
                    quoted = row.quoted and row.quoted.promised_minor
                    answer = [row.eligibility.value, quoted, said.outcome, said.message, said.staff_note]
                    found.setdefault(row.order.pk, {})[action.value] = answer
    return found


def tried(order: Order, actor: Actor, asked: Asked) -> Answer:
    """What doing it comes to: what has changed, or the refusal. It is rolled back."""
    with transaction.atomic():
        events = Event.objects.count()
        try:
            with transaction.atomic():
                TRIES[asked.tried](order, actor, asked)
        except Refused as refusal:
            answer: Answer = [refusal.code, refusal.why, _timeless(refusal.remedy)]
        else:
            answer = _changed(order, events)
        transaction.set_rollback(True)
    return answer


def _timeless(remedy: str) -> str:
    """Without the sentence that names an instant: it is told beside, and its form is the reader's."""
    return re.split("You can (do it yourself|ask support for it) from", remedy, maxsplit=1)[0].strip()


def _changed(order: Order, events: int) -> Answer:
    after = Order.objects.get(pk=order.pk)
    refunds = Refund.objects.filter(cancellation__order=order).order_by("pk")
    return {
        "status": after.status,
        "version": after.version - order.version,
        "pause": [[seconds(p.until), p.grace.days, p.ended_how] for p in after.pauses.all()],
        "cancellations": [each.state for each in after.cancellations.all()],
        "charge": Charge.objects.filter(order=order).values_list("state", flat=True).first(),
        "refunds": [[each.state, each.amount_minor, each.to_credit, seconds(each.send_from)] for each in refunds],
        "payments": [[each.state, each.refunded_minor] for each in after.charge.payments.all()],
        "events": list(Event.objects.order_by("pk").values_list("type", flat=True)[events:]),
    }


def _staff(order: Order, actor: Actor, asked: Asked) -> Mapping[str, Any]:
    return {"expected_version": order.version, "override": asked.override} if actor.is_staff else {}


def _cancel(order: Order, actor: Actor, asked: Asked) -> None:
    cancel_order(
        order_id=order.pk,
        actor=actor,
        reason=asked.reason or "patient_away",
        expected_refund_minor=asked.shown,
        now=asked.now,
        **_staff(order, actor, asked),
    )


def _request(order: Order, actor: Actor, asked: Asked) -> None:
    request_cancellation(order_id=order.pk, actor=actor, reason=asked.reason or "patient_away", now=asked.now)


def _approve(order: Order, actor: Actor, asked: Asked) -> None:
    for waiting in order.cancellations.filter(state="requested"):
        approve_cancellation(cancellation_id=waiting.pk, actor=actor, expected_version=order.version, now=asked.now)


def _pause(order: Order, actor: Actor, asked: Asked) -> None:
    pause_order(
        order_id=order.pk,
        actor=actor,
        reason=asked.reason or "patient_away",
        now=asked.now,
        **_staff(order, actor, asked),
    )


def _resume(order: Order, actor: Actor, asked: Asked) -> None:
    resume_order(order_id=order.pk, actor=actor, now=asked.now, **_staff(order, actor, asked))


def _undo(order: Order, actor: Actor, asked: Asked) -> None:
    undo_cancellation(order_id=order.pk, actor=actor, now=asked.now)


TRIES: Mapping[str, Callable[[Order, Actor, Asked], None]] = {
    "cancel": _cancel,
    "request": _request,
    "approve": _approve,
    "pause": _pause,
    "resume": _resume,
    "undo": _undo,
}
