"""The one table of what may follow what in an order's life.

It says what *can* happen to an order at all. Whether a customer *may* ask for it is the business's own rule, decided
by its tables. Nothing but `move` assigns a status or a stage.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from django.utils.translation import gettext

from reprieve.lib.errors import Refused
from reprieve.orders.models import STANDING_STILL, WORKING, DesignStage, Order, ProductionStage, Status


class Verb(StrEnum):
    START_DESIGN = "start_design"
    COMPLETE_DESIGN = "complete_design"
    START_FABRICATION = "start_fabrication"
    FINISH_FABRICATION = "finish_fabrication"
    SHIP = "ship"
    DELIVER_FILES = "deliver_files"
    COMPLETE = "complete"
    INVOICE = "invoice"
    CHARGE = "charge"
    HOLD = "hold"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"
    SLATE = "slate"
    RESTORE = "restore"
    CANCEL = "cancel"
    UNDO = "undo"


class WrongState(Refused):
    """The order's state does not let this happen."""


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states a verb leads where. Empty `to` fields leave things as they are.

    `fabricated` narrows a verb to orders with something to make (True) or with files alone (False). `stamps` is the
    field that keeps when it first happened.
    """

    sources: tuple[Status, ...]
    to: Status | None = None
    design: tuple[DesignStage, ...] = tuple(DesignStage)
    design_to: DesignStage | None = None
    production: tuple[ProductionStage, ...] = tuple(ProductionStage)
    production_to: ProductionStage | None = None
    fabricated: bool | None = None
    files_delivered: bool | None = None
    stamps: Literal["shipped_at", "files_delivered_at", "charged_at"] | None = None


_DESIGN, _MAKE, _S = DesignStage, ProductionStage, Status

TRANSITIONS: dict[Verb, tuple[Transition, ...]] = {
    Verb.START_DESIGN: (
        Transition((_S.PROCESSING,), to=_S.IN_PRODUCTION, design=(_DESIGN.NOT_STARTED,), design_to=_DESIGN.STARTED),
    ),
    Verb.COMPLETE_DESIGN: (Transition((_S.IN_PRODUCTION,), design=(_DESIGN.STARTED,), design_to=_DESIGN.COMPLETED),),
    Verb.START_FABRICATION: (
        Transition(
            (_S.IN_PRODUCTION,),
            design=(_DESIGN.COMPLETED,),
            production=(_MAKE.NOT_STARTED,),
            production_to=_MAKE.FABRICATING,
            fabricated=True,
        ),
    ),
    Verb.FINISH_FABRICATION: (
        Transition((_S.IN_PRODUCTION,), production=(_MAKE.FABRICATING,), production_to=_MAKE.READY_TO_SHIP),
    ),
    Verb.SHIP: (
        Transition((_S.IN_PRODUCTION,), to=_S.SHIPPED, production=(_MAKE.READY_TO_SHIP,), stamps="shipped_at"),
    ),
    Verb.DELIVER_FILES: (
        Transition(
            (_S.IN_PRODUCTION, _S.SHIPPED, _S.COMPLETED), design=(_DESIGN.COMPLETED,), stamps="files_delivered_at"
        ),
    ),
    Verb.COMPLETE: (
        Transition((_S.SHIPPED,), to=_S.COMPLETED),
        Transition((_S.IN_PRODUCTION,), to=_S.COMPLETED, fabricated=False, files_delivered=True),
    ),
    Verb.INVOICE: (Transition((_S.COMPLETED,), to=_S.INVOICED, stamps="charged_at"),),
    # Charging moves an order nowhere: its practice pays before, in or after the making.
    Verb.CHARGE: (Transition(tuple(status for status in Status if status is not _S.CANCELLED), stamps="charged_at"),),
    Verb.HOLD: (Transition((_S.PROCESSING, _S.IN_PRODUCTION), to=_S.ON_HOLD),),
    Verb.RELEASE: (
        Transition((_S.ON_HOLD,), to=_S.PROCESSING, design=(_DESIGN.NOT_STARTED,)),
        Transition((_S.ON_HOLD,), to=_S.IN_PRODUCTION, design=(_DESIGN.STARTED, _DESIGN.COMPLETED)),
    ),
    Verb.PAUSE: (Transition(WORKING, to=_S.PAUSED),),
    # Where a paused order goes back to is in its pause: `apply` is told by `to`.
    Verb.RESUME: tuple(Transition((_S.PAUSED,), to=status) for status in WORKING),
    Verb.SLATE: (Transition((_S.PAUSED,), to=_S.SLATED_FOR_DELETION),),
    Verb.RESTORE: tuple(Transition((_S.SLATED_FOR_DELETION,), to=status) for status in WORKING),
    Verb.CANCEL: (Transition(tuple(status for status in Status if status is not _S.CANCELLED), to=_S.CANCELLED),),
    # Where an order goes back to is in its cancellation; a pause that the cancellation ended stays ended.
    Verb.UNDO: tuple(
        Transition((_S.CANCELLED,), to=status) for status in Status if status not in (_S.CANCELLED, *STANDING_STILL)
    ),
}

# Where nothing more is to come of an order.
OVER = (_S.INVOICED, _S.CANCELLED)

# Where an order still takes files from the practice, and where what was designed or made can be revised.
TAKES_FILES = (*WORKING, _S.PAUSED)
REVISABLE = (_S.IN_PRODUCTION, _S.SHIPPED, _S.COMPLETED, _S.INVOICED)

# Verbs that bring work forward: an open cancellation request holds an order back from them.
ADVANCING = (
    Verb.START_DESIGN,
    Verb.COMPLETE_DESIGN,
    Verb.START_FABRICATION,
    Verb.FINISH_FABRICATION,
    Verb.SHIP,
    Verb.DELIVER_FILES,
    Verb.COMPLETE,
    Verb.INVOICE,
)


def transition(order: Order, verb: Verb, *, to: Status | None = None) -> Transition | None:
    """The transition that `verb` would make now, or None. `to` chooses among several targets."""
    for candidate in TRANSITIONS[verb]:
        if _fits(candidate, order) and to in (None, candidate.to):
            return candidate
    return None


def possible(order: Order) -> list[Verb]:
    return [verb for verb in Verb if transition(order, verb) is not None]


def require(order: Order, verb: Verb) -> None:
    """Raises WrongState unless the order's state lets the verb happen."""
    if transition(order, verb) is None:
        status = Status(order.status).label.lower()
        raise WrongState(
            gettext("This case is %(status)s, so that cannot be done any more.") % {"status": status},
            remedy=gettext("Open the case again to see what can be done now."),
        )


