"""A month of due charges on invoices, on PostgreSQL, beside the same statements written by hand in SQL.

python bench/invoicing.py            100,000 charges of 1,000 practices, made up inside a throw-away PostgreSQL
python bench/invoicing.py 1000000    as many as you like

Both write the same rows: invoices, lines, the charges' and orders' new states, the history. Mails are left out of both:
how many there are depends on the practices, not on the charges.
"""

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import django
from django.core.management import call_command
from django.db import connection, transaction

USUAL = 100_000
PRACTICES = 1_000
AIM = 3.0  # times the time of the statements by hand
ROUNDS = 3
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
OURS = "BENCH_INVOICING"  # says that the database was made for this
WITH_POSTGRES = Path(__file__).parent.parent / "bin" / "with-postgres"

# Placed in October, one in twenty held since September; every fifth is completed, every seventh in another currency.
FILL = """
INSERT INTO accounts_practice (name, plan, tags, payment_terms, created_at)
SELECT 'Practice ' || n, 'standard', '[]', 'monthly', %(now)s FROM generate_series(1, %(practices)s) AS n;

INSERT INTO orders_order ({columns})
SELECT {values}
FROM generate_series(1, %(charges)s) AS n;

INSERT INTO billing_charge (order_id, practice_id, terms, currency, amount_minor, tax_rate, tax_minor, state,
    first_billable_from, billable_from)
SELECT id, practice_id, 'monthly', currency, 12000, 8.875, 1065, 'due',
    CASE WHEN id %% 20 = 0 THEN submitted_at - '30 days'::interval ELSE submitted_at END, submitted_at
FROM orders_order;
"""
BY_HAND = (
    "SELECT last FROM billing_numbersequence WHERE key = 'invoice' FOR UPDATE",
    """SELECT o.id FROM orders_order AS o JOIN billing_charge AS c ON c.order_id = o.id
    WHERE c.terms = 'monthly' AND c.state = 'due' AND c.billable_from < %(end)s ORDER BY o.id FOR UPDATE OF o""",
    """INSERT INTO billing_invoice (practice_id, currency, kind, number, terms, period_start, period_end, amount_minor,
        tax_minor, issued_at, due_on)
    SELECT practice_id, currency, 'invoice', 1000 + row_number() OVER (ORDER BY practice_id, currency), 'monthly',
        '2026-10-01', '2026-11-01', sum(amount_minor), sum(tax_minor), %(now)s, '2026-12-01'
    FROM billing_charge AS c
    WHERE terms = 'monthly' AND state = 'due' AND billable_from < %(end)s AND NOT EXISTS (
        SELECT 1 FROM billing_invoice AS i WHERE i.practice_id = c.practice_id AND i.terms = 'monthly'
            AND i.currency = c.currency AND i.kind = 'invoice' AND i.period_start = '2026-10-01')
    GROUP BY practice_id, currency""",
    """INSERT INTO billing_invoiceline (invoice_id, charge_id, carried_over_from, amount_minor, tax_rate, tax_minor)
    SELECT i.id, c.id, CASE WHEN c.first_billable_from < '2026-10-01 00:00+00'
        THEN date_trunc('month', c.first_billable_from AT TIME ZONE 'UTC')::date END, c.amount_minor, c.tax_rate,
        c.tax_minor
    FROM billing_charge AS c JOIN billing_invoice AS i ON i.practice_id = c.practice_id AND i.currency = c.currency
    WHERE i.number > 1000 AND c.terms = 'monthly' AND c.state = 'due' AND c.billable_from < %(end)s""",
    """UPDATE billing_charge AS c SET state = 'invoiced'
    FROM billing_invoiceline AS l JOIN billing_invoice AS i ON i.id = l.invoice_id
    WHERE l.charge_id = c.id AND i.number > 1000 AND c.state = 'due'""",
    """INSERT INTO history_event (type, at, subject, subject_id, actor_kind, actor_name, override, for_staff_only, data)
    SELECT 'invoice_issued', %(now)s, 'invoice', id, 'system', 'Reprieve', false, false, jsonb_build_object('document',
        'INV-' || number, 'amount', jsonb_build_object('minor', amount_minor + tax_minor, 'currency', currency))
    FROM billing_invoice WHERE number > 1000""",
    """INSERT INTO history_event (type, at, subject, subject_id, actor_kind, actor_name, override, for_staff_only, data)
    SELECT 'order_charged', %(now)s, 'order', c.order_id, 'system', 'Reprieve', false, false,
        jsonb_build_object('how', 'INV-' || i.number)
    FROM billing_invoice AS i JOIN billing_invoiceline AS l ON l.invoice_id = i.id
    JOIN billing_charge AS c ON c.id = l.charge_id WHERE i.number > 1000""",
    """INSERT INTO history_event (type, at, subject, subject_id, actor_kind, actor_name, override, for_staff_only, data)
    SELECT 'order_invoiced', %(now)s, 'order', o.id, 'system', 'Reprieve', false, false, '{}'
    FROM billing_invoice AS i JOIN billing_invoiceline AS l ON l.invoice_id = i.id
    JOIN billing_charge AS c ON c.id = l.charge_id JOIN orders_order AS o ON o.id = c.order_id
    WHERE i.number > 1000 AND o.status = 'completed'""",
    """UPDATE orders_order AS o SET charged_at = coalesce(charged_at, %(now)s), version = version + 1
    FROM billing_invoice AS i JOIN billing_invoiceline AS l ON l.invoice_id = i.id
    JOIN billing_charge AS c ON c.id = l.charge_id WHERE i.number > 1000 AND o.id = c.order_id""",
    """UPDATE orders_order AS o SET status = 'invoiced', status_since = %(now)s, version = version + 1
    FROM billing_invoice AS i JOIN billing_invoiceline AS l ON l.invoice_id = i.id
    JOIN billing_charge AS c ON c.id = l.charge_id
    WHERE i.number > 1000 AND o.id = c.order_id AND o.status = 'completed'""",
    "UPDATE billing_numbersequence SET last = last + (SELECT count(*) FROM billing_invoice WHERE number > 1000)",
)


