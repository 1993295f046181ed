"""A ruling: what the rules in force say about one action on one subject, now, for whoever asks."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import islice
from typing import Final

from django.db.models import Model, prefetch_related_objects
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.dmn.decide import Decision
from reprieve.dmn.explain import Change, nearest
from reprieve.dmn.facts import facts_to_data
from reprieve.dmn.horizon import Horizon, Later, Span, spans
from reprieve.dmn.values import Value
from reprieve.policies.facts.registry import Asking, Registry
from reprieve.policies.in_force import NoRulesInForce, Rules, in_force
from reprieve.policies.models import DecisionRecord, Outcome
from reprieve.policies.shadows import ask_shadow, outputs_to_data
from reprieve.policies.subjects import SubjectKind

# How far ahead the end of an answer is looked for where facts turn by the clock on the wall: 50 ms of hours, at worst.
LOOK_AHEAD: Final = timedelta(days=31)
# Further than this nobody waits for a yes.
LONGEST_WAIT: Final = timedelta(days=90)
# Nobody can become somebody else, and crowns do not turn into dentures: that is never an advice.
UNCHANGEABLE: Final = ("who_asks", "product_family")
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opening:
    """When time alone makes possible what is refused now, and whether at once or on request."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """One decision with everything needed to explain and record_decision it.

    `later` tells the facts that it rests on at each instant up to a limit at which one of them turns though nothing
    happens, such as the weekday; None where none does. `gather` reads any facts of the subject, for a shadow.
    """

    action: str
    rules: Rules
    facts: Mapping[str, object]
    now: datetime
    decision: Decision
    later: Callable[[datetime], Later] | None = field(default=None, compare=False)
    gather: Callable[[Iterable[str]], Mapping[str, object]] = field(default=lambda _: {}, compare=False)

    @property
    def outcome(self) -> Outcome:
        return Outcome(str(self.decision.outputs["outcome"]))

    @property
    def message(self) -> str:
        return str(self.decision.outputs.get("message", ""))

    @property
    def changes(self) -> Iterator[Horizon]:
        """Each end of an answer with the answer after it, if only time passes, as far as anything is in sight."""
        limit = _LAST if self.later is None else self.now + LOOK_AHEAD
        later = islice(self.curve(limit), 1, None)
        return (Horizon(span.start, not span.includes_start, span.decision) for span in later)

    @cached_property
    def opening(self) -> Opening | None:
        """When what is refused will be possible; None where it is, or where time does not help."""
        if self.outcome is not Outcome.REFUSE:
            return None
        for span in self.curve(self.now + LONGEST_WAIT):
            if (outcome := Outcome(str(span.decision.outputs["outcome"]))) is not Outcome.REFUSE:
                return Opening(span.start, outcome)
        return None

    @cached_property
    def differing(self) -> Sequence[Change]:
        """The fewest facts that would have to differ for a yes, as the nearest row that allows has them."""
        fixed = [name for name in UNCHANGEABLE if name in self.facts]
        found = nearest(self.rules.compiled, self.facts, self.now, "outcome", Outcome.ALLOW.value, fixed=fixed)
        return found.changes if found is not None else ()

    def curve(self, limit: datetime) -> Iterator[Span]:
        """Every answer from now up to `limit` if only time passes: what the pages draw."""
        later = self.later(limit) if self.later else ()
        return spans(self.rules.compiled, self.facts, self.now, limit, later=later)

    def output(self, name: str) -> Value | None:
        """Any other output; None where the row leaves it open."""
        return self.decision.outputs.get(name)

    def granted(self, name: str) -> timedelta | None:
        """A length of time that this row grants, or else the first row that allows: what an override goes by."""
        rows = (row.outputs for row in self.rules.table.rows if row.outputs["outcome"] == Outcome.ALLOW.value)
        lengths = (outputs.get(name) for outputs in (self.decision.outputs, *rows))
        return next((length for length in lengths if isinstance(length, timedelta)), None)

    def duration(self, name: str) -> timedelta | None:
        value = self.output(name)
        return value if isinstance(value, timedelta) else None


def rule[S](rules: Rules, registry: Registry[S], subject: S, *, action: str, asking: Asking) -> Ruling:
    """Decide. A fact that is missing or foreign never allows: the table's fallback asks for a human."""
    facts = registry.gather((column.name for column in rules.table.inputs), subject, asking)
    tested = {name for row in rules.table.rows for name in row.cells}
    return Ruling(
        action=action,
        rules=rules,
        facts=facts,
        now=asking.now,
        decision=rules.compiled.decide(facts, asking.now),
        later=partial(_later, registry, facts, subject, asking) if registry.turning(tested) else None,
        gather=partial(registry.gather, subject=subject, asking=asking),
    )


