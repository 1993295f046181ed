"""What the rules say about many orders is what they say about each."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.test import TestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from reprieve.accounts.actors import SYSTEM, Actor, ActorKind
from reprieve.demo.lab import open_lab
from reprieve.dmn.cell import Cell
from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.facts import FactError, read_fact, seen_value
from reprieve.dmn.table import Column, HitPolicy, Row, Table
from reprieve.dmn.values import Value, ValueType
from reprieve.orders.actions import Action
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import OVER
from reprieve.orders.models import Order
from reprieve.orders.subject import ORDERS
from reprieve.policies.facts.registry import Asking
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.models import Activation, Mode, Outcome, Policy
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.presets import files as preset_files
from reprieve.policies.rulings import rulings_of, rulings_on
from reprieve.policies.sql.case import count_by, output_of, row_of
from reprieve.policies.sql.outcomes import ask_for_reason, counted_beside, decided_as, outcome_of
from tests.dmn.oracle import MICROSECOND, cells
from tests.examples import how_many
from tests.factories.things import MONEY_RULES

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
STAFF = Actor(ActorKind.STAFF, "Sam")
RELATED = ("lines", "files", "pauses", "revisions")
LATER = (timedelta(), timedelta(minutes=37), timedelta(days=3), timedelta(days=200))
BERLIN = ZoneInfo("Europe/Berlin")


def orders() -> QuerySet[Order]:
    return Order.objects.select_related("practice").prefetch_related(*RELATED).order_by("pk")


def assert_same(compiled: CompiledTable, asking: Asking, among: list[Order], output: str) -> None:
    names = [column.name for column in compiled.table.inputs]
    expected = {}
    for order in among:
        decision = compiled.decide(ORDER_FACTS.gather(names, order, asking), asking.now)
        expected[order.pk] = (decision.row, decision.outputs[output])
    found = Order.objects.annotate(
        row=row_of(compiled, ORDER_FACTS, asking), answer=output_of(compiled, ORDER_FACTS, asking, output)
    )
    assert {pk: (row, answer) for pk, row, answer in found.values_list("pk", "row", "answer")} == expected


class LabTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        open_lab(now=NOW, cases=1)

    def test_every_shipped_table_decides_every_order_alike(self) -> None:
        loaded = list(orders())
        for name in preset_files.names():
            for preset in preset_files.load(name):
                for later in LATER:
                    asking = Asking(now=NOW + later, who=ActorKind.CUSTOMER, reason=None, zone=BERLIN)
                    assert_same(compile_table(preset.table), asking, loaded, "outcome")

    def test_every_action_has_the_outcome_that_each_order_shows(self) -> None:
        for action in Action:
            for actor in (STAFF, SYSTEM):
                found = dict(
                    Order.objects.annotate(it=outcome_of(ORDERS, action, actor, now=NOW)).values_list("pk", "it")
                )
                assert found == self.shown(action, actor)
                assert {"allow", "refuse"} <= set(found.values())

    def test_each_order_follows_the_rules_of_its_submission(self) -> None:
        (policy,) = Policy.objects.filter(action="cancel")
        submitted = list(Order.objects.order_by("submitted_at").values_list("submitted_at", flat=True))
        for number, name in enumerate(("cae", "general", "dandy"), 1):
            (preset,) = (preset for preset in preset_files.load(name) if preset.action == "cancel")
            install(preset, starts_at=submitted[len(submitted) * number // 4])
        first = Activation.objects.filter(policy=policy).earliest("starts_at")
        oldest = Order.objects.filter(submitted_at__lte=submitted[3])  # what is older than all rules follows the first
        assert oldest.update(submitted_at=first.starts_at - timedelta(days=1)) == 4
        assert Activation.objects.filter(policy=policy, mode=Mode.LIVE).count() == 4
        found = dict(
            Order.objects.annotate(it=outcome_of(ORDERS, Action.CANCEL, STAFF, now=NOW)).values_list("pk", "it")
        )
        assert found == self.shown(Action.CANCEL, STAFF)

        self.assert_answers_are_those_of_the_rulings(Action.CANCEL)

    def test_all_answers_about_each_order_are_those_of_its_ruling(self) -> None:
        for action in Action:
            self.assert_answers_are_those_of_the_rulings(action)

    def test_tells_rules_that_ask_for_the_reason(self) -> None:
        assert not any(ask_for_reason(ORDERS, action, now=NOW) for action in Action)
        install(preset_files.load_file(MONEY_RULES / "order-cancellation.toml"), starts_at=NOW - timedelta(hours=1))
        assert ask_for_reason(ORDERS, Action.CANCEL, now=NOW)

    def test_orders_are_found_by_outcome(self) -> None:
        shown = self.shown(Action.CANCEL, STAFF)
        for outcome in Outcome:
            found = decided_as(ORDERS, Order.objects.all(), outcome, Action.CANCEL, STAFF, now=NOW)
            assert set(found.values_list("pk", flat=True)) == {pk for pk, it in shown.items() if it == outcome}

    def test_a_draft_is_counted_against_the_rules_in_force(self) -> None:
        """As a matrix, in one query."""
        (draft,) = (preset.table for preset in preset_files.load("general") if preset.action == "cancel")
        compiled, asking = compile_table(draft), Asking.by(STAFF, now=NOW)
        live = self.shown(Action.CANCEL, STAFF)
        expected: Counter[tuple[str | None, ...]] = Counter()
        under_way: Counter[tuple[str | None, ...]] = Counter()
        for order in orders():
            facts = ORDER_FACTS.gather([column.name for column in draft.inputs], order, asking)
            expected[live[order.pk], str(compiled.decide(facts, NOW).outputs["outcome"])] += 1
            if order.status not in OVER:
                under_way[live[order.pk], str(compiled.decide(facts, NOW).outputs["outcome"])] += 1
        answers = {
            "live": outcome_of(ORDERS, Action.CANCEL, STAFF, now=NOW),
            "draft": output_of(compiled, ORDER_FACTS, asking),
        }
        with self.assertNumQueries(1):
            assert count_by(Order.objects.all(), **answers) == expected
        with self.assertNumQueries(2):  # the first is for the rules in force
            assert counted_beside(ORDERS, draft, Action.CANCEL, STAFF, now=NOW) == under_way
        assert under_way != expected
        none = Order.objects.filter(status="nowhere")
        assert count_by(none, **answers) == {}
        assert len(expected) > 2

    def test_the_database_reads_nothing_but_the_orders(self) -> None:
        for action in Action:
            query = str(Order.objects.order_by().values(it=outcome_of(ORDERS, action, STAFF, now=NOW)).query)
            assert (query.count("SELECT"), query.count(" JOIN ")) == (1, 0)

    def test_without_rules_nothing_has_an_outcome(self) -> None:
        later = NOW - timedelta(days=999)
        assert not decided_as(ORDERS, Order.objects.all(), Outcome.ALLOW, Action.CANCEL, STAFF, now=later).exists()
        found = Order.objects.annotate(it=outcome_of(ORDERS, Action.CANCEL, STAFF, now=later))
        assert set(found.values_list("it", flat=True)) == {None}

    def assert_answers_are_those_of_the_rulings(self, action: Action) -> None:
        asked = list(orders())
        found = list(rulings_of(ORDERS, asked, (action,), STAFF, now=NOW))
        assert len(found) == Order.objects.count()
        for order, rulings in zip(asked, found, strict=True):
            assert rulings[action].decision == rulings_on(ORDERS, order, (action,), STAFF, now=NOW)[action].decision

    def shown(self, action: Action, actor: Actor) -> dict[int, Any]:
        return {
            order.pk: str(rulings_on(ORDERS, order, (action,), actor, now=NOW)[action].outcome) for order in orders()
        }


# Random tables about the lab's own orders: constants are what is so of some order at some instant, or a hair beside it.


@st.composite
def tables_about(draw: st.DrawFn, among: list[Order], asking: Asking) -> Table:
    chosen = draw(st.lists(st.sampled_from(sorted(ORDER_FACTS.facts)), min_size=1, max_size=4, unique=True))
    columns = [ORDER_FACTS.facts[name].column for name in chosen]
    pools = {column.name: pool(column, among, asking) for column in columns}
    columns = [narrowed(column, pools[column.name], draw(st.integers(0, 3))) for column in columns]
    rows = []
    for index in range(draw(st.integers(1, 5))):
        when = {column.name: draw(cells_about(column, pools[column.name])) for column in columns if draw(st.booleans())}
        rows.append(Row(f"r{index}", when, {"outcome": draw(st.sampled_from(Outcome.values))}))
    policy = draw(st.sampled_from(HitPolicy))
    return Table("random", tuple(columns), (OUTPUTS["outcome"],), tuple(rows), {"outcome": "request"}, policy)


def pool(column: Column, among: list[Order], asking: Asking) -> list[Value]:
    """Every value that the column's cells may see of these orders, with its neighbours."""
    seen: set[Value] = set()
    for order in among:
        raw = ORDER_FACTS.facts[column.name].read(order, asking)
        try:
            fact = seen_value(column, read_fact(column, raw), asking.now)
        except FactError:
            continue
        seen |= set(fact) if isinstance(fact, tuple) else set() if fact is None else {fact}
    near = {value + hair * MICROSECOND for value in seen if isinstance(value, timedelta) for hair in (-1, 1)}
    spare: Value = timedelta(hours=1) if column.type is ValueType.DURATION else "a"
    return sorted(seen | near, key=repr) or [1 if column.type is ValueType.NUMBER else spare]


def narrowed(column: Column, values: list[Value], luck: int) -> Column:
    if luck or column.clock is not None or column.type is ValueType.BOOLEAN:
        return column
    return replace(column, domain=tuple(values[::2]), minimum=None, maximum=None)


def cells_about(column: Column, values: list[Value]) -> st.SearchStrategy[Cell]:
    known = [value for value in values if column.domain is None or value in column.domain]
    ordered = column.type if column.type.is_ordered and len(known) > 1 else ValueType.STRING
    return cells(ordered, st.sampled_from(known or list(column.domain or values)))


class RandomTableTests(HypothesisTestCase):
    loaded: ClassVar[list[Order]]

    @classmethod
    def setUpTestData(cls) -> None:
        open_lab(now=NOW, cases=1)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.loaded = list(orders())

    @settings(max_examples=how_many(60), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data(), st.sampled_from(LATER))
    def test_decide_every_order_alike(self, data: st.DataObject, later: timedelta) -> None:
        asking = Asking(now=NOW + later, who=ActorKind.CUSTOMER, reason="other", zone=BERLIN)
        table = data.draw(tables_about(self.loaded, asking))
        assert_same(compile_table(table), asking, self.loaded, "outcome")
