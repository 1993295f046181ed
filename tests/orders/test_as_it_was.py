"""Whatever has happened to an order, its history tells how it was at every instant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import TestCase as DjangoTestCase
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from pytest_django import DjangoAssertNumQueries

from reprieve.accounts.actors import ActorKind
from reprieve.actions.add_files import add_files
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.change_practice import change_practice
from reprieve.actions.close_revision import close_revision
from reprieve.actions.deliver_files import deliver_files
from reprieve.actions.import_orders import import_orders
from reprieve.actions.move_order import EVENTS, move_order
from reprieve.actions.open_revision import open_revision
from reprieve.actions.pause_order import pause_order
from reprieve.actions.record_payment import record_payment
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.demo.lab import open_lab
from reprieve.dmn.facts import facts_to_data
from reprieve.dmn.table import table_from_data
from reprieve.history.models import Event, EventType
from reprieve.orders.as_it_was import lives_of, order_as_it_was
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.history import EVENT_OF
from reprieve.orders.lifecycle import ADVANCING, Verb, possible
from reprieve.orders.models import Order, Revision, Status
from reprieve.policies.facts.registry import Asking
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.lives import Life, NotRebuildable, Unknown
from reprieve.policies.models import DecisionRecord
from reprieve.policies.presets import files as preset_files
from tests.examples import how_many
from tests.factories.people import Cast, make_cast
from tests.factories.things import (
    FAMILIES,
    LONG_AGO,
    MINUTE,
    NOON,
    TO_DESIGNED,
    TO_SHIPPED,
    Catalog,
    an_order,
    an_upload,
    make_catalog,
    moved,
)
from tests.orders.test_lifecycle import OrderMachine

DAY = timedelta(days=1)
LITTLE = timedelta(seconds=30)
ZONE = ZoneInfo("Europe/Berlin")


def facts_of(order: Order, at: datetime) -> dict[str, object]:
    """All that rules may ask about the order, as it is given."""
    return ORDER_FACTS.gather(ORDER_FACTS.facts, order, Asking(now=at, who=ActorKind.STAFF, reason=None, zone=ZONE))


def facts_now(pk: int, at: datetime) -> dict[str, object]:
    return facts_of(Order.objects.get(pk=pk), at)


def rebuilt(order: Order, at: datetime) -> Order:
    then = order_as_it_was(Order.objects.get(pk=order.pk), at)
    assert isinstance(then, Order), then
    return then


def life_of(order: Order) -> Life[Order]:
    ((_order, life),) = lives_of([Order.objects.get(pk=order.pk)])
    assert isinstance(life, Life), life
    return life


def moves(order: Order) -> list[Verb]:
    """What staff could do with it now."""
    return [verb for verb in possible(order) if verb in EVENTS]


class HistoryMachine(OrderMachine):
    """The lifecycle's machine, with everything that facts tell of besides; at its end the past is asked again."""

    @initialize(families=st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=2, unique=True))
    def place(self, families: list[str]) -> None:
        self.savepoint = transaction.savepoint_create()  # the practice begins each example anew
        super().place(families)
        self.known: dict[datetime, dict[str, object]] = {}
        self.remember()

    def attempt(self, verbs: set[Verb], command: object, **arguments: object) -> None:
        super().attempt(verbs, command, **arguments)
        self.remember()

    def remember(self) -> None:
        for at in (self.now, self.now + LITTLE):
            self.known[at] = facts_now(self.order.pk, at)

    def just(self, command: Callable[[datetime], object]) -> None:
        """What moves the order nowhere, a minute later."""
        self.now += MINUTE
        command(self.now)
        self.remember()

    def go_on(self, verb: Verb) -> None:
        """Make one of the moves that the order's state lets happen, although somebody may have asked to cancel it."""
        self.attempt(
            {verb},
            move_order,
            order_id=self.order.pk,
            verb=verb,
            actor=self.cast.actor("production"),
            expected_version=self.seen().version,
            why="Because.",
            override=True,
        )

    @precondition(lambda self: self.seen().status in {Status.PROCESSING, Status.ON_HOLD, Status.PAUSED})
    @rule()
    def send_files(self) -> None:
        scan = an_upload(f"scan-{self.now:%d%H%M}.stl")
        self.attempt(set(), add_files, order_id=self.order.pk, actor=self.cast.actor("owner"), uploads=[scan])

    @precondition(lambda self: self.seen().design_stage == "completed" and self.seen().status == Status.IN_PRODUCTION)
    @rule()
    def deliver(self) -> None:
        self.attempt(
            {Verb.DELIVER_FILES},
            deliver_files,
            order_id=self.order.pk,
            actor=self.cast.actor("production"),
            uploads=[an_upload("final.stl")],
            expected_version=self.seen().version,
            override=True,
        )

    @precondition(lambda self: self.seen().design_stage != "not_started")
    @rule()
    def revise(self) -> None:
        self.attempt(
            set(),
            open_revision,
            order_id=self.order.pk,
            actor=self.cast.actor("production"),
            expected_version=self.seen().version,
        )

    @precondition(lambda self: Revision.objects.filter(order=self.order, closed_at=None).exists())
    @rule(first=st.booleans())
    def finish_revision(self, first: bool) -> None:  # noqa: FBT001
        open_ones = Revision.objects.filter(order=self.order, closed_at=None).order_by("pk" if first else "-pk")
        self.attempt(
            set(),
            close_revision,
            revision_id=open_ones.values_list("pk", flat=True)[0],
            actor=self.cast.actor("production"),
            expected_version=self.seen().version,
        )

    @precondition(lambda self: self.seen().status == Status.CANCELLED)
    @rule()
    def undo(self) -> None:
        self.attempt({Verb.UNDO}, undo_cancellation, order_id=self.order.pk, actor=self.cast.actor("owner"))

    @precondition(lambda self: self.seen().status != Status.CANCELLED)
    @rule()
    def pay(self) -> None:
        self.attempt(
            {Verb.CHARGE},
            record_payment,
            order_id=self.order.pk,
            actor=self.cast.actor("manager"),
            expected_version=self.seen().version,
            amount_minor=12000,
            currency="USD",
            reference="Bank 17",
        )

    @precondition(lambda self: Event.objects.filter(type=EventType.PRACTICE_CHANGED).count() < 2)
    @rule(plan=st.sampled_from(["standard", "premium"]), tags=st.sampled_from([[], ["vip"], ["vip", "new"]]))
    def change_practice(self, plan: str, tags: list[str]) -> None:
        self.just(
            lambda now: change_practice(
                practice_id=self.order.practice_id,
                actor=self.cast.actor("manager"),
                plan=plan,
                tags=tags,
                payment_terms="weekly",
                now=now,
            )
        )

    def teardown(self) -> None:
        if not hasattr(self, "known"):
            return
        try:
            self.every_instant_is_as_it_was(life := life_of(self.order))
            self.records_are_answered_again(life)
        finally:
            transaction.savepoint_rollback(self.savepoint)

    def every_instant_is_as_it_was(self, life: Life[Order]) -> None:
        for at, facts in self.known.items():
            then = life.at(at)
            assert isinstance(then, Order), (at, then)
            assert facts_of(then, at) == facts, at

    def records_are_answered_again(self, life: Life[Order]) -> None:
        """As it was when it was decided, an order has the facts that were kept with the decision."""
        for record in DecisionRecord.objects.filter(subject_id=self.order.pk).select_related("version"):
            asked = life.asked[record.pk]
            asking = Asking(now=record.at, who=ActorKind(asked.who), reason=asked.reason, zone=ZONE)
            assert asked.knows_reason
            table = table_from_data(record.version.definition)
            assert facts_to_data(table, ORDER_FACTS.gather(record.facts, asked.subject, asking)) == record.facts


