"""Decisions per second of one table in one process, beside what parsing its cells at every decision would give.

Seconds are those of this process's own work, so that others on the machine count little. Fails where deciding or
explaining is slower than half of what is promised, which no busy machine explains.

python bench/decisions.py                 the table below; bench/lab_rules.py measures those of the demo lab
python bench/decisions.py TABLE.json …    any table in its JSON form; its facts are drawn from its own columns
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random
from time import process_time
from typing import NamedTuple

from reprieve.dmn.decide import compile_table
from reprieve.dmn.facts import Fact
from reprieve.dmn.horizon import horizon
from reprieve.dmn.lookup import ColumnLookup, lookups_of
from reprieve.dmn.table import Clock, Column, Table, table_from_data, table_to_data
from reprieve.dmn.values import Value, ValueType

PROMISED = 1_000_000  # decisions a second
PROMISED_EXPLAINED = 300_000  # decisions a second, each with every miss made
TOLERATED = 2  # times slower than promised
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STATUSES = ["processing", "on_hold", "in_production", "shipped", "completed", "invoiced", "paused", "cancelled"]
FAMILIES = ["design", "crowns", "dentures", "aligners", "implants"]
STAGES = ["not_started", "started", "completed"]

EXAMPLE: Mapping[str, object] = {
    "name": "Order cancellation",
    "hit_policy": "FIRST",
    "inputs": [
        {"name": "status", "type": "string", "domain": STATUSES},
        {"name": "product_families", "type": "string", "domain": FAMILIES, "several": True},
        {"name": "design_stage", "type": "string", "domain": STAGES},
        {"name": "production_stage", "type": "string", "domain": STAGES},
        {"name": "files_submitted", "type": "boolean"},
        {"name": "time_since_submission", "type": "duration", "clock": "since"},
        {"name": "revisions_in_progress", "type": "number", "integer": True},
    ],
    "outputs": [{"name": "outcome", "type": "string", "domain": ["allow", "request", "refuse"]}],
    "rows": [
        {"id": row_id, "when": when, "then": {"outcome": outcome}, "note": ""}
        for row_id, when, outcome in [
            ("ended", {"status": '"completed", "invoiced", "cancelled"'}, "refuse"),
            ("shipped", {"status": '"shipped"'}, "refuse"),
            ("revision", {"product_families": '"design"', "revisions_in_progress": "> 0"}, "refuse"),
            ("designed", {"product_families": '"design"', "design_stage": '"completed"'}, "refuse"),
            (
                "early",
                {
                    "design_stage": '"not_started"',
                    "files_submitted": "false",
                    "time_since_submission": '<= duration("PT1H")',
                },
                "allow",
            ),
            ("processing", {"status": '"processing"'}, "allow"),
            (
                "idle hold",
                {"status": '"on_hold"', "files_submitted": "false", "design_stage": '"not_started"'},
                "allow",
            ),
            ("hold", {"status": '"on_hold"'}, "request"),
            ("made", {"production_stage": '"completed"'}, "request"),
            ("aligners", {"product_families": '"aligners"', "production_stage": '"started"'}, "request"),
            ("fabricated", {"product_families": 'not("design")', "status": '"in_production", "paused"'}, "allow"),
            ("rest", {}, "request"),
        ]
    ],
    "fallback": {"outcome": "request"},
}


def witnesses(lookup: ColumnLookup) -> list[Value]:
    """Values of the column on both sides of everything that its cells name."""
    column = lookup.column
    if column.type is ValueType.BOOLEAN:
        return [True, False]
    if lookup.is_listed:
        return list(column.domain or (*lookup.hits, "something else"))
    step = timedelta(minutes=1) if column.type is ValueType.DURATION else 1
    points = lookup.points or (timedelta(hours=1) if column.type is ValueType.DURATION else 1,)
    return [point + shift for point in points for shift in (-step, 0 * step, step)]  # type: ignore[operator]


def draw(random: Random, column: Column, values: list[Value]) -> Fact:
    """One fact of the column."""
    if column.several:
        return tuple(random.sample(values, random.randint(1, min(2, len(values)))))
    value = random.choice(values)
    if column.clock is None or not isinstance(value, timedelta):
        return value
    return NOW - value if column.clock is Clock.SINCE else NOW + value


def pool_of(table: Table, size: int) -> list[dict[str, Fact]]:
    """Varied facts, the same at every run."""
    random = Random(20261121)
    columns = [(lookup.column, witnesses(lookup)) for lookup in lookups_of(table)]
    return [{column.name: draw(random, column, values) for column, values in columns} for _ in range(size)]


class Rates(NamedTuple):
    """Of one table, a second: decisions, explained ones, horizons, and decisions that parse the table each time."""

    decided: float
    explained: float
    foreseen: float
    parsing: float


def rate(act: Callable[[Mapping[str, Fact], datetime], object], pool: list[dict[str, Fact]], count: int) -> float:
    """Calls a second, the best of five runs."""
    best = 0.0
    for _ in range(5):
        facts = list(islice(cycle(pool), count))
        start = process_time()
        for one in facts:
            act(one, NOW)
        best = max(best, count / (process_time() - start))
    return best


def rates_of(table: Table, pool: list[dict[str, Fact]]) -> Rates:
    """Measure a table."""
    compiled = compile_table(table)
    data = table_to_data(table)
    return Rates(
        decided=rate(compiled.decide, pool, 200_000),
        explained=rate(compiled.explain, pool, 100_000),
        foreseen=rate(lambda facts, now: horizon(compiled, facts, now), pool, 5_000),
        parsing=rate(lambda facts, now: compile_table(table_from_data(data)).decide(facts, now), pool, 50),
    )


def measure(table: Table) -> Rates:
    """Print the rates of one table beside what is promised."""
    pool = pool_of(table, 5_000)
    explain = compile_table(table).explain
    explanations = [explain(facts, NOW) for facts in pool]
    answers = {explanation.decision.row for explanation in explanations}
    missed = sum(len(explanation.missed) for explanation in explanations) / len(pool)
    rates = rates_of(table, pool)
    print(f"{table.name}: {len(table.rows)} rows by {len(table.inputs)} inputs")
    print(f"  rows that decided       {len(answers):>12,} of {len(table.rows)} (on {len(pool):,} different facts)")
    print(f"  decided                 {rates.decided:>12,.0f} a second{verdict(rates.decided, PROMISED)}")
    print(f"  explained               {rates.explained:>12,.0f} a second{verdict(rates.explained, PROMISED_EXPLAINED)}")
    print(f"    misses of each        {missed:>12.1f}")
    print(f"  until when they hold    {rates.foreseen:>12,.0f} a second")
    print(f"  parsing at each         {rates.parsing:>12,.0f} a second")
    print(f"  decided : parsing       {rates.decided / rates.parsing:>12,.0f} : 1")
    return rates


def verdict(measured: float, promised: int) -> str:
    """Whether a promise is kept, in the words of the report."""
    return f"  {'met' if measured >= promised else 'MISSED'}: {promised:,} are promised"


def holds(rates: Sequence[Rates]) -> bool:
    """Whether every table is decided in a time that a busy machine could explain; says so if not."""
    slowest = {
        "decisions": (min(each.decided for each in rates), PROMISED),
        "explained decisions": (min(each.explained for each in rates), PROMISED_EXPLAINED),
    }
    slow = [name for name, (measured, promised) in slowest.items() if measured * TOLERATED < promised]
    for name in slow:
        measured, promised = slowest[name]
        print(f"  too slow: {measured:,.0f} {name} a second, and {promised // TOLERATED:,} are the least")
    return not slow


def main(paths: list[str]) -> int:
    """Measure tables. Returns 1 if one of them is far too slow, else 0."""
    tables = [table_from_data(json.loads(Path(path).read_text())) for path in paths]
    return 0 if holds([measure(table) for table in tables or [table_from_data(EXAMPLE)]]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
