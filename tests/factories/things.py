"""The things that tests act on: a catalog, rules in force, orders in any state, reached through the real commands."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.core.files.base import ContentFile

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions.move_order import move_order
from reprieve.actions.place_order import place_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.models import Invoice
from reprieve.billing.periods import Period
from reprieve.catalog.models import PricedPer, Product, ProductFamily, Reason, ReasonFor
from reprieve.orders.building import Details, LineDetails
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from reprieve.orders.uploads import Upload, inspect
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.presets import files as preset_files
from tests.factories.written_again import written_again

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNDO_WINDOW = timedelta(minutes=30)  # what the lab's rules grant, and how long its refunds wait
RULES = Path(__file__).parent.parent / "rules"
STEPPED_RULES = RULES / "stepped"
MONEY_RULES = RULES / "money"
FAMILIES = ("design", "crowns", "bridges", "veneers", "dentures", "implants", "aligners", "guards")


@dataclass(frozen=True, slots=True)
class Catalog:
    """A product of each family, by the family's key, and reasons to choose from."""

    products: dict[str, Product]


@written_again
def make_catalog() -> Catalog:
    """A product of each family at 120.00, and three reasons for each action."""
    products = {}
    for position, key in enumerate(FAMILIES):
        family = ProductFamily.objects.create(key=key, name=key.title(), fabricated=key != "design", position=position)
        products[key] = Product.objects.create(
            name=f"{key.title()} product", family=family, priced_per=PricedPer.CASE, price_minor=12000, currency="USD"
        )
    for what in (ReasonFor.CANCEL, ReasonFor.PAUSE):
        Reason.objects.create(reason_for=what, key="patient_away", label="The patient is away")
        Reason.objects.create(reason_for=what, key="wrong_product", label="Wrong product", position=1)
        Reason.objects.create(reason_for=what, key="other", label="Other", is_other=True, note_required=True)
    return Catalog(products)


@written_again
def put_rules_in_force(preset: str = "lab") -> None:
    """The shipped rules, in force since long ago."""
    for policy in preset_files.load(preset):
        install(policy, starts_at=LONG_AGO)


def put_stepped_rules_in_force() -> None:
    """Rules that change with time alone: cancelling in steps over six weeks, pausing refused for a day."""
    for path in sorted(STEPPED_RULES.glob("*.toml")):
        install(preset_files.load_file(path), starts_at=LONG_AGO + timedelta(days=1))


def put_money_rules_in_force(since: datetime = LONG_AGO + timedelta(days=1)) -> None:
    """Rules that tell apart by the reason what comes back, for orders from then on: see tests/rules/money."""
    for path in sorted(MONEY_RULES.glob("*.toml")):
        install(preset_files.load_file(path), starts_at=since)


def an_order(
    catalog: Catalog,
    actor: Actor,
    *families: str,
    now: datetime = NOON,
    files: tuple[Upload, ...] = (),
    key: UUID | None = None,
) -> Order:
    """A placed order of the actor's practice with one line a family (crowns, if none is named)."""
    assert actor.practice_id is not None
    return place_order(
        practice_id=actor.practice_id,
        actor=actor,
        wanted=[LineDetails(catalog.products[family].pk) for family in families or ("crowns",)],
        details=Details(patient_reference="J.D.", files=files, command_key=key),
        now=now,
    )


def an_invoice(catalog: Catalog, actor: Actor, *, orders: int = 1, now: datetime = NOON) -> Invoice:
    """The invoice of the month of `now`, over so many orders that the actor's practice placed then."""
    assert actor.practice_id is not None
    practice = Practice.objects.get(pk=actor.practice_id)
    before, practice.payment_terms = practice.payment_terms, PaymentTerms.MONTHLY
    practice.save()
    for _ in range(orders):
        an_order(catalog, actor, now=now)
    practice.payment_terms = before
    practice.save()
    month = Period.around(PaymentTerms.MONTHLY, now.date())
    run_invoices(terms=PaymentTerms.MONTHLY, period=month, actor=SYSTEM, now=month.ends_at(UTC))
    return Invoice.objects.get(practice=practice, period_start=month.start)


def moved(order: Order, *verbs: Verb, now: datetime = NOON) -> Order:
    """The order after staff have moved it, a minute a move."""
    order.refresh_from_db()
    for number, verb in enumerate(verbs):
        move_order(
            order_id=order.pk,
            verb=verb,
            actor=SYSTEM,
            expected_version=Order.objects.values_list("version", flat=True).get(pk=order.pk),
            now=now + number * MINUTE,
            why="Upper scan is incomplete." if verb is Verb.HOLD else "",
        )
    return Order.objects.get(pk=order.pk)


TO_DESIGN = (Verb.START_DESIGN,)
TO_DESIGNED = (*TO_DESIGN, Verb.COMPLETE_DESIGN)
TO_FABRICATION = (*TO_DESIGNED, Verb.START_FABRICATION)
TO_READY = (*TO_FABRICATION, Verb.FINISH_FABRICATION)
TO_SHIPPED = (*TO_READY, Verb.SHIP)
TO_COMPLETED = (*TO_SHIPPED, Verb.COMPLETE)


def stl_bytes(triangles: int = 1) -> bytes:
    """A true binary STL file."""
    return bytes(80) + struct.pack("<I", triangles) + bytes(50 * triangles)


def an_upload(name: str = "scan.stl", content: bytes | None = None) -> Upload:
    """A file that was looked at."""
    return inspect(ContentFile(content if content is not None else stl_bytes(), name=name))
