"""The auditor's question: do the stored facts, on the stored version, at the stored instant, give the stored answer?

Nothing is taken from memory: the version's table is read anew, and has to be the one that its hash was made of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db.models import QuerySet
from django.utils.translation import gettext

from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.facts import facts_from_data
from reprieve.dmn.table import TableError, content_hash, table_from_data
from reprieve.dmn.values import value_to_data
from reprieve.policies.models import DecisionRecord, PolicyVersion

_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """A kept decision made again.

    Attributes:
        record_id: which.
        version: the version that it was made by, such as `order-cancellation v3`.
        row: the row that decides now; empty where the fallback does, as in a record.
        outputs: what it answers now, as data.
        differences: in sentences, all in which it is not what was kept; empty where it is the same.
    """

    record_id: int
    version: str
    row: str
    outputs: Mapping[str, object]
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return not self.differences


def replay(record: DecisionRecord) -> Replayed:
    return _Replay(record.version).of(record)


def replay_each(records: QuerySet[DecisionRecord]) -> Iterator[Replayed]:
    """Make any number of kept decisions again, version by version, in the memory that a few thousand take."""
    ordered = records.order_by("version_id", "pk").iterator(chunk_size=_AT_A_TIME)
    for version_id, of_version in groupby(ordered, key=lambda record: record.version_id):
        again = _Replay(PolicyVersion.objects.select_related("policy").get(pk=version_id))
        yield from map(again.of, of_version)


class _Replay:
    def __init__(self, version: PolicyVersion) -> None:
        self.name = str(version)
        self.compiled: CompiledTable | None = None
        self.faults: tuple[str, ...] = ()
        try:
            table = table_from_data(version.definition)
        except TableError as error:
            self.faults = (gettext("The stored table can no longer be read: %s") % error,)
            return
        self.compiled = compile_table(table)
        if content_hash(table) != version.content_hash:
            self.faults = (gettext("The stored table is not the one that was published: its content hash differs."),)

    def of(self, record: DecisionRecord) -> Replayed:
        if self.compiled is None:
            return Replayed(record.pk, self.name, "", {}, self.faults)
        facts = facts_from_data(self.compiled.table, record.facts)
        decision = self.compiled.decide(facts, record.at)
        row = decision.row or ""
        outputs = {name: value_to_data(value) for name, value in decision.outputs.items()}
        found = (*self.faults, *_row_difference(record.row, row), *_output_differences(record.outputs, outputs))
        return Replayed(record.pk, self.name, row, outputs, found)


def _row_difference(kept: str, now: str) -> Iterator[str]:
    if kept != now:
        said = {"kept": kept or gettext("the fallback"), "now": now or gettext("the fallback")}
        yield gettext("It was decided by %(kept)s, and now by %(now)s.") % said


def _output_differences(kept: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys([*kept, *now]):
        if kept.get(name) != now.get(name):
            said = {"output": name, "kept": _shown(kept, name), "now": _shown(now, name)}
            yield gettext("%(output)s was %(kept)s, and is now %(now)s.") % said


def _shown(outputs: Mapping[str, object], name: str) -> str:
    return str(outputs[name]) if name in outputs else gettext("open")
