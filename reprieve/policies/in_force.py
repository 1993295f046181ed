"""Which version of each policy is in force, compiled once per process and version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from django.db.models import F, Q, QuerySet

from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.table import Table, table_from_data
from reprieve.lib.errors import Refused
from reprieve.policies.models import Activation, Basis, Mode, Policy, PolicyVersion


class NoRulesInForce(Refused):
    """The business has not yet published rules for this action."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A version that is only listened to. It is not compiled before it is asked, so that it cannot be in the way."""

    version_id: int
    content_hash: str


class Answers(StrEnum):
    """Why it is this version that answers: in force now, or when it was submitted, or else the first there was."""

    NOW = "now"
    SUBMISSION = "submission"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Rules:
    """A version in force, ready to decide, and the one that listens beside it."""

    version_id: int
    version_number: int
    compiled: CompiledTable
    shadow: Shadow | None = None
    policy_key: str = ""
    answers: Answers = Answers.NOW

    @property
    def table(self) -> Table:
        return self.compiled.table


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules on a subject as they are at one instant, for every time of submission: see `in_force`."""

    now: datetime
    begun: Mapping[str, Sequence[Activation]]
    shadows: Mapping[str, Shadow]

    def rules(self, submitted_at: datetime) -> Mapping[str, Rules]:
        """The rules of each action for what was submitted then.

        The last version to have begun says whom it answers. Where that is what was submitted while it was in force, an
        order goes by the version that was live at `submitted_at`; one from before the policy's first activation by that
        first one.
        """
        chosen = {action: _chosen(activations, self.now, submitted_at) for action, activations in self.begun.items()}
        return {
            action: _rules(activation, self.shadows.get(action), answers)
            for action, (activation, answers) in chosen.items()
            if activation is not None
        }


def in_force(subject: str, *, now: datetime) -> InForce:
    """The rules of each action on a subject, with their shadows, in one query."""
    begun: dict[str, list[Activation]] = {}
    shadows: dict[str, Shadow] = {}
    for activation in _begun(subject, now).filter(Q(mode=Mode.LIVE) | in_force_at(now)):
        if activation.mode == Mode.LIVE:
            begun.setdefault(activation.policy.action, []).append(activation)
        else:
            shadows[activation.policy.action] = Shadow(activation.version_id, activation.version.content_hash)
    return InForce(now, begun, shadows)


@dataclass(frozen=True, slots=True)
class EffectivePeriod:
    """Rules that answer for what was submitted from `starts_at` up to `ends_at`, of which None is without end."""

    rules: Rules
    starts_at: datetime
    ends_at: datetime | None


def effective_periods(subject: str, action: str, *, now: datetime) -> Sequence[EffectivePeriod]:
    """All the rules of one action that answer now, in one query: those of `InForce.rules` for every time of submission.

    Where several hold it is the last; where none does, the first, and so it does alone where the basis is decision.
    """
    begun = list(_begun(subject, now).filter(mode=Mode.LIVE, policy__action=action))
    if begun and begun[-1].version.basis == Basis.DECISION:
        begun = [activation for activation in begun[-1:] if is_live(activation, now)]
    return [EffectivePeriod(_rules(activation), activation.starts_at, activation.ends_at) for activation in begun]


def _chosen(begun: Sequence[Activation], now: datetime, submitted_at: datetime) -> tuple[Activation | None, Answers]:
    by_submission = begun[-1].version.basis == Basis.SUBMISSION
    at = submitted_at if by_submission else now
    live = next((activation for activation in reversed(begun) if is_live(activation, at)), None)
    if not by_submission:
        return live, Answers.NOW
    return (live, Answers.SUBMISSION) if live else (begun[0], Answers.FIRST)


def _begun(subject: str, now: datetime) -> QuerySet[Activation]:
    """What has ever been in force up to now; what was called off before it began never was."""
    return (
        Activation.objects.filter(policy__subject=subject, starts_at__lte=now)
        .exclude(ends_at=F("starts_at"))
        .select_related("policy", "version")
        .defer("version__definition", "version__scenarios", "version__dmn_ids", "version__why")
        .order_by("starts_at")
    )


def version_in_force(policy: Policy, now: datetime) -> PolicyVersion | None:
    """The version that answers whoever asks now, if any."""
    live, _scheduled = live_and_scheduled(policy, now)
    return live.version if live else None


def live_and_scheduled(policy: Policy, now: datetime) -> tuple[Activation | None, Activation | None]:
    """What answers whoever asks now, and what is to be live from a later date on, if anything."""
    not_over = policy.activations.filter(Q(ends_at=None) | Q(ends_at__gt=now), mode=Mode.LIVE)
    found = list(not_over.exclude(ends_at=F("starts_at")).select_related("version").order_by("starts_at"))
    live = next((activation for activation in found if activation.starts_at <= now), None)
    return live, next((activation for activation in found if activation.starts_at > now), None)


def in_force_at(at: datetime) -> Q:
    """Of activations: begun and not over at that instant, live or as a shadow."""
    return Q(starts_at__lte=at) & (Q(ends_at=None) | Q(ends_at__gt=at))


def _rules(activation: Activation, shadow: Shadow | None = None, answers: Answers = Answers.NOW) -> Rules:
    version = activation.version
    compiled = compiled_version(version.pk, version.content_hash)
    return Rules(version.pk, version.number, compiled, shadow, activation.policy.key, answers)


def is_live(activation: Activation, at: datetime) -> bool:
    """Whether the version answers at that instant: from its start up to its end, and never as a shadow."""
    return activation.mode == Mode.LIVE and activation.is_in_force(at)


@lru_cache(maxsize=512)
def compiled_version(version_id: int, _content_hash: str) -> CompiledTable:
    """A version, compiled. Kept for the life of the process under the hash of its content, which never changes."""
    return compile_table(table_from_data(PolicyVersion.objects.get(pk=version_id).definition))
