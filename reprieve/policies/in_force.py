"""Which version of each policy is in force, compiled once per process and version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.table import Table, table_from_data
from reprieve.lib.errors import Refused
from reprieve.policies.models import Activation, Basis, Mode, PolicyVersion


class NoRulesInForce(Refused):
    """The business has not yet published rules for this action."""

    code = "no_rules_in_force"


@dataclass(frozen=True, slots=True)
class Rules:
    """A version in force, ready to decide."""

    version_id: int
    version_number: int
    compiled: CompiledTable

    @property
    def table(self) -> Table:
        """The table as written."""
        return self.compiled.table


def rules_in_force(subject: str, *, now: datetime, submitted_at: datetime) -> Mapping[str, Rules]:
    """The rules of each action on a subject, in one query.

    A policy whose basis is submission answers by the version that was live at `submitted_at`; for what was submitted
    before the policy's first activation, by that first one.
    """
    activations = (
        Activation.objects.filter(policy__subject=subject, mode=Mode.LIVE, starts_at__lte=now)
        .select_related("policy", "version")
        .defer("version__definition")
        .order_by("starts_at")
    )
    chosen: dict[str, Activation] = {}
    for activation in activations:
        policy = activation.policy
        by_submission = policy.basis == Basis.SUBMISSION
        if is_live(activation, submitted_at if by_submission else now):
            chosen[policy.action] = activation
        elif by_submission:
            chosen.setdefault(policy.action, activation)
    return {
        action: Rules(
            activation.version_id,
            activation.version.number,
            compiled_version(activation.version_id, activation.version.content_hash),
        )
        for action, activation in chosen.items()
    }


def is_live(activation: Activation, at: datetime) -> bool:
    """Whether the version answers at that instant: from its start up to its end, and never as a shadow."""
    within = activation.starts_at <= at and (activation.ends_at is None or at < activation.ends_at)
    return within and activation.mode == Mode.LIVE


@lru_cache(maxsize=512)
def compiled_version(version_id: int, _content_hash: str) -> CompiledTable:
    """A version, compiled. Kept for the life of the process under the hash of its content, which never changes."""
    return compile_table(table_from_data(PolicyVersion.objects.get(pk=version_id).definition))
