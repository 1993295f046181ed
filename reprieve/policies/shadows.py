"""Shadows: a version that is asked beside the one in force, so that one sees what it would have said.

Whatever becomes of a shadow, the answer in force stands and what is done on it goes on: each step has a savepoint of
its own, and what fails is written down, or else logged.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from reprieve.dmn.decision import Decision
from reprieve.dmn.facts import facts_to_data
from reprieve.dmn.values import value_to_data
from reprieve.policies.in_force import Shadow, compiled_version
from reprieve.policies.models import DecisionRecord, PolicyVersion, ShadowAnswer

logger = logging.getLogger(__name__)

PROBLEM_LIMIT = 300


def ask_shadow(shadow: Shadow, record: DecisionRecord, gather: Callable[[Iterable[str]], Mapping[str, object]]) -> None:
    """Ask the shadow what was just decided, and keep its answer. Never raises, and changes nothing else."""
    try:
        with transaction.atomic():
            answer = _answer(shadow, record, gather)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a shadow is wrong with it alone
        answer = ShadowAnswer(agrees=False, outputs={}, facts={}, problem=f"{type(error).__name__}: {error}")
    answer.record, answer.version_id = record, shadow.version_id
    answer.problem = answer.problem[:PROBLEM_LIMIT]
    try:
        with transaction.atomic():
            answer.save(force_insert=True)
    except Exception as error:  # noqa: BLE001 - nor may its keeping fail anything
        logger.error("The shadow of decision %s could not be kept: %s", record.pk, type(error).__name__)  # noqa: TRY400


def _answer(
    shadow: Shadow, record: DecisionRecord, gather: Callable[[Iterable[str]], Mapping[str, object]]
) -> ShadowAnswer:
    compiled = compiled_version(shadow.version_id, shadow.content_hash)
    facts = gather(column.name for column in compiled.table.inputs)
    decision = compiled.decide(facts, record.at)
    outputs = outputs_to_data(decision)
    return ShadowAnswer(
        agrees=outputs == record.outputs,
        row=decision.row or "",
        outputs=outputs,
        facts=facts_to_data(compiled.table, facts),
        problem=decision.problem.message if decision.problem else "",
    )


def outputs_to_data(decision: Decision) -> dict[str, object]:
    return {name: value_to_data(value) for name, value in decision.outputs.items()}


@dataclass(frozen=True, slots=True)
class Tally:
    """What a shadow has said so far: how often it was asked, agreed, and could not answer."""

    asked: int
    agreed: int
    failed: int

    @property
    def differed(self) -> int:
        return self.asked - self.agreed - self.failed


def tally(version: PolicyVersion) -> Tally:
    failed = Q(outputs={})
    found = ShadowAnswer.objects.filter(version=version).aggregate(
        asked=Count("pk"), agreed=Count("pk", filter=Q(agrees=True)), failed=Count("pk", filter=failed)
    )
    return Tally(**found)


def latest_differing(version: PolicyVersion, limit: int) -> list[ShadowAnswer]:
    """The latest decisions on which the shadow would have answered otherwise, or could not, newest first."""
    answers = ShadowAnswer.objects.filter(version=version, agrees=False).select_related("record")
    return list(answers.order_by("-pk")[:limit])
