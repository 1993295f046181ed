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
    "charged_at",
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
        for order in Order.objects.all():  # when the first of these was written, to be invoiced was to be charged
            invoiced = Event.objects.filter(subject=Order.SUBJECT, subject_id=order.pk, type=EventType.ORDER_INVOICED)
            Order.objects.filter(pk=order.pk).update(charged_at=min((event.at for event in invoiced), default=None))
        known = kept()
        for name in KEPT:
            assert len({str(order[name]) for order in known}) > 1, name
        fresh = Order()
        Order.objects.update(**{name: getattr(fresh, name) for name in KEPT if name != "paused_from"})
        Order.objects.filter(status__in=STANDING_STILL).update(paused_from=Status.ON_HOLD)
        assert kept() != known
        for name in ("0002_charged", "0003_facts_in_the_order"):
            import_module(f"reprieve.orders.migrations.{name}").fill(apps, connection.schema_editor())
        assert kept() == known
