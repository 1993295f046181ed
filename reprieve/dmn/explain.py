"""Why a table decided as it did, and what would have to differ for another answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from reprieve.dmn.decide import CompiledTable, Decision, compile_table, read_facts, require_zone
from reprieve.dmn.facts import Fact, FactError, facts_from_data, facts_to_data
from reprieve.dmn.model import Table
from reprieve.dmn.nearest import Change, Nearest, nearest_facts
from reprieve.dmn.values import Value

__all__ = ["Change", "Explanation", "Miss", "Nearest", "explain", "facts_from_data", "facts_to_data", "nearest"]


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that did not fit: its first column that failed, the cell there, and what the column saw.

    Under a clock `seen` is the time since or until the fact. It is None where the fact was missing.
    """

    row: str
    column: str
    cell: str
    seen: Fact


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with each row above the deciding one, or each row at all where none decided.

    `missed` is empty where a fact was to blame: then no row was tried, and the decision names the fact.
    """

    decision: Decision
    missed: tuple[Miss, ...]


def explain(table: Table | CompiledTable, facts: Mapping[str, object], now: datetime) -> Explanation:
    """The decision on facts at an instant, and why no earlier row made it. Pass a compiled table where speed counts.

    Raises:
        TableError: the table has errors.
        ValueError: `now` has no time zone.
    """
    compiled = _compiled(table)
    require_zone(now)
    decision = compiled.decide(facts, now)
    try:
        seen = read_facts(compiled.table, facts, now)
    except FactError:
        return Explanation(decision, ())
    columns = [(sieve, value, sieve.passing(value)) for sieve, value in zip(compiled.sieves, seen, strict=True)]
    missed: list[Miss] = []
    for index, row in enumerate(compiled.table.rows):
        if row.id == decision.row:
            break
        failing = next(((sieve, value) for sieve, value, passing in columns if not passing >> index & 1), None)
        if failing is not None:
            name = failing[0].column.name
            missed.append(Miss(row.id, name, compiled.cell_texts[index][name], failing[1]))
    return Explanation(decision, tuple(missed))


def nearest(  # noqa: PLR0913 facts, instant and wish are what the question consists of
    table: Table | CompiledTable,
    facts: Mapping[str, object],
    now: datetime,
    output: str,
    wanted: Value,
    *,
    fixed: Collection[str] = (),
) -> Nearest | None:
    """The fewest facts that would have to differ for an output to be `wanted`, proven by deciding such facts.

    None where the output is `wanted` already, or where no change leads there. Columns in `fixed` stay as they are.

    Raises:
        TableError: the table has errors.
        KeyError: the table has no such output.
        ValueError: `now` has no time zone.
    """
    compiled = _compiled(table)
    require_zone(now)
    if output not in {known.name for known in compiled.table.outputs}:
        raise KeyError(output)
    if compiled.decide(facts, now).outputs.get(output) == wanted:
        return None
    return nearest_facts(compiled, facts, now, output=output, wanted=wanted, fixed=frozenset(fixed))


def _compiled(table: Table | CompiledTable) -> CompiledTable:
    return table if isinstance(table, CompiledTable) else compile_table(table)
