"""What may be done with one order, and with a thousand in one call, beside loading the same rows without asking.

python bench/options.py        1,000 orders, made up inside a throw-away SQLite file
python bench/options.py 200    as many as you like

Times are the best of several runs, in turns. Exits with 1 where one call takes more queries than promised, where asking
about all takes more than 4 times as long as loading them, or more than half as long as asking one by one.
"""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import django
from django.core.management import call_command
from django.db import connection
from django.db.models import prefetch_related_objects
from django.test.utils import CaptureQueriesContext

if TYPE_CHECKING:
    from reprieve.orders.models import Order

USUAL = 1_000
ROUNDS = 3
EACH = 100
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOST_QUERIES = 10  # four for facts, one for the rules, five for cancellations and money
MOST_OF_LOADING = 4.0  # times
MOST_OF_EACH = 0.5


def fill(orders: int) -> None:
    """A database with so many orders of one practice, some of them paid, under the demo lab's rules."""
    from reprieve.accounts.models import Practice  # noqa: PLC0415 - Django has to be set up first
    from reprieve.billing.models import Charge, Method, Payment, PaymentState  # noqa: PLC0415
    from reprieve.catalog.models import Product, ProductFamily  # noqa: PLC0415
    from reprieve.orders.models import Order, OrderLine, Status  # noqa: PLC0415
    from reprieve.policies.lifecycle.publishing import install  # noqa: PLC0415
    from reprieve.policies.presets.files import load  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for preset in load("lab"):
        install(preset, starts_at=NOW - timedelta(days=999))
    rng, practice = Random(1042), Practice.objects.create(name="Elm Street Dental")
    family = ProductFamily.objects.create(key="crowns", name="Crowns")
    product = Product.objects.create(name="Crown", family=family, price_minor=12000, currency="USD")
    statuses = (Status.PROCESSING, Status.ON_HOLD, Status.IN_PRODUCTION, Status.SHIPPED, Status.COMPLETED)
    submitted = [NOW - timedelta(minutes=rng.randint(1, 20_000)) for _ in range(orders)]
    found = Order.objects.bulk_create(
        Order(
            practice=practice,
            payment_terms="per_case",
            currency="USD",
            status=rng.choice(statuses),
            status_since=at,
            submitted_at=at,
            families="|crowns|",
            amount_minor=12000,
            fabricated=True,
        )
        for at in submitted
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, product=product, family="crowns", fabricated=True, quantity=1, unit_price_minor=12000,
            currency="USD",
        )
        for order in found
    )  # fmt: skip
    charges = Charge.objects.bulk_create(
        Charge(
            order=order, practice=practice, terms="per_case", currency="USD", amount_minor=12000,
            first_billable_from=order.submitted_at, billable_from=order.submitted_at,
        )
        for order in found
    )  # fmt: skip
    Payment.objects.bulk_create(
        Payment(
            practice=practice, charge=charge, method=Method.MANUAL, gateway="manual", currency="USD",
            amount_minor=12000, state=PaymentState.PAID, created_at=NOW, paid_at=NOW,
        )
        for charge in charges[::2]
    )  # fmt: skip


def rows() -> "list[Order]":
    """The orders, with nothing of them loaded but what a list has."""
    from reprieve.orders.models import Order  # noqa: PLC0415

    return list(Order.objects.select_related("practice", "charge").order_by("pk"))


def load() -> None:
    """The same rows that asking loads."""
    from reprieve.billing.loading import load_money  # noqa: PLC0415
    from reprieve.options.options import CANCELLATIONS  # noqa: PLC0415
    from reprieve.orders.parts import load_parts  # noqa: PLC0415

    found = rows()
    load_parts(found)
    load_money([order.charge for order in found])
    prefetch_related_objects(found, CANCELLATIONS)


def ask(orders: "Sequence[Order]") -> list[list[tuple[str, bool]]]:
    """All that a list or a preview reads: each action's answer, and the money of cancelling."""
    from reprieve.accounts.actors import SYSTEM  # noqa: PLC0415
    from reprieve.options.options import options_of  # noqa: PLC0415
    from reprieve.orders.actions import Action  # noqa: PLC0415

    asked = options_of(orders, SYSTEM, now=NOW).values()
    for found in asked:
        found.require(Action.CANCEL).quote  # noqa: B018 - it is computed when it is asked for
    return [[(option.message, option.fits_state) for option in each.by_action.values()] for each in asked]


def ask_one_by_one() -> None:
    """The same of each of the first by itself."""
    for order in rows()[:EACH]:
        ask([order])


def measure(number: int) -> bool:
    """Print what each takes, and return whether it is as promised."""
    asked: dict[str, Callable[[], object]] = {
        "loading": load,
        "in one call": lambda: ask(rows()),
        "one by one": ask_one_by_one,
    }
    seconds, queries = dict.fromkeys(asked, float("inf")), dict.fromkeys(asked, 0)
    for name, do in asked.items():
        with CaptureQueriesContext(connection) as found:
            do()
        queries[name] = len(found)
    for _ in range(ROUNDS):
        for name, do in asked.items():
            start = perf_counter()
            do()
            seconds[name] = min(seconds[name], perf_counter() - start)
    each = min(EACH, number)
    load_time, one_call, one_by_one = (
        seconds[name] / of * 1e6 for name, of in zip(asked, (number, number, each), strict=True)
    )
    print(f"  one order        {one_by_one:>8,.0f} µs  {(queries['one by one'] - 1) / each:.0f} queries")
    print(f"  {number:,} in one call {one_call:>8,.0f} µs an order  {queries['in one call']} queries")
    return all(
        [
            told("queries of one call", queries["in one call"], MOST_QUERIES),
            told("one call, times loading the rows", one_call / load_time, MOST_OF_LOADING),
            told("one call, times one by one", one_call / one_by_one, MOST_OF_EACH),
        ]
    )


def told(name: str, found: float, most: float) -> bool:
    """Print whether it is within what is promised, and return it."""
    print(f"  {name:32} {found:>6.2f} of {most:.1f}  {'met' if found <= most else 'MISSED'}")
    return found <= most


def main(arguments: list[str]) -> int:
    """Measure. Returns 1 where something is not as promised."""
    number = int(arguments[0].replace("_", "").replace(",", "")) if arguments else USUAL
    with TemporaryDirectory() as folder:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",  # never a database that somebody uses
            "DJANGO_SETTINGS_MODULE": "reprieve.config.settings",
            "REPRIEVE_DATA": folder,
            "REPRIEVE_SECRET_KEY": "bench",
        }
        django.setup()
        fill(number)
        print(f"what may be done with {number:,} orders")
        return 0 if measure(number) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
