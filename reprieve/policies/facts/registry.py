"""The registry of facts: what a decision table may ask about, and how each is read.

A subject's app registers its facts (`orders.facts`). Each fact is a column of the decision-table engine plus two ways
to its value, of one subject in Python and of any number in the database, so that a table and the product can never
disagree about a name, a type or a domain.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from reprieve.accounts.actors import Actor, ActorKind
from reprieve.dmn.table import Column
from reprieve.dmn.values import ValueType
from reprieve.policies.facts.stored import Known, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The circumstances of a question: when, who, for which reason (None until one is chosen), in which time zone."""

    now: datetime
    who: ActorKind
    reason: str | None
    zone: ZoneInfo

    @classmethod
    def by(cls, actor: Actor, *, now: datetime, reason: str | None = None) -> "Asking":
        """The actor's question, in the time zone of the business."""
        return cls(now=now, who=actor.kind, reason=reason, zone=ZoneInfo(settings.BUSINESS_TIME_ZONE))


@dataclass(frozen=True, slots=True)
class Fact[Subject]:
    """A column, how its value is read from a subject, and how it stands in the database.

    `read` returns None where the value is not known; then `stored` is NULL, which only a nullable column's may be.
    `turns` is for a fact that changes although nothing happens to the subject, other than by ageing under a clock: it
    returns the next instant at which the fact may be another, or None if it stays.
    """

    column: Column
    read: Callable[[Subject, Asking], object]
    stored: Callable[[Asking], Stored]
    turns: Callable[[Subject, Asking], datetime | None] | None = None

    @classmethod
    def asked(
        cls,
        column: Column,
        read: Callable[[Asking], object],
        *,
        turns: Callable[[Subject, Asking], datetime | None] | None = None,
    ) -> "Fact[Subject]":
        """A fact that lies in the question alone, such as who asks."""
        return cls(column, lambda _, asking: read(asking), lambda asking: Known(read(asking)), turns)


class Registry[Subject]:
    def __init__(self, subject: str, facts: Iterable[Fact[Subject]]) -> None:
        self.subject = subject
        self.facts = {fact.column.name: fact for fact in facts}

    def gather(self, names: Iterable[str], subject: Subject, asking: Asking) -> dict[str, object]:
        """The named facts of one subject. Raises KeyError for a name that is not registered."""
        return {name: self.facts[name].read(subject, asking) for name in names}

    def later(
        self, names: Iterable[str], subject: Subject, asking: Asking, *, limit: datetime
    ) -> Iterator[tuple[datetime, dict[str, object]]]:
        """The named facts at each instant up to the limit at which one of them turns, if nothing but time passes."""
        facts = self.gather(names, subject, asking)
        turning = self.turning(facts)
        while (at := self._next_turn(turning, subject, asking)) is not None and at <= limit:
            asking = replace(asking, now=at)
            facts = facts | {fact.column.name: fact.read(subject, asking) for fact in turning}
            yield at, facts

    def turning(self, names: Iterable[str]) -> list[Fact[Subject]]:
        """Those of the named facts that change though nothing happens."""
        return [self.facts[name] for name in names if self.facts[name].turns]

    def _next_turn(self, turning: Iterable[Fact[Subject]], subject: Subject, asking: Asking) -> datetime | None:
        turns = (fact.turns(subject, asking) for fact in turning if fact.turns)
        return min((turn for turn in turns if turn is not None), default=None)

    def columns(self) -> Mapping[str, Column]:
        return {name: fact.column for name, fact in self.facts.items()}


def facts_of_the_question() -> "list[Fact[Any]]":
    """What every question brings along, whatever it is about."""
    return [
        Fact.asked(Column("reason", ValueType.STRING, "Reason chosen", nullable=True), lambda asking: asking.reason),
        Fact.asked(
            Column("who_asks", ValueType.STRING, "Who asks", tuple(kind.value for kind in ActorKind)),
            lambda asking: asking.who.value,
        ),
    ]


_registries: dict[str, Registry[object]] = {}


def register[Subject](registry: Registry[Subject]) -> Registry[Subject]:
    """Make a subject's facts known to the tables about it."""
    _registries[registry.subject] = registry  # type: ignore[assignment]  # each subject is asked about itself alone
    return registry


def columns_of(subject: str) -> Mapping[str, Column]:
    """The columns that tables about `subject` may have. Raises KeyError for an unknown subject."""
    return _registries[subject].columns()
