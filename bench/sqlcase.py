"""The outcome of every order at once, by the demo lab's rules as one CASE on PostgreSQL, beside counting by status.

python bench/sqlcase.py            1,000,000 orders, made up inside a throw-away PostgreSQL
python bench/sqlcase.py 200000     as many as you like

Exits with 1 where a CASE takes more than 3 times as long as counting by status, or a matrix of a draft against the
rules in force (two CASEs, counted by both outcomes) more than 6 times. Each is the best of several runs, in turns.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, Expression

from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Row, Table
from reprieve.dmn.values import ValueType

USUAL = 1_000_000
MOST_OF_A_CASE = 3.0  # times the time of counting by status
MOST_OF_A_MATRIX = 6.0
ROUNDS = 7
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY_STATUS = "by status"

type Counts = list[tuple[Any, ...]]
"""What was found, and last how often."""
OURS = "BENCH_SQLCASE"  # says that the database was made for this
WITH_POSTGRES = Path(__file__).parent.parent / "bin" / "with-postgres"

# Two years of a lab: most orders are done with, every seventh is a design service, some wait, few are paused. Rules
# ask the orders' own rows alone (tests/orders/test_outcomes.py sees to that), so no line, file or pause need be there.
FILL = """
SELECT setseed(0.20261121);

INSERT INTO orders_order (practice_id, patient_reference, customer_reference, note, payment_terms, currency, status,
    status_since, submitted_at, design_stage, production_stage, shipped_at, files_delivered_at, charged_at, version,
    families, amount_minor, fabricated, files_submitted, revisions_open, pauses_begun, paused_in_all, paused_from)
SELECT 1 + n %% 50, 'J.D. ' || n, '', '', 'per_case', 'USD', status, least(%(now)s, submitted_at + '2 days'),
    submitted_at, design_stage,
    CASE WHEN design_stage <> 'completed' OR families = '|design|' THEN 'not_started'
         WHEN status = 'in_production' THEN (ARRAY['not_started', 'fabricating', 'ready_to_ship'])[1 + n %% 3]
         ELSE 'ready_to_ship' END,
    CASE WHEN status IN ('shipped', 'completed', 'invoiced') THEN submitted_at + '1 day' END,
    CASE WHEN families = '|design|' AND status IN ('completed', 'invoiced') THEN submitted_at + '1 day' END,
    CASE WHEN status = 'invoiced' THEN submitted_at + '2 days' END, 1,
    families, 12000 * (1 + (families LIKE '%%||%%')::int), families <> '|design|', n %% 3 > 0, (n %% 100 = 0)::int,
    (status IN ('paused', 'slated_for_deletion') OR n %% 20 = 0)::int,
    CASE WHEN status NOT IN ('paused', 'slated_for_deletion') AND n %% 20 = 0 THEN '1 day' ELSE '0' END::interval,
    CASE WHEN status IN ('paused', 'slated_for_deletion') THEN 'processing' END
FROM (
    SELECT n, status, submitted_at,
        CASE WHEN status IN ('processing', 'on_hold', 'paused', 'slated_for_deletion') THEN 'not_started'
             WHEN status = 'in_production' AND n %% 3 = 0 THEN 'started' ELSE 'completed' END AS design_stage,
        CASE WHEN n %% 4 = 0 AND n %% 7 < 6 THEN '|' || key[1 + n %% 7] || '||' || key[2 + n %% 7] || '|'
             ELSE '|' || key[1 + n %% 7] || '|' END AS families
    FROM (
        SELECT n, %(now)s - random() * '730 days'::interval AS submitted_at,
            ARRAY['bridges', 'crowns', 'dentures', 'design', 'guards', 'implants', 'veneers'] AS key,
            CASE WHEN luck < 0.55 THEN 'invoiced' WHEN luck < 0.70 THEN 'completed' WHEN luck < 0.78 THEN 'shipped'
                 WHEN luck < 0.85 THEN 'cancelled' WHEN luck < 0.93 THEN 'in_production'
                 WHEN luck < 0.96 THEN 'processing' WHEN luck < 0.98 THEN 'on_hold' WHEN luck < 0.995 THEN 'paused'
                 ELSE 'slated_for_deletion' END AS status
        FROM (SELECT n, random() AS luck FROM generate_series(1, %(orders)s) AS n) AS drawn
    ) AS submitted
) AS made;
"""


def fill(orders: int) -> None:
    """A database with so many orders, under the demo lab's rules."""
    from reprieve.accounts.models import Practice  # noqa: PLC0415 - Django has to be set up first
    from reprieve.policies.lifecycle.publishing import install  # noqa: PLC0415
    from reprieve.policies.presets.files import load  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for preset in load("lab"):
        install(preset, starts_at=NOW - timedelta(days=999))
    Practice.objects.bulk_create(Practice(name=f"Practice {number}") for number in range(50))
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"now": NOW, "orders": orders})
        cursor.execute("VACUUM ANALYZE")


