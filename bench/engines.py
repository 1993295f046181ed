"""Decisions per second of the demo lab's table by our engine, beside other engines in the same run.

Each gets the same rules in its own form and the same facts in the values that it likes best, made beforehand. The
answer is the row that decides, and all have to agree on it before anything is measured. Facts name one product family
each, as pyDMNrules tests no lists; where a clock runs they give the length of time, as the others know no clocks.

bin/bench engines     installs the other engines apart from everything else, and runs this
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from time import perf_counter
from typing import Any

import django

from bench.decisions import NOW, pool_of
from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.decide import compile_table
from reprieve.dmn.dmnxml import dump
from reprieve.dmn.facts import Fact
from reprieve.dmn.table import Column, Output, Row, Table
from reprieve.dmn.values import Value, ValueType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reprieve.config.settings")
os.environ.setdefault("REPRIEVE_DEBUG", "1")  # asks for no secret key: nothing is signed here
django.setup()

from reprieve.policies.presets import files as preset_files  # noqa: E402 - Django has to be set up first

try:
    import pyDMNrules
    import zen
except ImportError:
    sys.exit("The other engines are not installed here: bin/bench engines does it.")

OURS = "Reprieve"
ROUNDS = 5
type Facts = Mapping[str, Fact]
type Ask = Callable[[Any], str]


class Engine:
    """An engine with the table loaded: how it takes facts, how it is asked, how often a round asks it."""

    def __init__(self, name: str, prepare: Callable[[Facts], object], ask: Ask, times: int) -> None:
        self.name = name
        self.prepare = prepare
        self.ask = ask
        self.times = times


def demo_table() -> Table:
    """The rules for cancelling of the preset `lab`, answering with the row that decides."""
    table = next(preset.table for preset in preset_files.load("lab") if preset.action == "cancel")
    return replace(
        table,
        name="decide",
        inputs=tuple(replace(column, label="", clock=None) for column in table.inputs),
        outputs=(Output("answer", ValueType.STRING),),
        rows=tuple(Row(row.id, row.cells, {"answer": row.id}) for row in table.rows),
        fallback={"answer": "fallback"},
        impossible=(),
    )


def ours(table: Table) -> Engine:
    """This product's."""
    decide = compile_table(table).decide
    return Engine(OURS, dict, lambda facts: str(decide(facts, NOW).outputs["answer"]), 200_000)


def zen_engine(table: Table) -> Engine:
    """GoRules' zen-engine, in Rust; its decision is compiled once."""
    content = zen.ZenDecisionContent(json.dumps(_jdm(table)))
    engine = zen.ZenEngine({"loader": lambda _: content})

    def prepare(facts: Facts) -> object:
        return {name: _plain(value) for name, value in facts.items()}

    return Engine("zen-engine", prepare, lambda facts: str(engine.evaluate("table", facts)["result"]["answer"]), 10_000)


def py_dmn_rules(table: Table) -> Engine:
    """pyDMNrules, in Python; it reads the DMN file that we export."""
    engine = pyDMNrules.DMN()
    status = engine.useXML(dump(table).decode())
    if status.get("errors"):
        sys.exit(f"pyDMNrules cannot read the table: {status}")

    def prepare(facts: Facts) -> object:
        return {name: value[0] if isinstance(value, tuple) else value for name, value in facts.items()}

    return Engine("pyDMNrules", prepare, lambda facts: str(engine.decide(facts)[1]["Result"]["answer"]), 60)


def _jdm(table: Table) -> dict[str, object]:
    """The table as zen's JSON decision model: one table between an input and an output."""
    position = {"x": 0, "y": 0}
    rules = [
        {"_id": row.id, "answer": json.dumps(row.id)}
        | {column.name: _zen_test(column, row.cells.get(column.name)) for column in table.inputs}
        for row in table.rows
    ]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": column.name, "name": column.name, "field": column.name} for column in table.inputs],
        "outputs": [{"id": "answer", "name": "answer", "field": "answer"}],
        "rules": rules,
    }
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": position},
            {"id": "table", "type": "decisionTableNode", "name": "table", "position": position, "content": content},
            {"id": "out", "type": "outputNode", "name": "out", "position": position},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }


def _zen_test(column: Column, cell: Cell | None) -> str:
    """A cell as zen's expression, of the kinds that the table has; empty where anything fits."""
    if cell is None:
        return ""
    values = ", ".join(json.dumps(_plain(value)) for value in cell.points)
    if column.several:
        return f"{'none' if cell.negated else 'some'}($, # in [{values}])"
    if cell.negated:
        return f"$ not in [{values}]"
    return ", ".join([*([values] if values else []), *map(_zen_interval, cell.intervals)])


def _zen_interval(interval: Interval) -> str:
    low, high = interval.low, interval.high
    if high is None:
        return f"{'>=' if interval.low_closed else '>'} {_plain(low)}"
    if low is None:
        return f"{'<=' if interval.high_closed else '<'} {_plain(high)}"
    ends = "[" if interval.low_closed else "(", "]" if interval.high_closed else ")"
    return f"{ends[0]}{_plain(low)}..{_plain(high)}{ends[1]}"


def _plain(value: Value | tuple[Value, ...] | None) -> object:
    """A fact or a constant as JSON has it, durations in seconds."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return list(value) if isinstance(value, tuple) else value


def disagreements(engines: Sequence[Engine], pool: Sequence[Facts]) -> list[str]:
    """Facts on which an engine answers otherwise than the first; of each as many as a round asks."""
    first, *others = engines
    return [
        f"{engine.name} answers {answer}, {first.name} {expected}: {dict(facts)}"
        for engine in others
        for facts in pool[: engine.times]
        if (answer := engine.ask(engine.prepare(facts))) != (expected := first.ask(first.prepare(facts)))
    ]


def rate(engine: Engine, pool: Sequence[Facts]) -> float:
    """Decisions a second, the best round. By the clock, as engines may work in threads of their own."""
    facts = list(islice(cycle([engine.prepare(each) for each in pool]), engine.times))
    best = 0.0
    for _ in range(ROUNDS):
        start = perf_counter()
        for each in facts:
            engine.ask(each)
        best = max(best, len(facts) / (perf_counter() - start))
    return best


def main() -> int:
    """Measure them all. Returns 1 if they disagree, or another engine is faster than ours."""
    table = demo_table()
    pool = [facts for facts in pool_of(table, 3_000) if len(facts["product_family"]) == 1]  # type: ignore[arg-type]
    engines = [make(table) for make in (ours, zen_engine, py_dmn_rules)]
    print(f"Cancelling at the demo lab: {len(table.rows)} rows by {len(table.inputs)} inputs")
    if wrong := disagreements(engines, pool):
        print("\n".join(wrong[:5]))
        print(f"  {len(wrong):,} answers differ: the engines do not decide by the same rules")
        return 1
    rates = {engine.name: rate(engine, pool) for engine in engines}
    for name, found in rates.items():
        ratio = "" if name == OURS else f"   Reprieve decides {rates[OURS] / found:,.0f} × as many"
        print(f"  {name:10} {found:>12,.0f} a second{ratio}")
    return 0 if max(rates.values()) == rates[OURS] else 1


if __name__ == "__main__":
    sys.exit(main())
