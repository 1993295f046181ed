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
    rows = (
        Activation.objects.filter(policy__subject=subject, mode=Mode.LIVE, starts_at__lte=now)
        .order_by("starts_at")
        .values_list(
            "policy__action",
            "policy__basis",
            "policy__key",
            "starts_at",
            "version_id",
            "version__number",
            "version__content_hash",
        )
    )
    chosen: dict[str, tuple[str, int, int, str]] = {}
    for action, basis, key, starts_at, *version in rows:
        at = now if basis == Basis.DECISION else submitted_at
        if starts_at <= at or action not in chosen:
            chosen[action] = (key, *version)
    return {
        action: Rules(key, version_id, number, compiled_version(version_id, content_hash))
        for action, (key, version_id, number, content_hash) in chosen.items()
    }


@lru_cache(maxsize=512)
def compiled_version(version_id: int, _content_hash: str) -> CompiledTable:
    """A version, compiled. Kept for the life of the process under the hash of its content, which never changes."""
    return compile_table(table_from_data(PolicyVersion.objects.get(pk=version_id).definition))
