"""Each fact of an order says the same in Python and in the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Case, Q, QuerySet, When
from django.test import TestCase

from reprieve.accounts.actors import ActorKind
from reprieve.accounts.models import Practice
from reprieve.demo.lab import open_lab
from reprieve.dmn.decide import compile_table
from reprieve.dmn.facts import read_fact, seen_value
from reprieve.dmn.table import Row
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, OrderLine
from reprieve.policies.facts.registry import Asking, Fact
from reprieve.policies.facts.stored import BarredTexts, JsonTexts, Known, OneValue, Plain, Several
from reprieve.policies.presets import files as preset_files
from tests.factories.people import make_cast
from tests.factories.things import NOON, TO_COMPLETED, an_order, make_catalog, moved

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRESETS = [preset for name in preset_files.names() for preset in preset_files.load(name)]
HOSTILE = ['"; DROP TABLE orders_order; --', "%s %(x)s {0}", "it's \\", "😀 ü", "\u2028", ""]
DELIVERIES = [None, date(2026, 3, 29), date(2026, 10, 25), date(1, 1, 1), date(9999, 12, 31), date(2011, 12, 30)]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "America/Havana", "Asia/Beirut"]


def asking(zone: str = "Europe/Berlin", reason: str | None = None) -> Asking:
    return Asking(now=NOW, who=ActorKind.STAFF, reason=reason, zone=ZoneInfo(zone))


def loaded() -> QuerySet[Order]:
    related = ("lines", "files", "pauses", "revisions")
    return Order.objects.select_related("practice").prefetch_related(*related).order_by("pk")


def stored_values(fact: Fact[Order], question: Asking) -> Iterator[object]:
    """The fact of every order, as the database gives it."""
    stored = fact.stored(question)
    if isinstance(stored, Known):
        return iter([stored.fact] * Order.objects.count())
    if isinstance(stored, JsonTexts | BarredTexts):
        return _stored_collections(stored, sorted(set(families_and_tags())))
    return _stored_single(stored)


def _stored_single(stored: OneValue) -> Iterator[object]:
    for value in Order.objects.annotate(value=stored.expression).order_by("pk").values_list("value", flat=True):
        yield None if value is None else stored.read(value)


def _stored_collections(stored: Several, universe: list[str]) -> Iterator[object]:
    tests = {f"has_{number}": _has(stored, value) for number, value in enumerate(universe)}
    for row in Order.objects.annotate(**tests).order_by("pk").values_list(*tests):
        yield {value for value, found in zip(universe, row, strict=True) if found}


def _has(stored: Several, value: str) -> Case:
    found = stored.any_of([value])
    return Case(When(found, then=1), default=0) if isinstance(found, Q) else Case(default=int(found))


def families_and_tags() -> Iterator[str]:
    yield from OrderLine.objects.values_list("family", flat=True)
    for practice in Practice.objects.all():
        yield from practice.tags


class EveryFactTests(TestCase):
    """On a small demo lab, with what no lab has."""

    @classmethod
    def setUpTestData(cls) -> None:
        open_lab(now=NOW, cases=1)
        for practice, tags in zip(Practice.objects.all(), cycle([["vip"], [], HOSTILE]), strict=False):
            practice.tags = tags
            practice.save()
        for order, delivery, currency in zip(
            Order.objects.all(), cycle(DELIVERIES), cycle(["USD", "JPY", "KWD", "CLF", "EUR"]), strict=False
        ):
            order.requested_delivery, order.currency = delivery, currency
            order.save()
        empty = Order.objects.earliest("pk")
        empty.lines.all().delete()
        Order.objects.filter(pk=empty.pk).update(families="", amount_minor=0, fabricated=False)

    def test_the_lab_has_something_to_tell_apart(self) -> None:
        for name, fact in ORDER_FACTS.facts.items():
            if not isinstance(fact.stored(asking()), Known):
                assert len({str(fact.read(order, asking())) for order in loaded()}) > 1, name

    def test_is_the_same_of_every_order(self) -> None:
        for zone in ZONES:
            question = asking(zone)
            for name, fact in ORDER_FACTS.facts.items():
                if zone != ZONES[0] and name != "delivery_in":
                    continue
                for order, stored in zip(loaded(), stored_values(fact, question), strict=True):
                    read = fact.read(order, question)
                    expected = set(read) if isinstance(read, tuple) else read
                    assert stored == expected, (name, order.number)

    def test_is_missing_only_where_the_column_allows_it(self) -> None:
        for name, fact in ORDER_FACTS.facts.items():
            if not fact.column.nullable:
                assert None not in list(stored_values(fact, asking())), name

    def test_keeps_what_its_column_promises(self) -> None:
        limited = [fact for fact in ORDER_FACTS.facts.values() if fact.column.minimum is not None]
        assert len(limited) == 8
        for fact in limited:
            for order in loaded():
                seen = seen_value(fact.column, read_fact(fact.column, fact.read(order, asking())), NOW)
                assert seen is not None
                assert not isinstance(seen, tuple)
                assert fact.column.is_in_range(seen), (fact.column.name, order.number)

    def test_no_order_is_what_the_shipped_tables_call_impossible(self) -> None:
        for preset in PRESETS:
            table = preset.table
            rows = [Row(f"{number}", cells, table.fallback) for number, cells in enumerate(table.impossible)]
            decide = compile_table(replace(table, rows=(*rows, Row("possible", {}, table.fallback)))).decide
            for order in loaded().filter(lines__isnull=False).distinct():
                facts = ORDER_FACTS.gather([column.name for column in table.inputs], order, asking())
                assert decide(facts, NOW).row in {"possible", None}, (preset.source, order.number)


@pytest.mark.django_db
def test_the_database_holds_facts_to_the_values_that_it_is_said_to() -> None:
    """Where it does, no rule has to ask whether a value is foreign (trap: a new status slides into a row of dashes)."""
    order = an_order(make_catalog(), make_cast().actor("owner"))
    held = {name: plain for name, plain in plain_facts() if plain.held_to is not None}
    assert sorted(held) == ["design_stage", "payment_terms", "production_stage", "status", "status_before_pause"]
    for name, plain in held.items():
        domain = ORDER_FACTS.facts[name].column.domain
        assert plain.held_to == frozenset(map(str, domain or ())), name
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**{cast("Any", plain.expression).name: "foreign"})


def plain_facts() -> Iterator[tuple[str, Plain]]:
    for name, fact in ORDER_FACTS.facts.items():
        if isinstance(stored := fact.stored(asking()), Plain):
            yield name, stored


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "paused_from"),
    [("paused", None), ("slated_for_deletion", None), ("paused", "shipped"), ("processing", "processing")],
)
def test_the_database_knows_what_a_paused_order_was_and_no_other(status: str, paused_from: str | None) -> None:
    order = an_order(make_catalog(), make_cast().actor("owner"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(status=status, paused_from=paused_from)


@pytest.mark.django_db
def test_is_charged_from_its_invoice_on() -> None:
    order = moved(an_order(make_catalog(), make_cast().actor("owner")), *TO_COMPLETED)
    charged = ORDER_FACTS.facts["charged"]
    assert (order.charged_at, charged.read(order, asking())) == (None, False)
    invoiced = moved(order, Verb.INVOICE, now=NOON + HOUR)
    assert (invoiced.charged_at, charged.read(invoiced, asking())) == (NOON + HOUR, True)


@pytest.mark.parametrize("reason", [None, "too_late"])
def test_the_question_brings_its_own_facts(reason: str | None) -> None:
    known = {
        name: stored.fact
        for name, fact in ORDER_FACTS.facts.items()
        if isinstance(stored := fact.stored(asking("Asia/Tokyo", reason)), Known)
    }
    assert known == {"weekday": "thursday", "hour": 0, "reason": reason, "who_asks": "staff"}
