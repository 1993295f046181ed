"""Decisions per second of one table in one process, beside what parsing its cells at every decision would give.

Fails below the promised rate.

python bench/decisions.py                 the demo lab's table for cancelling, and the table below
python bench/decisions.py TABLE.json …    any table in its JSON form; its facts are drawn from its own columns
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import django

from reprieve.dmn.decide import compile_table
from reprieve.dmn.explain import explain
from reprieve.dmn.facts import Fact
from reprieve.dmn.sieve import Sieve, sieves_of
from reprieve.dmn.table import Clock, Column, Table, table_from_data, table_to_data
from reprieve.dmn.values import Value, ValueType

PROMISED = 500_000  # decisions a second
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


def witnesses(sieve: Sieve) -> list[Value]:
    """Values of the column on both sides of everything that its cells name."""
    column = sieve.column
    if column.type is ValueType.BOOLEAN:
        return [True, False]
    if sieve.is_listed:
        return list(column.domain or (*sieve.hits, "something else"))
    step = timedelta(minutes=1) if column.type is ValueType.DURATION else 1
    points = sieve.points or (timedelta(hours=1) if column.type is ValueType.DURATION else 1,)
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
    columns = [(sieve.column, witnesses(sieve)) for sieve in sieves_of(table)]
    return [{column.name: draw(random, column, values) for column, values in columns} for _ in range(size)]


def rate(act: Callable[[Mapping[str, Fact]], object], pool: list[dict[str, Fact]], count: int) -> float:
    """Calls a second, the best of three runs."""
    best = 0.0
    for _ in range(3):
        facts = list(islice(cycle(pool), count))
        start = perf_counter()
        for one in facts:
            act(one)
        best = max(best, count / (perf_counter() - start))
    return best


def measure(table: Table) -> float:
    """Print the rates of one table. Returns the compiled one, in decisions a second."""
    pool = pool_of(table, 5_000)
    compiled = compile_table(table)
    decide = compiled.decide
    data = table_to_data(table)
    answers: dict[str | None, int] = {}
    for facts in pool:
        row = decide(facts, NOW).row
        answers[row] = answers.get(row, 0) + 1
    compiled_rate = rate(lambda facts: decide(facts, NOW), pool, 300_000)
    explained_rate = rate(lambda facts: explain(compiled, facts, NOW), pool, 20_000)
    parsing_rate = rate(lambda facts: compile_table(table_from_data(data)).decide(facts, NOW), pool, 100)
    print(f"{table.name}: {len(table.rows)} rows by {len(table.inputs)} inputs")
    print(f"  rows that decided       {len(answers):>12,} of {len(table.rows)} (on {len(pool):,} different facts)")
    print(f"  compiled                {compiled_rate:>12,.0f} decisions/s")
    print(f"  with the explanation    {explained_rate:>12,.0f} decisions/s")
    print(f"  parsing at each         {parsing_rate:>12,.0f} decisions/s")
    print(f"  compiled : parsing      {compiled_rate / parsing_rate:>12,.0f} : 1")
    return compiled_rate


def demo_table() -> Table:
    """The table that decides in the demo whether a case can be cancelled."""
    with TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "reprieve.config.settings",
            "REPRIEVE_DATA": folder,
            "REPRIEVE_SECRET_KEY": "bench",
        }
        django.setup()
        from reprieve.policies import presets  # noqa: PLC0415 - the facts that it names are registered by now

        return presets.load_file(presets.PRESETS / "lab" / "order-cancellation.toml").table


def main(paths: list[str]) -> int:
    """Measure tables. Returns 1 if one of them misses what is promised, else 0."""
    tables = [table_from_data(json.loads(Path(path).read_text())) for path in paths]
    rates = [measure(table) for table in tables or [demo_table(), table_from_data(EXAMPLE)]]
    if min(rates) >= PROMISED:
        return 0
    print(f"  missed: {PROMISED:,} decisions/s are promised")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
