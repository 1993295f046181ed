"""What is worked out about a draft's table, once for each content: its compiled form, its findings, its examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import get_language

from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.table import Table, table_from_data
from reprieve.policies.evidence.scenarios import Result, run, scenarios_from_data
from reprieve.policies.models import Draft, PolicyVersion
from reprieve.policies.words.findings import Finding, findings


@dataclass(frozen=True, slots=True)
class _Content:
    """A table as it is stored, known by its hash."""

    content_hash: str
    definition: Mapping[str, object] = field(compare=False)


def compiled(written: Draft | PolicyVersion) -> CompiledTable:
    return _compiled(_Content(written.content_hash, written.definition))


def table_of(written: Draft | PolicyVersion) -> Table:
    return compiled(written).table


def findings_of(written: Draft | PolicyVersion) -> tuple[Finding, ...]:
    """All findings, in the reader's language. A second's work for a large table, the first time."""
    return _findings(_Content(written.content_hash, written.definition), get_language() or "")


def results_of(written: Draft | PolicyVersion) -> list[Result]:
    """What the table answers to each of its scenarios."""
    return run(compiled(written), scenarios_from_data(written.scenarios))


@lru_cache(maxsize=64)
def _compiled(content: _Content) -> CompiledTable:
    return compile_table(table_from_data(content.definition))


@lru_cache(maxsize=64)
def _findings(content: _Content, _language: str) -> tuple[Finding, ...]:
    return tuple(findings(_compiled(content)))
