"""Why the rules said so: a kept decision as staff read it."""

from dataclasses import dataclass
from datetime import datetime

from reprieve.policies.in_force import compiled_version
from reprieve.policies.in_words import ReadFact, facts_in_words, name_in_words
from reprieve.policies.models import DecisionRecord, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDecision:
    """Version, row and facts of one decision. `problem` says why no row decided, where that is so."""

    policy_key: str
    policy_title: str
    version: int
    row: str
    outcome: str
    label: str
    message: str
    staff_note: str
    problem: str
    at: datetime
    facts: list[ReadFact]


def shown_decision(record: DecisionRecord) -> ShownDecision:
    """The decision as it was made, on the facts as they were. The facts that its row asked about come first."""
    table = compiled_version(record.version_id, record.version.content_hash).table
    outcome = Outcome(record.outputs["outcome"])
    return ShownDecision(
        policy_key=record.version.policy.key,
        policy_title=record.version.policy.title,
        version=record.version.number,
        row=name_in_words(record.row),
        outcome=outcome.value,
        label=str(outcome.label),
        message=str(record.outputs.get("message", "")),
        staff_note=str(record.outputs.get("staff_note", "")),
        problem=record.problem,
        at=record.at,
        facts=facts_in_words(table, record.facts, at=record.at, row=record.row),
    )
