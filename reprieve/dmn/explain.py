"""Why a table decided as it did, and what would have to differ for another answer."""

from collections.abc import Collection, Mapping
from datetime import datetime

from reprieve.dmn.decide import CompiledTable, compile_table, require_zone
from reprieve.dmn.decision import Explanation, Miss
from reprieve.dmn.facts import facts_from_data, facts_to_data
from reprieve.dmn.model import Table
from reprieve.dmn.nearest import Change, Nearest, nearest_facts
from reprieve.dmn.values import Value

__all__ = ["Change", "Explanation", "Miss", "Nearest", "explain", "facts_from_data", "facts_to_data", "nearest"]


def explain(table: Table | CompiledTable, facts: Mapping[str, object], now: datetime) -> Explanation:
    """The decision on facts at an instant, and why no earlier row made it. Pass a compiled table where speed counts.

    Raises:
        TableError: the table has errors.
        ValueError: `now` has no time zone.
    """
    return _compiled(table).explain(facts, now)


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