def questions() -> dict[str, tuple[Callable[[], Counts], float]]:
    """What counts, by its name, and how many times as long as counting by status each may take."""
    from reprieve.accounts.actors import SYSTEM  # noqa: PLC0415
    from reprieve.orders.actions import Action  # noqa: PLC0415
    from reprieve.orders.facts import ORDER_FACTS  # noqa: PLC0415
    from reprieve.orders.models import Order  # noqa: PLC0415
    from reprieve.orders.subject import ORDERS  # noqa: PLC0415
    from reprieve.policies.facts.registry import Asking  # noqa: PLC0415
    from reprieve.policies.sql.case import count_by, output_of  # noqa: PLC0415
    from reprieve.policies.sql.outcomes import outcome_of  # noqa: PLC0415

    def by_status() -> Counts:
        return [(*row,) for row in Order.objects.order_by().values_list("status").annotate(count=Count("*"))]

    def by(**answers: Expression) -> Callable[[], Counts]:
        return lambda: [(*found, number) for found, number in count_by(Order.objects.all(), **answers).items()]

    asked: dict[str, tuple[Callable[[], Counts], float]] = {BY_STATUS: (by_status, 1.0)}
    asking = Asking.by(SYSTEM, now=NOW)
    for action in Action:
        live = outcome_of(ORDERS, action, SYSTEM, now=NOW)
        draft = output_of(compile_table(drafted(action)), ORDER_FACTS, asking)
        asked[f"whether to {action}"] = by(live=live), MOST_OF_A_CASE
        asked[f"draft: to {action}"] = by(live=live, draft=draft), MOST_OF_A_MATRIX
    return asked


def drafted(action: str) -> Table:
    """The lab's rules with one more row above the others, which leaves what has long been waiting to support."""
    from reprieve.policies.facts.registry import columns_of  # noqa: PLC0415
    from reprieve.policies.presets.files import load  # noqa: PLC0415

    (table,) = (preset.table for preset in load("lab") if preset.action == action)
    column = columns_of("order")["since_status"]
    cells = {
        "status": parse_cell('"on_hold", "paused"', ValueType.STRING),
        column.name: parse_cell('> duration("P90D")', column.type),
    }
    row = Row("long-waiting", cells, {**table.fallback, "outcome": "request"})
    return replace(table, inputs=(*table.inputs, column), rows=(row, *table.rows))


def measure(orders: int) -> bool:
    """Print what each takes, and return whether none takes too long."""
    asked = questions()
    seconds = dict.fromkeys(asked, float("inf"))
    found: dict[str, Counts] = {}
    for _ in range(ROUNDS):
        for name, (count, _most) in asked.items():
            start = perf_counter()
            found[name] = count()
            seconds[name] = min(seconds[name], perf_counter() - start)
    met = True
    print(f"{orders:,} orders on PostgreSQL")
    for name, (_, most) in asked.items():
        times = seconds[name] / seconds[BY_STATUS]
        met = met and times <= most
        verdict = f"{times:>5.2f} of {most:.0f} times {'met' if times <= most else 'MISSED'}"
        print(f"  {name:18} {seconds[name] * 1000:>7,.0f} ms  {verdict:24} {described(found[name])}")
    return met


def described(counts: Counts) -> str:
    """How many of each."""
    return ", ".join(f"{' → '.join(map(str, names))} {number:,}" for *names, number in sorted(counts, key=str))


def main(arguments: list[str]) -> int:
    """Measure. Returns 1 where something takes too long."""
    orders = int(arguments[0].replace("_", "").replace(",", "")) if arguments else USUAL
    with TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "reprieve.config.settings",
            "REPRIEVE_DATA": folder,
            "REPRIEVE_SECRET_KEY": "bench",
        }
        django.setup()
        start = perf_counter()
        fill(orders)
        print(f"filled in {perf_counter() - start:.0f} s")
        return 0 if measure(orders) else 1


if __name__ == "__main__":
    if OURS not in os.environ:  # never in a database that somebody uses
        clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {OURS: "1"}
        os.execve(WITH_POSTGRES, [str(WITH_POSTGRES), sys.executable, *sys.argv], clean)  # noqa: S606
    sys.exit(main(sys.argv[1:]))
