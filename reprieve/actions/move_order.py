"""Staff move a case along: design, fabrication, shipping, completion, hold and release."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing import charges
from reprieve.cancellations.requests import hold_for_request
from reprieve.history.models import EventType
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import check_note
from reprieve.orders import lifecycle
from reprieve.orders.history import EVENT_OF, made_before, record_on
from reprieve.orders.lifecycle import Verb
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import take_payment_if_due

MOVES = (
    Verb.START_DESIGN,
    Verb.COMPLETE_DESIGN,
    Verb.START_FABRICATION,
    Verb.FINISH_FABRICATION,
    Verb.SHIP,
    Verb.COMPLETE,
    Verb.INVOICE,
    Verb.HOLD,
    Verb.RELEASE,
)
EVENTS: dict[Verb, EventType] = {verb: EVENT_OF[verb] for verb in MOVES}


class HoldNeedsWords(Invalid):
    """The customer reads why their case is on hold."""


@transaction.atomic
def move_order(  # noqa: PLR0913 - the whole command in one line
    *,
    order_id: int,
    verb: Verb,
    actor: Actor,
    expected_version: int,
    now: datetime,
    why: str = "",
    override: bool = False,
) -> Order:
    """Make one of the moves in `EVENTS`. `expected_version` is the version that staff saw.

    `why` goes with a hold, for the customer to read. `override` moves a case although a cancellation request is open.
    The same move sent twice: the same answer again, and nothing happens the second time.
    Raises NotFound, NotAllowed, OrderChanged, WrongState, CancellationPending, HoldNeedsWords, NoteTooLong, and
    WaitsForRun for what an invoice run will bill.
    """
    access.require_role(actor, *access.MOVES_CASES)
    order = lock_order(actor, order_id)
    if made_before(order, EVENTS[verb], actor, expected_version):
        return order
    require_version(order, expected_version)
    lifecycle.require(order, verb)
    data = _hold_words(verb, why)
    overridden = hold_for_request(order, verb, override=override)
    if verb is Verb.INVOICE:
        charges.billed_outside(order.charge)
    lifecycle.apply(order, verb, now=now)
    record_on(
        order,
        EVENTS[verb],
        actor=actor,
        now=now,
        override=overridden,
        data=data | {"seen_version": expected_version},
    )
    take_payment_if_due(order.charge, now=now)
    return order


def _hold_words(verb: Verb, why: str) -> dict[str, object]:
    if verb is not Verb.HOLD:
        return {}
    check_note(why, "why")
    if not why.strip():
        raise HoldNeedsWords(
            gettext("Please write what the practice has to do, such as “Upper scan is incomplete.”"), field="why"
        )
    return {"why": why.strip()}
