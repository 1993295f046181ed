"""How long it takes to find everything in big decision tables of several kinds: 100 rows by 8 inputs."""

import sys
from collections.abc import Callable, Mapping
from random import Random
from time import process_time

from reprieve.dmn.analyse import Analysis, analyse
from reprieve.dmn.decide import compile_table
from reprieve.dmn.model import Clock, Column, HitPolicy, Output, Row, Table
from reprieve.dmn.sfeel import Cell, parse_cell
from reprieve.dmn.values import ValueType

PROMISED = 10.0  # seconds for each table, on one core
ROWS = 100
STATUSES = ("processing", "on_hold", "in_production", "paused", "completed", "invoiced", "cancelled", "shipped")
FAMILIES = ("design", "crowns", "bridges", "veneers", "dentures", "implants", "aligners", "guards")
COLUMNS = (
    Column("status", ValueType.STRING, domain=STATUSES),
    Column("families", ValueType.STRING, domain=FAMILIES, several=True),
    Column("stage", ValueType.STRING, domain=("not_started", "started", "completed"), nullable=True),
    Column("files_submitted", ValueType.BOOLEAN),
    Column("revisions", ValueType.NUMBER, integer=True, minimum=0),
    Column("amount", ValueType.NUMBER, minimum=0),
    Column("age", ValueType.DURATION, clock=Clock.SINCE),
    Column("plan", ValueType.STRING),
)
OUTCOMES = ("allow", "request", "refuse")


def cell_text(random: Random, column: Column) -> str:
    """A cell of the column, drawn from few constants or, of amounts and ages, from many."""
    if column.type is ValueType.BOOLEAN:
        return random.choice(["true", "false"])
    if column.type is ValueType.STRING:
        names = column.domain or ("basic", "plus", "pro", "lab", "trial")
        chosen = ", ".join(f'"{name}"' for name in random.sample(names, random.randint(1, min(3, len(names) - 1))))
        return f"not({chosen})" if random.randrange(5) == 0 else chosen
    if column.integer:
        return random.choice(["0", "> 0", "[1..2]", ">= 3", "not(1)", "<= 1"])
    low = random.randint(0, 60)
    ends = [str(low), str(low + random.randint(1, 40))]
    if column.type is ValueType.DURATION:
        ends = [f'duration("PT{end}H")' for end in ends]
    return random.choice([f"[{ends[0]}..{ends[1]})", f"< {ends[1]}", f">= {ends[0]}"])


def random_table(*, cells: int, catch_all: bool, policy: HitPolicy = HitPolicy.FIRST, ties: int = 0) -> Table:
    """Rows of so many cells on average; `ties` impossible combinations of two cells."""
    random = Random(20261121)

    def when(count: int) -> dict[str, str]:
        return {column.name: cell_text(random, column) for column in random.sample(COLUMNS, count)}

    rows = [when(random.randint(max(cells - 1, 1), min(cells + 1, len(COLUMNS)))) for _ in range(ROWS - catch_all)]
    return build([*rows, *([{}] if catch_all else [])], policy, [when(2) for _ in range(ties)])


def tree_table() -> Table:
    """Every fact in exactly one row: each row is split along one column after the other until there are enough."""
    random = Random(20261121)
    halves: dict[str, tuple[str, str]] = {
        "status": (
            '"processing", "on_hold", "in_production", "paused"',
            '"completed", "invoiced", "cancelled", "shipped"',
        ),
        "families": ('"design"', 'not("design")'),
        "stage": ('"not_started", null', '"started", "completed"'),
        "files_submitted": ("true", "false"),
        "revisions": ("0", "> 0"),
        "amount": ("< 50", ">= 50"),
        "age": ('<= duration("PT1H")', '> duration("PT1H")'),
        "plan": ('"basic"', 'not("basic")'),
    }
    rows: list[dict[str, str]] = [{}]
    while len(rows) < ROWS:
        row = min(rows, key=len)
        rows.remove(row)
        name = random.choice([name for name in halves if name not in row])
        rows += [{**row, name: half} for half in halves[name]]
    return build(rows, HitPolicy.UNIQUE, [])


def build(rows: list[dict[str, str]], policy: HitPolicy, impossible: list[dict[str, str]]) -> Table:
    """A table of printed cells."""
    types = {column.name: column.type for column in COLUMNS}

    def cells(when: Mapping[str, str]) -> dict[str, Cell]:
        return {name: parse_cell(text, types[name]) for name, text in when.items()}

    return Table(
        name="bench",
        inputs=COLUMNS,
        outputs=(Output("outcome", ValueType.STRING, domain=OUTCOMES),),
        rows=tuple(Row(f"r{n}", cells(when), {"outcome": OUTCOMES[n % 3]}) for n, when in enumerate(rows)),
        fallback={"outcome": "request"},
        hit_policy=policy,
        impossible=tuple(map(cells, impossible)),
    )


KINDS: dict[str, Callable[[], Table]] = {
    "exceptions above a catch-all": lambda: random_table(cells=3, catch_all=True),
    "exceptions, 10 impossible pairs": lambda: random_table(cells=3, catch_all=True, ties=10),
    "broad rows, most masked": lambda: random_table(cells=2, catch_all=True),
    "narrow rows, gaps everywhere": lambda: random_table(cells=5, catch_all=False),
    "narrow rows, 10 impossible pairs": lambda: random_table(cells=5, catch_all=False, ties=10),
    "broad rows, no catch-all": lambda: random_table(cells=2, catch_all=False),
    "broad rows, 10 impossible pairs": lambda: random_table(cells=2, catch_all=False, ties=10),
    "complete and disjoint (UNIQUE)": tree_table,
    "conflicts (UNIQUE)": lambda: random_table(cells=3, catch_all=False, policy=HitPolicy.UNIQUE),
    "ranked (PRIORITY)": lambda: random_table(cells=3, catch_all=True, policy=HitPolicy.PRIORITY),
}


def main() -> int:
    """Analyse a table of each kind. Returns 1 if one of them takes longer than promised, else 0."""
    slowest = 0.0
    for kind, make in KINDS.items():
        compiled = compile_table(make())
        start = process_time()
        found = analyse(compiled)
        seconds = process_time() - start
        slowest = max(slowest, seconds)
        print(f"  {kind:33}{seconds:8.2f} s   {summary(found)}")
    if slowest <= PROMISED:
        return 0
    print(f"  missed: {PROMISED:.0f} s are promised")
    return 1


def summary(found: Analysis) -> str:
    """The numbers of findings."""
    return (
        f"{len(found.gaps)}{'+' if found.has_more_gaps else ''} gaps, {len(found.unreachable)} unreachable, "
        f"{len(found.order_sensitive)} pairs by order, {len(found.conflicts)} conflicts"
    )


if __name__ == "__main__":
    sys.exit(main())
