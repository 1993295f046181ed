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

    policy_key: str
    version_id: int
    version_number: int
    table: Table
    compiled: CompiledTable


def rules_in_force(subject: str, *, now: datetime, submitted_at: datetime) -> Mapping[str, Rules]:
    """The rules of each action on a subject, in one query.

    A policy whose basis is submission answers by the version that was live at `submitted_at`; for what was submitted
    before the policy's first activation, by that first one.
    """
    rows = (
        Activation.objects.filter(policy__subject=subject, mode=Mode.LIVE, starts_at__lte=now)
        .order_by("starts_at")
        .values_list("policy__action", "policy__basis", "policy__key", "starts_at", "version_id", "version__number")
    )
    chosen: dict[str, tuple[str, int, int]] = {}
    for action, basis, key, starts_at, version_id, number in rows:
        applies = basis == Basis.DECISION or starts_at <= submitted_at
        if applies or action not in chosen:
            chosen[action] = (key, version_id, number)
    return {
        action: Rules(key, version_id, number, *compiled_version(version_id))
        for action, (key, version_id, number) in chosen.items()
    }


def require_rules(rules: Mapping[str, Rules], action: str) -> Rules:
    """The action's rules. Raises NoRulesInForce where none are."""
    try:
        return rules[action]
    except KeyError:
        raise NoRulesInForce(
            "There are no rules for this yet.", remedy="Please contact support; a manager has to publish them."
        ) from None


@lru_cache(maxsize=512)
def compiled_version(version_id: int) -> tuple[Table, CompiledTable]:
    """A version's table. Kept for the life of the process: a published version never changes."""
    table = table_from_data(PolicyVersion.objects.get(pk=version_id).definition)
    return table, compile_table(table)
