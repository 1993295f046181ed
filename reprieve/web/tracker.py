"""The line of time of an order: its stages, what stopped or restarted it, and one sentence that tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_noop

from reprieve.history.models import Event, EventType
from reprieve.orders.models import DesignStage, Order, PauseEnd, ProductionStage, Status
from reprieve.orders.pauses import last_pause, open_pause

DONE, CURRENT, NEXT, NEVER = "done", "current", "next", "never"
FINISHED = (Status.COMPLETED, Status.INVOICED)

# Where an order that is not being worked on stands. The others tell their stages instead.
STORIES = {
    Status.CANCELLED: gettext_noop("This case is cancelled; nothing more will happen to it."),
    Status.PAUSED: gettext_noop("This case is paused until %(until)s. Press Resume order to go on where it stopped."),
    Status.SLATED_FOR_DELETION: gettext_noop(
        "The pause ran out on %(until)s, and this case will be deleted unless support restores it."
    ),
    Status.ON_HOLD: gettext_noop("This case is on hold until the lab has what it needs from you."),
    Status.COMPLETED: gettext_noop("This case is complete."),
    Status.INVOICED: gettext_noop("This case is complete, and on an invoice."),
}


@dataclass(slots=True)
class Step:
    """A point on the line. `mark` names what stopped or restarted the order there; stages have none."""

    label: str
    state: str
    at: datetime | None = None
    detail: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the work: whether it has begun, whether it is over, and when the last of these was."""

    label: str
    begun: bool
    over: bool
    at: datetime | None
    waiting: str
    working: str


def steps(order: Order, events: Sequence[Event]) -> list[Step]:
    """The stages in order, with a mark where the order was paused, held, resumed, cancelled or slated."""
    line = [_step(stage) for stage in stages(order, events)]
    current = next((step for step in line if step.state != DONE), None)
    marks = _marks(order, events)
    stopped = any(mark.state == CURRENT or mark.mark == "cancelled" for mark in marks)
    if current is not None:
        current.state = NEXT if stopped else CURRENT
        for step in line:
            step.detail = step.detail if step.state == CURRENT else ""
        position = line.index(current)
        line[position:position] = marks
    if order.status == Status.CANCELLED:
        for step in line:
            step.state = NEVER if step.state == NEXT else step.state
    return line


def story(order: Order, line: Sequence[Step], *, undo_until: datetime | None = None) -> str:
    """One sentence: where the order stands, and what comes next. A cancelled one may yet be taken up again."""
    if undo_until is not None:
        return gettext("This case is cancelled; nothing more will happen to it unless that is undone.")
    if order.status in STORIES:
        pause = open_pause(order)
        until = date_format(localtime(pause.until), "DATE_FORMAT") if pause else ""
        return gettext(STORIES[Status(order.status)]) % {"until": until}
    here = next((step for step in line if step.state == CURRENT), None)
    following = next((step.label for step in line if step.state == NEXT), "")
    if here is None:
        return ""
    if here.at is None:
        words = gettext("Next: %(here)s, then %(following)s.") if following else gettext("Next: %(here)s.")
    else:
        words = gettext("Now: %(here)s. Next: %(following)s.") if following else gettext("Now: %(here)s.")
    return words % {"here": here.label, "following": following}


def stages(order: Order, events: Sequence[Event]) -> list[Stage]:
    """What has to happen to an order: something is made and shipped, or files are delivered."""
    at = _first_times(events)
    design, make = DesignStage(order.design_stage), ProductionStage(order.production_stage)
    finished = order.status in FINISHED
    submitted = Stage(gettext("Submitted"), True, True, order.submitted_at, "", "")
    designed = Stage(
        gettext("Design"),
        begun=design is not DesignStage.NOT_STARTED,
        over=design is DesignStage.COMPLETED,
        at=at.get(EventType.DESIGN_COMPLETED) or at.get(EventType.DESIGN_STARTED),
        waiting=gettext("Waiting for a designer"),
        working=gettext("Being designed"),
    )
    completed = Stage(
        gettext("Completed"), finished, finished, at.get(EventType.ORDER_COMPLETED), gettext("Almost there"), ""
    )
    if not order.is_fabricated:
        sent = order.files_delivered_at is not None
        files = Stage(
            gettext("Files delivered"),
            sent,
            sent,
            order.files_delivered_at,
            gettext("The files are being prepared"),
            "",
        )
        return [submitted, designed, files, completed]
    made = Stage(
        gettext("Fabrication"),
        begun=make is not ProductionStage.NOT_STARTED,
        over=make is ProductionStage.READY_TO_SHIP,
        at=at.get(EventType.FABRICATION_FINISHED) or at.get(EventType.FABRICATION_STARTED),
        waiting=gettext("Waiting for its place at the bench"),
        working=gettext("Being made"),
    )
    gone = order.shipped_at is not None
    shipped = Stage(gettext("Shipped"), gone, gone, order.shipped_at, gettext("About to ship"), "")
    return [submitted, designed, made, shipped, completed]


def _step(stage: Stage) -> Step:
    if stage.over:
        return Step(stage.label, DONE, stage.at)
    if stage.begun:
        return Step(stage.label, NEXT, stage.at, stage.working)
    return Step(stage.label, NEXT, None, stage.waiting or "")


def _marks(order: Order, events: Sequence[Event]) -> list[Step]:
    """What stopped or restarted the order where it stands now."""
    times = _last_times(events)
    pause = last_pause(order)
    by = {"who": pause.paused_by_name, "reason": pause.reason.label} if pause else {}
    match Status(order.status):
        case Status.PAUSED:
            return [
                Step(
                    gettext("Paused"),
                    CURRENT,
                    pause.started_at if pause else None,
                    gettext("By %(who)s: %(reason)s") % by if pause else "",
                    "paused",
                )
            ]
        case Status.SLATED_FOR_DELETION:
            at = pause.slated_at if pause else None
            return [Step(gettext("Slated for deletion"), CURRENT, at, "", "slated_for_deletion")]
        case Status.ON_HOLD:
            return [Step(gettext("On hold"), CURRENT, times.get(EventType.PUT_ON_HOLD), "", "on_hold")]
        case Status.CANCELLED:
            at = times.get(EventType.ORDER_CANCELLED) or times.get(EventType.CANCELLATION_APPROVED)
            return [Step(gettext("Cancelled"), DONE, at, "", "cancelled")]
    if pause is not None and pause.ended_how in (PauseEnd.RESUMED, PauseEnd.RESTORED):
        return [Step(gettext("Resumed"), DONE, pause.ended_at, "", "resumed")]
    return []


def _first_times(events: Sequence[Event]) -> Mapping[str, datetime]:
    return {event.type: event.at for event in reversed(events)}


def _last_times(events: Sequence[Event]) -> Mapping[str, datetime]:
    return {event.type: event.at for event in events}
