"""What rules may ask about an order: of one, in Python, and of any number, in the database.

Python reads from prefetched relations, so that many facts cost few queries. How each stands in the database is told
beside it, the longer expressions in `stored_facts`: always in the order's own row, or in that of its practice.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import F
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_noop

from reprieve.accounts.models import PaymentTerms
from reprieve.dmn.sfeel import ValueType
from reprieve.dmn.table import Clock, Column
from reprieve.orders import stored_facts as stored
from reprieve.orders.models import WORKING, DesignStage, FileKind, Order, ProductionStage, Status
from reprieve.orders.pauses import open_pause
from reprieve.policies.facts import wall_clock
from reprieve.policies.facts.registry import Asking, Fact, Registry, facts_of_the_question, register
from reprieve.policies.facts.stored import BarredTexts, JsonTexts, LocalMidnight, Plain, Scaled

STRING, NUMBER = ValueType.STRING, ValueType.NUMBER
BOOLEAN, DURATION = ValueType.BOOLEAN, ValueType.DURATION
NO_TIME: Final = timedelta()

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
            Fact(
                Column("status", STRING, gettext_noop("Status"), tuple(Status.values)),
                lambda o, _: o.status,
                lambda _: Plain(F("status"), held_to=frozenset(Status.values)),
            ),
            Fact(
                Column("product_family", STRING, gettext_noop("Product family"), several=True),
                lambda o, _: tuple(sorted({line.family for line in o.lines.all()})),
                lambda _: BarredTexts("families"),
            ),
            Fact(
                Column("design_stage", STRING, gettext_noop("Design"), tuple(DesignStage.values)),
                lambda o, _: o.design_stage,
                lambda _: Plain(F("design_stage"), held_to=frozenset(DesignStage.values)),
            ),
            Fact(
                Column("production_stage", STRING, gettext_noop("Fabrication"), tuple(ProductionStage.values)),
                lambda o, _: o.production_stage,
                lambda _: Plain(F("production_stage"), held_to=frozenset(ProductionStage.values)),
            ),
            Fact(
                Column("work_done", NUMBER, gettext_noop("Share of the work done"), minimum=0, maximum=1),
                _work_done,
                lambda _: Scaled(stored.share_of(DESIGN_SHARE, PRODUCTION_SHARE), stored.SHARE_PLACES),
            ),
            Fact(
                Column("files_submitted", BOOLEAN, gettext_noop("Files submitted")),
                _files_submitted,
                lambda _: Plain(F("files_submitted")),
            ),
            Fact(
                Column(
                    "since_submission",
                    DURATION,
                    gettext_noop("Time since submission"),
                    clock=Clock.SINCE,
                    minimum=NO_TIME,
                ),
                lambda o, _: o.submitted_at,
                lambda _: Plain(F("submitted_at")),
            ),
            Fact(
                Column(
                    "since_status", DURATION, gettext_noop("Time in this status"), clock=Clock.SINCE, minimum=NO_TIME
                ),
                lambda o, _: o.status_since,
                lambda _: Plain(F("status_since")),
            ),
            Fact(
                Column("paused_in_all", DURATION, gettext_noop("Time paused before"), minimum=NO_TIME),
                _paused_in_all,
                lambda _: Plain(F("paused_in_all")),
            ),
            Fact(
                Column("pauses", NUMBER, gettext_noop("Number of pauses"), integer=True, minimum=0),
                lambda o, _: len(o.pauses.all()),
                lambda _: Scaled(F("pauses_begun")),
            ),
            Fact(
                Column("revisions_in_progress", NUMBER, gettext_noop("Revisions in progress"), integer=True, minimum=0),
                lambda o, _: sum(revision.closed_at is None for revision in o.revisions.all()),
                lambda _: Scaled(F("revisions_open")),
            ),
            Fact(
                Column("files_delivered", BOOLEAN, gettext_noop("Final files delivered")),
                lambda o, _: o.files_delivered_at is not None,
                lambda _: Plain(IsNull(F("files_delivered_at"), False)),
            ),
            Fact(
                Column("status_before_pause", STRING, gettext_noop("Status before the pause"), WORKING, nullable=True),
                _status_before_pause,
                lambda _: Plain(F("paused_from"), held_to=frozenset(WORKING)),
            ),
            Fact(
                Column("shipped", BOOLEAN, gettext_noop("Shipped")),
                lambda o, _: o.shipped_at is not None,
                lambda _: Plain(IsNull(F("shipped_at"), False)),
            ),
            Fact(
                Column(
                    "delivery_in", DURATION, gettext_noop("Requested delivery in"), nullable=True, clock=Clock.UNTIL
                ),
                _requested_delivery,
                lambda asking: LocalMidnight(F("requested_delivery"), asking.zone),
            ),
            Fact(
                Column("payment_terms", STRING, gettext_noop("Payment terms"), tuple(PaymentTerms.values)),
                lambda o, _: o.payment_terms,
                lambda _: Plain(F("payment_terms"), held_to=frozenset(PaymentTerms.values)),
            ),
            Fact(
                Column("charged", BOOLEAN, gettext_noop("Charged")),
                lambda o, _: o.charged_at is not None,
                lambda _: Plain(IsNull(F("charged_at"), False)),
            ),
            Fact(
                Column("amount", NUMBER, gettext_noop("Amount"), minimum=0),
                lambda o, _: o.total.amount,
                lambda _: Scaled(stored.amount(), stored.MONEY_PLACES),
            ),
            Fact(
                Column("plan", STRING, gettext_noop("Practice's plan")),
                lambda o, _: o.practice.plan,
                lambda _: Plain(F("practice__plan")),
            ),
            Fact(
                Column("tags", STRING, gettext_noop("Practice's tags"), several=True),
                lambda o, _: tuple(o.practice.tags),
                lambda _: JsonTexts("practice__tags"),
            ),
            Fact.asked(
                Column("weekday", STRING, gettext_noop("Weekday"), wall_clock.WEEKDAYS),
                lambda asking: wall_clock.weekday(asking.now, asking.zone),
                turns=wall_clock.next_weekday,
            ),
            Fact.asked(
                Column("hour", NUMBER, gettext_noop("Hour of the day"), integer=True, minimum=0, maximum=23),
                lambda asking: wall_clock.hour(asking.now, asking.zone),
                turns=wall_clock.next_hour,
            ),
            *facts_of_the_question(),
        ],
    )
)
