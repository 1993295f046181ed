"""Asking two tables about the past: at each decision that was made, and on each day of the life of each subject.

Every question is put on the subject as it was (`lives`), never as it is today. A day is asked at noon, by the clock of
the business, as its customer would ask: without a reason. The days end when the subject is over.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from reprieve.accounts.actors import ActorKind
from reprieve.dmn.facts import facts_from_data
from reprieve.policies.evidence.simulation import Asked, Comparison, Pair, Period, Simulated
from reprieve.policies.facts.registry import Asking
from reprieve.policies.in_force import compiled_version
from reprieve.policies.lives import Life, NotRebuildable, Unknown
from reprieve.policies.models import DecisionRecord
from reprieve.policies.subjects import SubjectKind

BATCH: Final = 300
NOON: Final = time(12)

type Progress = Callable[[int, int], None]
"""Told how many subjects are done, of how many."""


def simulate[S: Model](  # noqa: PLR0913 - a question is these facts
    about: SubjectKind[S], comparison: Comparison, action: str, period: Period, *, zone: ZoneInfo, progress: Progress
) -> Simulated:
    """Compare two tables of one action over a period. `zone` is that of the business.

    What `progress` raises ends it.
    """
    asking = _Questions(about, comparison, action, period, zone)
    asked = asking.rows()
    done, total = 0, asked.count()
    progress(done, total)
    for batch in _batches(asked):
        asking.about(batch)
        done += len(batch)
        progress(min(done, total), total)
    return comparison.result()


def _batches[S: Model](rows: QuerySet[S]) -> Iterator[list[S]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _lives[S: Model](about: SubjectKind[S], batch: Sequence[S]) -> Iterator[tuple[S, Life[S] | NotRebuildable]]:
    """Their lives; those that something happened to just while they were read are read once more."""
    odd = []
    for each, life in about.lives(batch):
        if life == NotRebuildable(Unknown.HISTORY_DIFFERS):
            odd.append(each.pk)
        else:
            yield each, life
    again = about.model._default_manager.filter(pk__in=odd)  # noqa: SLF001 - Django's public name for it
    yield from about.lives(list(again)) if odd else ()


def noons(period: Period, zone: ZoneInfo) -> list[datetime]:
    """Noon of each day that lies in the period, by the clock of the zone."""
    day = period.starts_at.astimezone(zone).date()
    found = []
    while (noon := datetime.combine(day, NOON, tzinfo=zone).astimezone(UTC)) < period.ends_at:
        found += [noon] * (noon >= period.starts_at)
        day += timedelta(days=1)
    return found


@dataclass(frozen=True, slots=True)
class _Stretch[S]:
    """Some days on which the subject was the same, or on which it cannot be said how it was."""

    subject: S | NotRebuildable
    noons: Sequence[datetime]


class _Questions[S: Model]:
    def __init__(
        self, about: SubjectKind[S], comparison: Comparison, action: str, period: Period, zone: ZoneInfo
    ) -> None:
        self.kind, self.comparison = about, comparison
        self.action, self.period, self.zone = action, period, zone
        self.noons = noons(period, zone)
        self.names = comparison.facts()
        self.turning = about.facts.turning(self.names)

    def rows(self) -> QuerySet[S]:
        """Those that lived in the period, or were decided about in it."""
        kind, period = self.kind, self.period
        lived = ~kind.over | Q(**{f"{kind.over_since}__gte": period.starts_at})
        decided = Exists(self._records().filter(subject_id=OuterRef("pk")))
        every = kind.model._default_manager.all()  # noqa: SLF001 - Django's public name for it
        return every.filter(Q(**{f"{kind.began}__lt": period.ends_at}) & (lived | decided))

    def _records(self) -> QuerySet[DecisionRecord]:
        return DecisionRecord.objects.filter(
            subject=self.kind.key, action=self.action, at__gte=self.period.starts_at, at__lt=self.period.ends_at
        )

    def about(self, batch: Sequence[S]) -> None:
        """Ask about a batch, in the same few queries however many they are."""
        records: Mapping[int, list[DecisionRecord]] = defaultdict(list)
        ids = [each.pk for each in batch]
        found = self._records().filter(subject_id__in=ids).select_related("version")
        for record in found.defer("version__definition", "version__scenarios", "version__dmn_ids"):
            records[record.subject_id].append(record)
        for each, life in _lives(self.kind, batch):
            self._ask_decisions(each, life, records.get(each.pk, ()))
            self._ask_days(each, life)

    def _ask_decisions(self, subject: S, life: Life[S] | NotRebuildable, records: Sequence[DecisionRecord]) -> None:
        asked = Asked()
        last: Pair | None = None
        for record in records:
            facts = self._facts_at(record, life)
            if isinstance(facts, Unknown):
                asked.unanswered[facts.value] += 1
            else:
                last = self.comparison.ask(asked, facts, record.at)
        self.comparison.decisions.add(self.kind.number(subject), asked)
        if last is not None and self.action in self.kind.gives_back:
            self.comparison.count_refund(last, *self.kind.amount(subject))

    def _facts_at(self, record: DecisionRecord, life: Life[S] | NotRebuildable) -> Mapping[str, object] | Unknown:
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
        return facts | self.kind.facts.gather(more, question.subject, asking)

    def _ask_days(self, subject: S, life: Life[S] | NotRebuildable) -> None:
        asked = Asked()
        for stretch in self._stretches(subject, life):
            if isinstance(stretch.subject, NotRebuildable):
                asked.unanswered[stretch.subject.why.value] += len(stretch.noons)
            elif self.kind.over_at(stretch.subject) is None:
                self._ask_each_noon(asked, stretch.subject, stretch.noons)
        self.comparison.days.add(self.kind.number(subject), asked)

    def _ask_each_noon(self, asked: Asked, subject: S, days: Sequence[datetime]) -> None:
        asking = Asking(now=days[0], who=ActorKind.CUSTOMER, reason=None, zone=self.zone)
        facts = self.kind.facts.gather(self.names, subject, asking)
        ask = self.comparison.ask
        for noon in days:
            if self.turning:
                asking = Asking(now=noon, who=ActorKind.CUSTOMER, reason=None, zone=self.zone)
                facts |= {fact.column.name: fact.read(subject, asking) for fact in self.turning}
            ask(asked, facts, noon)

    def _stretches(self, subject: S, life: Life[S] | NotRebuildable) -> Iterator[_Stretch[S]]:
        """The days from its beginning on, cut where it changed. Without a life its row tells when it was over."""
        began_at = self.kind.began_at(subject)
        if isinstance(life, NotRebuildable):
            yield from self._stretch(life, began_at, self.kind.over_at(subject))
            return
        states = life.states
        if began_at < states[0].since:
            yield from self._stretch(NotRebuildable(Unknown.BEFORE_HISTORY), began_at, states[0].since)
        for state, following in pairwise([*states, None]):
            if state is not None:
                yield from self._stretch(state.subject, state.since, following.since if following else None)

    def _stretch(self, subject: S | NotRebuildable, since: datetime, until: datetime | None) -> Iterator[_Stretch[S]]:
        first = bisect_left(self.noons, since)
        last = len(self.noons) if until is None else bisect_left(self.noons, until)
        if first < last:
            yield _Stretch(subject, self.noons[first:last])
