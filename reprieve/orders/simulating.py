"""Asking two tables about the orders of the past: at each decision that was made, and on each day of each order's life.

Every question is put on the order as it was (`as_it_was`), never as it is today. A day is asked at noon, by the clock
of the business, as its customer would ask: without a reason. An order's days end when it is invoiced or cancelled.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from reprieve.accounts.actors import ActorKind
from reprieve.dmn.facts import facts_from_data
from reprieve.orders.actions import Action
from reprieve.orders.as_it_was import Life, NotRebuildable, Unknown, lives_of
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import OVER
from reprieve.orders.models import Order
from reprieve.policies.evidence.simulation import Asked, Comparison, Pair, Period, Simulated
from reprieve.policies.facts import Asking
from reprieve.policies.in_force import compiled_version
from reprieve.policies.models import DecisionRecord

BATCH: Final = 300
NOON: Final = time(12)

type Progress = Callable[[int, int], None]
"""Told how many orders are done, of how many."""


def simulate_orders(
    comparison: Comparison, action: str, period: Period, *, zone: ZoneInfo, progress: Progress
) -> Simulated:
    """Compare two tables of one action over a period. `zone` is that of the business.

    What `progress` raises ends it.
    """
    asking = _Questions(comparison, action, period, zone)
    orders = _orders_of(action, period)
    done, total = 0, orders.count()
    progress(done, total)
    for batch in _batches(orders):
        asking.about(batch)
        done += len(batch)
        progress(min(done, total), total)
    return comparison.result()


def _orders_of(action: str, period: Period) -> QuerySet[Order]:
    """Those that lived in the period, or were decided about in it."""
    lived = ~Q(status__in=OVER) | Q(status_since__gte=period.starts_at)
    decided = Exists(_records(action, period).filter(subject_id=OuterRef("pk")))
    return Order.objects.filter(Q(submitted_at__lt=period.ends_at) & (lived | decided))


def _records(action: str, period: Period) -> QuerySet[DecisionRecord]:
    return DecisionRecord.objects.filter(
        subject=Order.SUBJECT, action=action, at__gte=period.starts_at, at__lt=period.ends_at
    )


def _batches(orders: QuerySet[Order]) -> Iterator[list[Order]]:
    last = 0
    while batch := list(orders.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _lives(orders: Sequence[Order]) -> Iterator[tuple[Order, Life | NotRebuildable]]:
    """Their lives; those that something happened to just while they were read are read once more."""
    odd = []
    for order, life in lives_of(orders):
        if life == NotRebuildable(Unknown.HISTORY_DIFFERS):
            odd.append(order.pk)
        else:
            yield order, life
    yield from lives_of(list(Order.objects.filter(pk__in=odd))) if odd else ()


def noons(period: Period, zone: ZoneInfo) -> list[datetime]:
    """Noon of each day that lies in the period, by the clock of the zone."""
    day = period.starts_at.astimezone(zone).date()
    found = []
    while (noon := datetime.combine(day, NOON, tzinfo=zone).astimezone(UTC)) < period.ends_at:
        found += [noon] * (noon >= period.starts_at)
        day += timedelta(days=1)
    return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some days on which the order was the same; None where it cannot be said how it was."""

    order: Order | NotRebuildable
    noons: Sequence[datetime]


class _Questions:
    """What is asked about each order, for one comparison."""

    def __init__(self, comparison: Comparison, action: str, period: Period, zone: ZoneInfo) -> None:
        self.comparison = comparison
        self.action, self.period, self.zone = action, period, zone
        self.noons = noons(period, zone)
        self.names = comparison.facts()
        self.turning = ORDER_FACTS.turning(self.names)

    def about(self, orders: Sequence[Order]) -> None:
        """Ask about a batch of orders, in the same few queries however many they are."""
        records: Mapping[int, list[DecisionRecord]] = defaultdict(list)
        ids = [order.pk for order in orders]
        found = _records(self.action, self.period).filter(subject_id__in=ids).select_related("version")
        for record in found.defer("version__definition", "version__scenarios", "version__dmn_ids"):
            records[record.subject_id].append(record)
        for order, life in _lives(orders):
            self._ask_decisions(order, life, records.get(order.pk, ()))
            self._ask_days(order, life)

    def _ask_decisions(self, order: Order, life: Life | NotRebuildable, records: Sequence[DecisionRecord]) -> None:
        asked = Asked()
        last: Pair | None = None
        for record in records:
            facts = self._facts_at(record, life)
            if isinstance(facts, Unknown):
                asked.unanswered[facts.value] += 1
            else:
                last = self.comparison.ask(asked, facts, record.at)
        self.comparison.decisions.add(order.number, asked)
        if last is not None and self.action == Action.CANCEL:
            amount = sum(line.amount_minor for line in order.lines.all())
            self.comparison.count_refund(last, amount, order.currency)

    def _facts_at(self, record: DecisionRecord, life: Life | NotRebuildable) -> Mapping[str, object] | Unknown:
        """The facts that were kept with the decision, and whatever else the tables ask as it was just before it."""
        decided_by = compiled_version(record.version_id, record.version.content_hash).table
        facts = facts_from_data(decided_by, record.facts)
        more = [name for name in self.names if name not in facts]
        if not more:
            return facts
        if isinstance(life, NotRebuildable):
            return life.why
        question = life.asked.get(record.pk)
        if question is None:
            return Unknown.NO_QUESTION
        if "reason" in more and not question.knows_reason:
            return Unknown.NO_REASON
        asking = Asking(now=record.at, who=ActorKind(question.who), reason=question.reason, zone=self.zone)
        return facts | ORDER_FACTS.gather(more, question.order, asking)

    def _ask_days(self, order: Order, life: Life | NotRebuildable) -> None:
        asked = Asked()
        for stretch in self._stretches(order, life):
            if isinstance(stretch.order, NotRebuildable):
                asked.unanswered[stretch.order.why.value] += len(stretch.noons)
            elif stretch.order.status not in OVER:
                self._ask_each_noon(asked, stretch.order, stretch.noons)
        self.comparison.days.add(order.number, asked)

    def _ask_each_noon(self, asked: Asked, order: Order, days: Sequence[datetime]) -> None:
        asking = Asking(now=days[0], who=ActorKind.CUSTOMER, reason=None, zone=self.zone)
        facts = ORDER_FACTS.gather(self.names, order, asking)
        ask = self.comparison.ask
        for noon in days:
            if self.turning:
                asking = Asking(now=noon, who=ActorKind.CUSTOMER, reason=None, zone=self.zone)
                facts |= {fact.column.name: fact.read(order, asking) for fact in self.turning}
            ask(asked, facts, noon)

    def _stretches(self, order: Order, life: Life | NotRebuildable) -> Iterator[_Stretch]:
        """The days from submission on, cut where the order changed. Without a life its row tells when it was over."""
        if isinstance(life, NotRebuildable):
            over = order.status_since if order.status in OVER else None
            yield from self._stretch(life, order.submitted_at, over)
            return
        states = life.states
        if order.submitted_at < states[0].since:
            yield from self._stretch(NotRebuildable(Unknown.BEFORE_HISTORY), order.submitted_at, states[0].since)
        for state, following in pairwise([*states, None]):
            if state is not None:
                yield from self._stretch(state.order, state.since, following.since if following else None)

    def _stretch(self, order: Order | NotRebuildable, since: datetime, until: datetime | None) -> Iterator[_Stretch]:
        first = bisect_left(self.noons, since)
        last = len(self.noons) if until is None else bisect_left(self.noons, until)
        if first < last:
            yield _Stretch(order, self.noons[first:last])