def _later[S](registry: Registry[S], names: Iterable[str], subject: S, asking: Asking, limit: datetime) -> Later:
    return registry.later(names, subject, asking, limit=limit)


def rulings_of[S: Model, A: str](  # noqa: PLR0913 - a question is these facts
    about: SubjectKind[S],
    them: Sequence[S],
    actions: Collection[A],
    actor: Actor,
    *,
    now: datetime,
    reason: str | None = None,
) -> list[Mapping[A, Ruling]]:
    """Each one's rulings: one query for the rules, and those for the facts not yet loaded, however many there are.

    An action for which the business has published no rules is left out.
    """
    prefetch_related_objects(them, *about.related)
    found, asking = in_force(about.key, now=now), Asking.by(actor, now=now, reason=reason)
    rules = [found.rules(about.began_at(it)) for it in them]
    return [
        {
            action: rule(by_action[action], about.facts, it, action=action, asking=asking)
            for action in actions
            if action in by_action
        }
        for it, by_action in zip(them, rules, strict=True)
    ]


def rulings_on[S: Model, A: str](  # noqa: PLR0913 - a question is these facts
    about: SubjectKind[S], it: S, actions: Collection[A], actor: Actor, *, now: datetime, reason: str | None = None
) -> Mapping[A, Ruling]:
    """One's rulings. See `rulings_of`."""
    (found,) = rulings_of(about, [it], actions, actor, now=now, reason=reason)
    return found


def rule_on[S: Model](  # noqa: PLR0913 - a question is these facts
    about: SubjectKind[S], it: S, action: str, actor: Actor, *, now: datetime, reason: str | None = None
) -> Ruling:
    """One action's ruling. Raises NoRulesInForce where the business has published none."""
    return require(rulings_on(about, it, (action,), actor, now=now, reason=reason), action)


def require[A: str, T](by_action: Mapping[A, T], action: A) -> T:
    """What there is for the action. Raises NoRulesInForce where the business has published no rules for it."""
    if action not in by_action:
        raise NoRulesInForce(
            gettext("There are no rules for this yet."),
            remedy=gettext("Please contact support; a manager has to publish them."),
        )
    return by_action[action]


def record_decision(ruling: Ruling, *, subject: str, subject_id: int) -> DecisionRecord:
    """Write the decision down, in the transaction of what is done on it and before the subject is changed by it.

    The version that listens as a shadow is asked the same and its answer kept beside, whatever becomes of it.
    """
    record = DecisionRecord.objects.create(
        version_id=ruling.rules.version_id,
        action=ruling.action,
        subject=subject,
        subject_id=subject_id,
        at=ruling.now,
        row=ruling.decision.row or "",
        outputs=outputs_to_data(ruling.decision),
        facts=facts_to_data(ruling.rules.table, ruling.facts),
        problem=ruling.decision.problem.message if ruling.decision.problem else "",
    )
    if ruling.rules.shadow is not None:
        ask_shadow(ruling.rules.shadow, record, ruling.gather)
    return record