def fill(charges: int) -> None:
    """A database with so many due charges."""
    from reprieve.billing.models import InvoiceKind  # noqa: PLC0415 - Django has to be set up first
    from reprieve.billing.numbers import lock_numbers  # noqa: PLC0415
    from reprieve.orders.models import Order  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    made = {
        "practice_id": "(SELECT min(id) FROM accounts_practice) + n %% %(practices)s",
        "payment_terms": "'monthly'",
        "currency": "CASE WHEN n %% 7 = 0 THEN 'EUR' ELSE 'USD' END",
        "status": "CASE WHEN n %% 5 = 0 THEN 'completed' ELSE 'in_production' END",
        "status_since": "%(end)s - '1 day'::interval",
        "submitted_at": "%(end)s - (1 + n %% 30) * '1 day'::interval",
        "design_stage": "'completed'",
    }
    fields = [field for field in Order._meta.concrete_fields if not field.primary_key]  # noqa: SLF001 - Django's name
    columns = [str(field.column) for field in fields if not field.null or field.column in made]
    defaults: dict[str, Any] = {
        str(field.column): field.get_db_prep_save(field.get_default(), connection) for field in fields
    }
    values = [made.get(column, f"%(default_{column})s") for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            FILL.format(columns=", ".join(columns), values=", ".join(values)),
            {
                **{f"default_{column}": value for column, value in defaults.items()},
                "now": NOW,
                "end": END,
                "charges": charges,
                "practices": PRACTICES,
            },
        )
        cursor.execute("VACUUM ANALYZE")
    with transaction.atomic():
        lock_numbers(InvoiceKind.INVOICE)


def ours() -> None:
    """The run as the product does it."""
    from reprieve.accounts.actors import SYSTEM  # noqa: PLC0415
    from reprieve.accounts.models import PaymentTerms  # noqa: PLC0415
    from reprieve.billing import invoice_runs  # noqa: PLC0415
    from reprieve.billing.periods import Period  # noqa: PLC0415

    month = Period.around(PaymentTerms.MONTHLY, date(2026, 10, 1))
    invoice_runs.run(PaymentTerms.MONTHLY, month, actor=SYSTEM, now=NOW)


def by_hand() -> None:
    """The same, statement by statement."""
    with connection.cursor() as cursor:
        for statement in BY_HAND:
            cursor.execute(statement, {"now": NOW, "end": END})
            if cursor.description:
                cursor.fetchall()


def written() -> tuple[object, ...]:
    """What there is to see afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) || ' ' || sum(amount_minor) || ' ' || max(number) FROM billing_invoice),"
            " (SELECT count(*) || ' ' || sum(tax_minor) || ' ' || count(carried_over_from) FROM billing_invoiceline),"
            " (SELECT count(*) FROM billing_charge WHERE state = 'invoiced'),"
            " (SELECT count(charged_at) || ' ' || sum(version) FROM orders_order),"
            " (SELECT count(*) FROM orders_order WHERE status = 'invoiced'),"
            " (SELECT md5(string_agg(told, '' ORDER BY told)) FROM (SELECT"
            " type || CASE subject WHEN 'order' THEN subject_id::text ELSE '' END || data AS told"
            " FROM history_event) AS events)"
        )
        return tuple(cursor.fetchone())


def measure(charges: int) -> bool:
    """Print what each takes, and return whether the product's run takes no more than its share."""
    seconds, found = {}, {}
    for name, way in (("by hand", by_hand), ("the run", ours)):
        times = []
        for _ in range(ROUNDS):
            with transaction.atomic():
                start = perf_counter()
                way()
                connection.check_constraints()  # what the database puts off until the commit belongs to it
                times.append(perf_counter() - start)
                found[name] = written()
                transaction.set_rollback(True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        seconds[name] = min(times)
        print(f"  {name:8} {seconds[name]:>6.2f} s  {charges / seconds[name]:>9,.0f} charges/s")
    ratio = seconds["the run"] / seconds["by hand"]
    same = found["by hand"] == found["the run"]
    print(f"  {ratio:.2f} of {AIM:.0f} times {'met' if ratio <= AIM else 'MISSED'}")
    print(f"  the rows are {'the same' if same else 'NOT the same: ' + str(found)}")
    return same and ratio <= AIM


def main(arguments: list[str]) -> int:
    """Measure. Returns 1 where the run takes too long, or writes something else."""
    charges = int(arguments[0].replace("_", "").replace(",", "")) if arguments else USUAL
    with TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "reprieve.config.settings",
            "REPRIEVE_DATA": folder,
            "REPRIEVE_SECRET_KEY": "bench",
        }
        django.setup()
        fill(charges)
        print(f"{charges:,} due charges of {PRACTICES:,} practices on PostgreSQL")
        return 0 if measure(charges) else 1


if __name__ == "__main__":
    if OURS not in os.environ:  # never in a database that somebody uses
        clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {OURS: "1"}
        os.execve(WITH_POSTGRES, [str(WITH_POSTGRES), sys.executable, *sys.argv], clean)  # noqa: S606
    sys.exit(main(sys.argv[1:]))