def apply(order: Order, verb: Verb, *, now: datetime, to: Status | None = None) -> None:
    """Move the order and count its version up; the caller holds its lock and saves history in the same transaction.

    Raises WrongState, and then nothing has changed.
    """
    move(order, verb, now=now, to=to)
    order.version += 1
    order.save()


def move(order: Order, verb: Verb, *, now: datetime, to: Status | None = None) -> None:
    """Move the order in memory alone. Raises WrongState, and then nothing has changed."""
    require(order, verb)
    step = transition(order, verb, to=to)
    if step is None:
        raise WrongState(gettext("A case cannot go from %(status)s to %(to)s.") % {"status": order.status, "to": to})
    if step.to is not None and step.to != order.status:
        if step.to not in STANDING_STILL:
            order.paused_from = None
        elif order.status not in STANDING_STILL:
            order.paused_from = order.status
        order.status, order.status_since = step.to, now
    order.design_stage = step.design_to or order.design_stage
    order.production_stage = step.production_to or order.production_stage
    if step.stamps is not None and getattr(order, step.stamps) is None:
        setattr(order, step.stamps, now)


def _fits(step: Transition, order: Order) -> bool:
    return (
        order.status in step.sources
        and order.design_stage in step.design
        and order.production_stage in step.production
        and (step.fabricated is None or step.fabricated == order.is_fabricated)  # a query, so only where it matters
        and step.files_delivered in (None, order.files_delivered_at is not None)
    )
