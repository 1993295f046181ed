"""What rules may ask about an order. Reads from prefetched relations, so that many facts cost few queries."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from reprieve.accounts.actors import ActorKind
from reprieve.accounts.models import PaymentTerms
from reprieve.dmn.sfeel import ValueType
from reprieve.dmn.table import Clock, Column
from reprieve.orders.lifecycle import WORKING
from reprieve.orders.models import DesignStage, FileKind, Order, ProductionStage, Status
from reprieve.orders.pauses import open_pause
from reprieve.policies.facts import Asking, Fact, Registry, register

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STRING, NUMBER = ValueType.STRING, ValueType.NUMBER
BOOLEAN, DURATION = ValueType.BOOLEAN, ValueType.DURATION

# How much of the work is behind an order at each stage, for rules that price a late cancellation by it.
DESIGN_SHARE = {
    DesignStage.NOT_STARTED: Decimal(0),
    DesignStage.STARTED: Decimal("0.2"),
    DesignStage.COMPLETED: Decimal("0.4"),
}
PRODUCTION_SHARE = {
    ProductionStage.NOT_STARTED: Decimal(0),
    ProductionStage.FABRICATING: Decimal("0.3"),
    ProductionStage.READY_TO_SHIP: Decimal("0.6"),
}
WORK_DONE = {
    (design, production): design_share + production_share
    for design, design_share in DESIGN_SHARE.items()
    for production, production_share in PRODUCTION_SHARE.items()
}


def _work_done(order: Order, _asking: Asking) -> Decimal:
    if not order.is_fabricated and order.design_stage == DesignStage.COMPLETED:
        return Decimal(1)
    return WORK_DONE[DesignStage(order.design_stage), ProductionStage(order.production_stage)]


def _files_submitted(order: Order, _asking: Asking) -> bool:
    return any(file.kind == FileKind.SUBMITTED for file in order.files.all())


def _paused_in_all(order: Order, _asking: Asking) -> timedelta:
    ended = (pause.ended_at - pause.started_at for pause in order.pauses.all() if pause.ended_at)
    return sum(ended, timedelta())


def _status_before_pause(order: Order, _asking: Asking) -> str | None:
    pause = open_pause(order)
    return pause.status_before if pause else None


def _requested_delivery(order: Order, asking: Asking) -> datetime | None:
    if order.requested_delivery is None:
        return None
    return datetime.combine(order.requested_delivery, time(), tzinfo=asking.zone)


ORDER_FACTS: Registry[Order] = register(
    Registry(
        Order.SUBJECT,
        [
            Fact(Column("status", STRING, "Status", tuple(Status.values)), lambda o, _: o.status),
            Fact(
                Column("product_family", STRING, "Product family", several=True),
                lambda o, _: tuple(sorted({line.family for line in o.lines.all()})),
            ),
            Fact(Column("design_stage", STRING, "Design", tuple(DesignStage.values)), lambda o, _: o.design_stage),
            Fact(
                Column("production_stage", STRING, "Fabrication", tuple(ProductionStage.values)),
                lambda o, _: o.production_stage,
            ),
            Fact(Column("work_done", NUMBER, "Share of the work done"), _work_done),
            Fact(Column("files_submitted", BOOLEAN, "Files submitted"), _files_submitted),
            Fact(
                Column("since_submission", DURATION, "Time since submission", clock=Clock.SINCE),
                lambda o, _: o.submitted_at,
            ),
            Fact(
                Column("since_status", DURATION, "Time in this status", clock=Clock.SINCE), lambda o, _: o.status_since
            ),
            Fact(Column("paused_in_all", DURATION, "Time paused before"), _paused_in_all),
            Fact(Column("pauses", NUMBER, "Number of pauses", integer=True), lambda o, _: len(o.pauses.all())),
            Fact(
                Column("revisions_in_progress", NUMBER, "Revisions in progress", integer=True),
                lambda o, _: sum(revision.closed_at is None for revision in o.revisions.all()),
            ),
            Fact(
                Column("files_delivered", BOOLEAN, "Final files delivered"),
                lambda o, _: o.files_delivered_at is not None,
            ),
            Fact(
                Column("status_before_pause", STRING, "Status before the pause", WORKING, nullable=True),
                _status_before_pause,
            ),
            Fact(Column("shipped", BOOLEAN, "Shipped"), lambda o, _: o.shipped_at is not None),
            Fact(
                Column("delivery_in", DURATION, "Requested delivery in", nullable=True, clock=Clock.UNTIL),
                _requested_delivery,
            ),
            Fact(
                Column("payment_terms", STRING, "Payment terms", tuple(PaymentTerms.values)),
                lambda o, _: o.payment_terms,
            ),
            Fact(Column("amount", NUMBER, "Amount"), lambda o, _: o.total.amount),
            Fact(Column("plan", STRING, "Practice's plan"), lambda o, _: o.practice.plan),
            Fact(Column("tags", STRING, "Practice's tags", several=True), lambda o, _: tuple(o.practice.tags)),
            Fact(
                Column("weekday", STRING, "Weekday", WEEKDAYS),
                lambda _, asking: WEEKDAYS[asking.now.astimezone(asking.zone).weekday()],
            ),
            Fact(
                Column("hour", NUMBER, "Hour of the day", integer=True),
                lambda _, asking: asking.now.astimezone(asking.zone).hour,
            ),
            Fact(Column("reason", STRING, "Reason chosen", nullable=True), lambda _, asking: asking.reason),
            Fact(
                Column("who_asks", STRING, "Who asks", tuple(kind.value for kind in ActorKind)),
                lambda _, asking: asking.who.value,
            ),
        ],
    )
)