def walk(life: HistoryMachine, rng: Random) -> None:
    """Forty commands, of which most are possible."""
    for _ in range(40):
        order = life.seen()
        if order.status == Status.CANCELLED:
            steps: list[Callable[[], None]] = [life.undo]
        elif order.status in {Status.PAUSED, Status.SLATED_FOR_DELETION}:
            steps = [
                life.let_the_pause_run_out,
                lambda: life.restore(who="support"),
                lambda: life.resume(who="owner"),
                lambda: life.cancel(who="support", override=True),
            ]
        else:
            steps = [
                *(partial(life.go_on, verb) for verb in moves(order) for _ in range(6 if verb in ADVANCING else 1)),
                life.send_files,
                life.revise,
                life.pay,
                lambda: life.pause(who="manager", override=True),
                lambda: life.cancel(who="support", override=True),
                lambda: life.request(who="owner"),
                lambda: life.change_practice(plan=rng.choice(["basic", "premium"]), tags=rng.sample(["vip", "new"], 1)),
            ]
        if order.design_stage == "completed" and order.status in {Status.IN_PRODUCTION, Status.SHIPPED}:
            steps.append(life.deliver)
        if Revision.objects.filter(order=order, closed_at=None).exists():
            steps.append(lambda: life.finish_revision(first=rng.random() < 0.5))
        if Cancellation.objects.filter(order=order, state=CancellationState.REQUESTED).exists():
            steps += [lambda: life.answer_request(answer=rng.choice(["withdraw", "approve", "decline"]))] * len(steps)
        rng.choice(steps)()


