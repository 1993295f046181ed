"""Why the rules said so: a kept decision beside its order, as staff read it, and on a page of its own, for auditors."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.console.subject_links import links_to
from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.facts import facts_from_data
from reprieve.dmn.table import Table, TableError, table_from_data
from reprieve.dmn.values import value_from_data
from reprieve.history.models import Event
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotFound
from reprieve.policies.evidence.replay import replay
from reprieve.policies.in_force import compiled_version
from reprieve.policies.models import DecisionRecord, Outcome, ShadowAnswer
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.words.explained import explained
from reprieve.policies.words.values import SENTENCES, ReadFact, facts_in_words, name_in_words, value_in_words

SHOWN_APART = ("outcome", "message", "staff_note")
LARGE = "version__definition"  # of no use where only the number of a version is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDecision:
    """Version, row and answer of one decision. `problem` says why no row decided, where that is so.

    `facts` are empty where the table that they belong to can no longer be read.
    """

    id: int
    policy_key: str
    policy_title: str
    version: int
    row: str
    outcome: str
    label: str
    message: str
    staff_note: str
    terms: list[tuple[str, str]]
    problem: str
    at: datetime
    facts: list[ReadFact]


@dataclass(frozen=True, slots=True)
class ShownShadow:
    """What a version that is only listened to would have said. `differences` are empty where it agrees."""

    version: int
    agrees: bool
    row: str
    label: str
    differences: list[str]
    problem: str


def shown_decision(record: DecisionRecord) -> ShownDecision:
    """The decision as it was made, on the facts as they were. The facts that its row asked about come first."""
    return _shown(record, compiled_version(record.version_id, record.version.content_hash).table)


@access.staff()
def decision(request: HttpRequest, actor: Actor, decision_id: int) -> HttpResponse:
    """One kept decision, everything that it rests on, and whether it would be made the same way again."""
    record = _find(actor, decision_id)
    stored = _stored_table(record)
    facts = facts_from_data(stored.table, record.facts) if stored else {}
    context = {
        "record": record,
        "version": record.version,
        "decision": _shown(record, stored.table if stored else None),
        "about": links_to(actor, record.subject, [record.subject_id]).get(record.subject_id),
        "events": [(event.at, sentence(event), event.override) for event in _events(record)],
        "explained": explained(stored, facts, record.at) if stored else None,
        "shadows": [_shadow(shadow, record) for shadow in record.shadows.select_related("version").defer(LARGE)],
        "replayed": replay(record),
        "replayed_at": timezone.now(),
        "raw_at": record.at.astimezone(UTC).isoformat(),
        "raw_facts": _as_json(record.facts),
        "raw_outputs": _as_json(record.outputs),
    }
    return render(request, "console/decisions/decision.html", context)


def _find(actor: Actor, decision_id: int) -> DecisionRecord:
    """Raises NotFound."""
    people = ("version__author", "version__approver")
    records = access.rows(actor, DecisionRecord).select_related("version__policy", *people)
    record = records.filter(pk=decision_id).first()
    if record is None:
        raise NotFound(gettext("There is no such decision."))
    return record


def _stored_table(record: DecisionRecord) -> CompiledTable | None:
    """The version as the database has it now, not as a process may remember it; None where it can no longer be read."""
    try:
        return compile_table(table_from_data(record.version.definition))
    except TableError:
        return None


def _events(record: DecisionRecord) -> list[Event]:
    about = Event.objects.filter(subject=record.subject, subject_id=record.subject_id)
    return list(about.filter(data__decision=record.pk))


def _shown(record: DecisionRecord, table: Table | None) -> ShownDecision:
    outcome = Outcome(record.outputs["outcome"])
    return ShownDecision(
        id=record.pk,
        policy_key=record.version.policy.key,
        policy_title=record.version.policy.title,
        version=record.version.number,
        row=name_in_words(record.row),
        outcome=outcome.value,
        label=str(outcome.label),
        message=str(record.outputs.get("message", "")),
        staff_note=str(record.outputs.get("staff_note", "")),
        terms=_terms(record.outputs),
        problem=record.problem,
        at=record.at,
        facts=facts_in_words(table, record.facts, at=record.at, row=record.row) if table else [],
    )


def _terms(outputs: Mapping[str, object]) -> list[tuple[str, str]]:
    """The other answers, such as the share that is refunded."""
    others = (name for name in _in_order(outputs) if name not in SHOWN_APART)
    return [(_title(name), _in_words(name, outputs[name])) for name in others]


def _shadow(shadow: ShadowAnswer, record: DecisionRecord) -> ShownShadow:
    outcome = shadow.outputs.get("outcome")
    names = _in_order([*record.outputs, *shadow.outputs]) if shadow.outputs else []
    return ShownShadow(
        version=shadow.version.number,
        agrees=shadow.agrees,
        row=name_in_words(shadow.row),
        label=str(Outcome(outcome).label) if outcome else "",
        differences=[
            gettext("%(output)s: %(then)s instead of %(now)s")
            % {"output": _title(name), "then": _given(shadow.outputs, name), "now": _given(record.outputs, name)}
            for name in names
            if record.outputs.get(name) != shadow.outputs.get(name)
        ],
        problem=shadow.problem,
    )


def _in_order(names: Iterable[str]) -> list[str]:
    """Each once, as the registry has them: a database need not keep the order of what is stored as JSON."""
    known = list(OUTPUTS)
    return sorted(set(names), key=lambda name: (known.index(name) if name in OUTPUTS else len(known), name))


def _title(name: str) -> str:
    return OUTPUTS[name].label if name in OUTPUTS else name


def _given(outputs: Mapping[str, object], name: str) -> str:
    return _in_words(name, outputs[name]) if name in outputs else gettext("left open")


def _in_words(name: str, data: object) -> str:
    if name == "outcome" and data in Outcome.values:
        return str(Outcome(str(data)).label)
    if name in SENTENCES:
        return f"“{data}”"
    try:
        return value_in_words(value_from_data(data, OUTPUTS[name].type))
    except (KeyError, TypeError, ValueError):
        return str(data)


def _as_json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
