"""Migrations that fill fields in of orders that are there already."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import TestCase

from reprieve.demo.lab import open_lab
from reprieve.history.models import Event, EventType
from reprieve.orders.models import STANDING_STILL, Order, Status
from tests.orders.test_facts import NOW

KEPT = (
    "families",
    "amount_minor",
    "fabricated",
    "files_submitted",
    "revisions_open",
    "pauses_begun",
    "paused_in_all",
    "paused_from",
)


def kept() -> list[dict[str, Any]]:
    return list(Order.objects.order_by("pk").values("pk", *KEPT))


class FillTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        open_lab(now=NOW, cases=1)

    def test_fills_in_of_every_order_what_its_commands_would_have_kept(self) -> None:
        known = kept()
        for name in KEPT:
            assert len({str(order[name]) for order in known}) > 1, name
        fresh = Order()
        Order.objects.update(**{name: getattr(fresh, name) for name in KEPT if name != "paused_from"})
        Order.objects.filter(status__in=STANDING_STILL).update(paused_from=Status.ON_HOLD)
        assert kept() != known
        fill("0003_facts_in_the_order")
        assert kept() == known

    def test_what_was_invoiced_was_charged_with_its_invoice(self) -> None:
        invoices = Event.objects.filter(type=EventType.ORDER_INVOICED)
        known = dict(invoices.values_list("subject_id", "at"))
        assert known
        Order.objects.update(charged_at=None)
        fill("0002_charged")
        assert dict(Order.objects.exclude(charged_at=None).values_list("pk", "charged_at")) == known


def fill(migration: str) -> None:
    import_module(f"reprieve.orders.migrations.{migration}").fill(apps, connection.schema_editor())