def put_undoable_rules_in_force() -> None:
    """The lab's rules, by which every cancellation can be undone for a day."""
    for preset in preset_files.load("lab"):
        table = preset.table
        if preset.action == "cancel":
            rows = (replace(row, outputs={**row.outputs, "undo_window": DAY}) for row in table.rows)
            table = replace(table, rows=tuple(rows))
        install(replace(preset, table=table), starts_at=LONG_AGO)


class TestRebuilding(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        OrderMachine.cast, OrderMachine.catalog = make_cast(), make_catalog()
        put_undoable_rules_in_force()

    def test_gives_the_facts_of_every_instant_of_long_lives(self) -> None:
        """Chance alone ships few orders, so these go on with what their state lets happen as often as not."""
        happened: set[str] = set()
        for seed in range(8):
            life = HistoryMachine()
            life.place([("crowns",), ("design",), ("crowns", "design")][seed % 3])
            walk(life, Random(seed))  # noqa: S311 - repeatable, not secret
            happened |= set(Event.objects.filter(subject=Order.SUBJECT).values_list("type", flat=True))
            life.teardown()
        assert happened >= {*EVENT_OF.values(), EventType.FILES_ADDED, EventType.REVISION_CLOSED}

    def test_gives_the_facts_of_every_instant_whatever_has_happened(self) -> None:
        run_state_machine_as_test(
            HistoryMachine,
            settings=settings(
                max_examples=how_many(4),
                stateful_step_count=30,
                deadline=None,
                phases=[Phase.generate],  # what was done is in the history, which needs no shrinking
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_a_decision_finds_the_order_before_what_was_done_on_it(cast: Cast, catalog: Catalog, rules: None) -> None:
    order = an_order(catalog, cast.actor("owner"))
    done = cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    asked = life_of(order).asked
    assert rebuilt(order, NOON).status == Status.CANCELLED
    assert {pk: (one.subject.status, one.who, one.reason, one.knows_reason) for pk, one in asked.items()} == {
        done.decision_id: (Status.PROCESSING, ActorKind.CUSTOMER, "patient_away", True)
    }


def test_the_past_ends_where_the_order_begins(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    assert order_as_it_was(order, NOON - timedelta(microseconds=1)) == NotRebuildable(Unknown.NOT_SUBMITTED)
    assert rebuilt(order, NOON).status == Status.PROCESSING


def test_nothing_is_known_of_an_imported_order_before_its_import(cast: Cast, catalog: Catalog) -> None:
    content = (
        "practice,reference,patient,product,teeth,quantity,requested_delivery,note,submitted_at\n"
        f"{cast.practice.number},PO-1,J.D.,Crowns product,,1,,,2026-03-01T09:00:00Z\n"
    )
    import_orders(content=content.encode(), actor=cast.actor("manager"), now=NOON)
    order = Order.objects.get()
    assert order_as_it_was(order, NOON - MINUTE) == NotRebuildable(Unknown.BEFORE_HISTORY)
    assert order_as_it_was(order, NOON - 9 * DAY) == NotRebuildable(Unknown.NOT_SUBMITTED)
    assert rebuilt(order, NOON).status_since == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_says_so_where_the_history_leads_elsewhere(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_DESIGNED)
    nothing = NotRebuildable(Unknown.HISTORY_DIFFERS)
    for change in ({"design_stage": "started"}, {"status": "on_hold"}, {"shipped_at": NOON}):
        kept = {name: getattr(order, name) for name in change}
        Order.objects.filter(pk=order.pk).update(**change)
        assert order_as_it_was(Order.objects.get(pk=order.pk), NOON) == nothing, change
        Order.objects.filter(pk=order.pk).update(**kept)
    bare = Order.objects.create(
        practice=cast.practice,
        patient_reference="X",
        payment_terms="weekly",
        currency="USD",
        status_since=NOON,
        submitted_at=NOON,
    )
    assert order_as_it_was(bare, NOON) == nothing
    assert rebuilt(order, NOON).design_stage == "started"


def test_an_older_history_names_neither_the_reason_nor_the_revision(
    cast: Cast, catalog: Catalog, rules: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Event.save

    def as_it_once_was(event: Event, *, force_insert: bool) -> None:
        event.data = {name: value for name, value in event.data.items() if name != "reason_key"}
        if event.type == EventType.REVISION_CLOSED:
            event.data = {}
        save(event, force_insert=force_insert)

    monkeypatch.setattr(Event, "save", as_it_once_was)
    maker, owner = cast.actor("production"), cast.actor("owner")
    order = moved(an_order(catalog, owner), *TO_DESIGNED)
    for number in range(2):
        open_revision(
            order_id=order.pk, actor=maker, expected_version=3 + number, now=NOON + number * DAY, note=str(number)
        )
    second = Revision.objects.latest("pk")
    close_revision(revision_id=second.pk, actor=maker, expected_version=5, now=NOON + 2 * DAY)
    pause_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + 3 * DAY)
    then = rebuilt(order, NOON + 2 * DAY)
    assert [(each.pk == second.pk, each.closed_at) for each in then.revisions.all()] == [
        (False, None),
        (True, NOON + 2 * DAY),
    ]
    (asked,) = life_of(order).asked.values()
    assert (asked.reason, asked.knows_reason) == (None, False)


def test_a_command_that_waited_for_the_lock_happened_when_it_got_it(cast: Cast, catalog: Catalog, rules: None) -> None:
    order = an_order(catalog, cast.actor("owner"))
    moved(order, Verb.START_DESIGN, now=NOON + 2 * MINUTE)
    late = moved(order, Verb.HOLD, now=NOON + MINUTE)
    assert rebuilt(order, NOON + MINUTE).status == Status.PROCESSING
    assert rebuilt(order, NOON + 2 * MINUTE).status_since == late.status_since == NOON + MINUTE
    assert rebuilt(order, NOON + 2 * MINUTE).status == Status.ON_HOLD


def test_changes_nothing_of_the_order_that_it_is_given(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), files=(an_upload(),)), *TO_SHIPPED)
    before = facts_of(order, NOON)
    assert rebuilt(order, NOON).status == Status.IN_PRODUCTION
    then = order_as_it_was(order, NOON)
    assert isinstance(then, Order)
    assert (then.pk, then.status, order.status) == (order.pk, Status.IN_PRODUCTION, Status.SHIPPED)
    assert facts_of(order, NOON) == before


@pytest.mark.parametrize("number", [1, 12])
def test_asks_seven_queries_however_many_orders(
    cast: Cast, catalog: Catalog, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        moved(an_order(catalog, cast.actor("owner")), *TO_DESIGNED)
    orders = list(Order.objects.all())
    with django_assert_num_queries(7):
        assert all(isinstance(life, Life) for _, life in lives_of(orders))


class DemoLabTests(DjangoTestCase):
    """Every order of the demo: what has happened to it leads to how it is."""

    def test_each_is_now_as_its_history_tells(self) -> None:
        now = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
        open_lab(now=now, cases=1)
        orders = list(Order.objects.order_by("pk"))
        for order, life in lives_of(orders):
            assert isinstance(life, Life), (order, life)
            then = life.at(now)
            assert isinstance(then, Order)
            assert facts_of(then, now) == facts_of(order, now), order
        assert len(orders) > 50
