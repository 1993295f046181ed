"""Two tables are asked about orders as they were, at each decision and on each day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from reprieve.accounts.actors import ActorKind
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.change_practice import change_practice
from reprieve.actions.import_orders import import_orders
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Row, Table
from reprieve.dmn.values import Value
from reprieve.history.models import Event
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, Status
from reprieve.orders.subject import ORDERS
from reprieve.policies.evidence import simulating
from reprieve.policies.evidence.simulating import noons
from reprieve.policies.evidence.simulation import Asked, Cell, Comparison, Period, Refunds, Simulated, Unanswered
from reprieve.policies.facts.registry import Asking
from reprieve.policies.models import DecisionRecord
from reprieve.policies.outputs import OUTPUTS
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_COMPLETED, TO_DESIGN, Catalog, an_order, moved, put_rules_in_force

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
MORNING = datetime(2026, 3, 4, 8, tzinfo=UTC)
MARCH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def rules(*rows: tuple[str, str, str], fallback: str = "request", share: int | None = None) -> Table:
    """A row for each fact, cell and outcome, named by its cell. What is allowed gives `share` back, if said."""
    names = dict.fromkeys(name for name, _, _ in rows)
    columns = tuple(ORDER_FACTS.columns()[name] for name in names)
    types = {column.name: column.type for column in columns}
    terms: dict[str, Value] = {} if share is None else {"refund_share": share}
    return Table(
        name="test",
        inputs=columns,
        outputs=(OUTPUTS["outcome"], OUTPUTS["refund_share"]),
        rows=tuple(
            Row(cell, {name: parse_cell(cell, types[name])}, {"outcome": outcome, **terms})
            for name, cell, outcome in rows
        ),
        fallback={"outcome": fallback},
    )


STRICT = rules(("status", '"processing"', "allow"), fallback="refuse")
OPEN = rules(("status", 'not("cancelled")', "allow"), fallback="refuse")


@pytest.fixture
def rules_in_force(db: None) -> None:
    """The lab's rules, by which the decisions of the past were made."""
    put_rules_in_force()


def simulate(old: Table, new: Table, period: Period = MARCH, *, action: str = "cancel") -> Simulated:
    comparison = Comparison(compile_table(old), compile_table(new))
    return simulating.simulate(ORDERS, comparison, action, period, zone=BERLIN, progress=lambda _done, _total: None)


def test_asks_at_noon_of_the_business_and_of_no_day_twice() -> None:
    switch = Period(datetime(2026, 3, 28, 11, tzinfo=UTC), datetime(2026, 3, 30, 10, tzinfo=UTC))
    assert noons(switch, BERLIN) == [datetime(2026, 3, 28, 11, tzinfo=UTC), datetime(2026, 3, 29, 10, tzinfo=UTC)]
    assert noons(switch, NEW_YORK) == [datetime(2026, 3, 28, 16, tzinfo=UTC), datetime(2026, 3, 29, 16, tzinfo=UTC)]


def test_asks_each_day_from_submission_until_it_is_invoiced(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), now=MORNING)
    moved(order, *TO_DESIGN, now=MORNING + 2 * DAY)
    moved(order, *TO_COMPLETED[1:], now=MORNING + 5 * DAY)
    moved(order, Verb.INVOICE, now=MORNING + 7 * DAY + 6 * HOUR)
    days = simulate(OPEN, STRICT).days
    assert set(days.cells) == {Cell("allow", "allow", 2, 1), Cell("allow", "refuse", 6, 1)}
    (sample,) = days.samples
    assert (sample.number, sample.at) == (order.number, datetime(2026, 3, 6, 11, tzinfo=UTC))
    assert simulate(OPEN, STRICT, replace(MARCH, starts_at=MORNING + 3 * DAY)).days.asks == 5
    assert simulate(OPEN, STRICT, Period(MORNING - 9 * DAY, MORNING + DAY)).days.asks == 1
    assert simulate(OPEN, STRICT, replace(MARCH, starts_at=MORNING + 8 * DAY)).days.asks == 0


def test_trap_10_today_would_give_another_matrix(cast: Cast, catalog: Catalog) -> None:
    """Facts are those of their day. On the order as it is today every day would be another."""
    order = an_order(catalog, cast.actor("owner"), now=MORNING)
    for verb, days in ((Verb.START_DESIGN, 3), (Verb.HOLD, 6), (Verb.RELEASE, 8)):
        moved(order, verb, now=MORNING + days * DAY)
    period = Period(MORNING, MORNING + 10 * DAY)
    then = simulate(OPEN, STRICT, period).days
    assert set(then.cells) == {Cell("allow", "allow", 3, 1), Cell("allow", "refuse", 7, 1)}
    comparison, asked = Comparison(compile_table(OPEN), compile_table(STRICT)), Asked()
    for noon in noons(period, BERLIN):
        asking = Asking(now=noon, who=ActorKind.CUSTOMER, reason=None, zone=BERLIN)
        comparison.ask(asked, ORDER_FACTS.gather(["status"], Order.objects.get(), asking), noon)
    comparison.days.add(order.number, asked)
    assert comparison.result().days.cells == (Cell("allow", "refuse", 10, 1),)


def test_a_day_is_asked_as_the_customer_would_without_a_reason(cast: Cast, catalog: Catalog) -> None:
    an_order(catalog, cast.actor("owner"), now=MORNING)
    asked = rules(
        ("who_asks", 'not("customer")', "refuse"),
        ("reason", "not(null)", "refuse"),
        ("hour", "not(12)", "refuse"),
        ("weekday", '"sunday", "saturday"', "refuse"),
        ("since_submission", '> duration("P20D")', "request"),
        fallback="allow",
    )
    found = simulate(OPEN, asked).days
    # From Wednesday, 4 March to Tuesday, 31 March: 20 working days, the last six of them after 20 days.
    assert set(found.cells) == {
        Cell("allow", "allow", 14, 1),
        Cell("allow", "refuse", 8, 1),
        Cell("allow", "request", 6, 1),
    }


def test_a_practice_has_the_plan_of_its_day(cast: Cast, catalog: Catalog) -> None:
    an_order(catalog, cast.actor("owner"), now=MORNING)
    change_practice(
        practice_id=cast.practice.pk,
        actor=cast.actor("manager"),
        plan="premium",
        tags=["vip"],
        payment_terms="weekly",
        now=MORNING + 8 * DAY,
    )
    new = rules(("plan", '"premium"', "allow"), ("tags", '"vip"', "refuse"), fallback="request")
    assert set(simulate(OPEN, new).days.cells) == {Cell("allow", "request", 8, 1), Cell("allow", "allow", 20, 1)}


def test_asks_again_what_was_decided_on_the_facts_of_that_moment(
    cast: Cast, catalog: Catalog, rules_in_force: None
) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), Verb.HOLD, now=NOON + MINUTE)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + 2 * HOUR)
    held = rules(("status", '"on_hold"', "refuse"), fallback="allow")
    found = simulate(OPEN, held).decisions
    assert (found.cells, found.subjects) == ((Cell("allow", "refuse", 1, 1),), 1)
    (sample,) = found.samples
    assert (sample.number, sample.at, sample.new_row) == (order.number, NOON + 2 * HOUR, '"on_hold"')


def test_a_new_column_is_rebuilt_as_it_was_just_before(cast: Cast, catalog: Catalog, rules_in_force: None) -> None:
    order = an_order(catalog, cast.actor("owner"))
    actor = cast.actor("support")
    cancel_order(order_id=order.pk, actor=actor, reason="wrong_product", now=NOON + HOUR, expected_version=1)
    kept = DecisionRecord.objects.get().facts
    new = rules(
        ("charged", "true", "refuse"),
        ("amount", "not(120)", "refuse"),
        ("reason", '"wrong_product"', "request"),
        fallback="refuse",
    )
    assert {"charged", "amount", "reason"}.isdisjoint(kept)
    assert simulate(OPEN, new).decisions.cells == (Cell("allow", "request", 1, 1),)
    by_staff = rules(("who_asks", '"staff"', "refuse"), fallback="allow")
    assert simulate(OPEN, by_staff).decisions.cells == (Cell("allow", "refuse", 1, 1),)


def test_says_what_could_not_be_asked_again(
    cast: Cast, catalog: Catalog, rules_in_force: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Event.objects.bulk_create

    def as_it_once_was(events: Iterable[Event], *, batch_size: int) -> list[Event]:
        found = list(events)
        for event in found:
            event.data = {name: value for name, value in event.data.items() if name != "reason_key"}
        return write(found, batch_size=batch_size)

    monkeypatch.setattr(Event.objects, "bulk_create", as_it_once_was)
    owner = cast.actor("owner")
    for hours in range(2):
        order = an_order(catalog, owner, now=MORNING)
        cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", now=MORNING + hours * HOUR)
    by_reason = rules(("reason", '"wrong_product"', "refuse"), fallback="allow")
    assert simulate(OPEN, by_reason).decisions.unanswered == (Unanswered("no_reason", 2, 2),)
    latest = Order.objects.latest("pk")
    Order.objects.filter(pk=latest.pk).update(status=Status.COMPLETED)
    by_stage = rules(("charged", "true", "refuse"), fallback="allow")
    found = simulate(OPEN, by_stage)
    assert found.decisions.unanswered == (Unanswered("history_differs", 1, 1),)
    assert found.days.unanswered == (Unanswered("history_differs", 28, 1),)
    assert found.decisions.asks == 1


def test_an_imported_order_cannot_be_asked_before_its_import(cast: Cast, catalog: Catalog) -> None:
    content = (
        "practice,reference,patient,product,teeth,quantity,requested_delivery,note,submitted_at\n"
        f"{cast.practice.number},PO-1,J.D.,Crowns product,,1,,,2026-03-04T08:00:00Z\n"
    )
    import_orders(content=content.encode(), actor=cast.actor("manager"), now=MORNING + 10 * DAY)
    days = simulate(OPEN, STRICT).days
    assert days.unanswered == (Unanswered("before_history", 10, 1),)
    assert days.cells == (Cell("allow", "allow", 18, 1),)


def test_each_case_counts_once_in_the_money_by_its_last_decision(
    cast: Cast, catalog: Catalog, rules_in_force: None
) -> None:
    owner = cast.actor("owner")
    order = moved(an_order(catalog, owner, "design"), *TO_DESIGN)
    request_cancellation(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + HOUR)
    cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="patient_away",
        now=NOON + 2 * HOUR,
        expected_version=order.version,
        override=True,
    )
    old, new = rules(("status", '"in_production"', "allow"), share=1), rules(("status", '"on_hold"', "allow"), share=0)
    found = simulate(old, replace(new, fallback={"outcome": "refuse"}))
    assert found.decisions.asks == 2
    assert found.refunds == (Refunds("USD", 1, 12000, 0, 0),)
    assert simulate(old, new, action="pause").refunds == ()


def test_leaves_out_other_actions_and_other_times(cast: Cast, catalog: Catalog, rules_in_force: None) -> None:
    order = an_order(catalog, cast.actor("owner"))
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + HOUR)
    assert simulate(OPEN, STRICT, action="resume").decisions.asks == 0
    assert simulate(OPEN, STRICT, Period(NOON - DAY, NOON + HOUR)).decisions.asks == 0
    assert simulate(OPEN, STRICT, Period(NOON + HOUR, NOON + DAY)).decisions.asks == 1


@pytest.mark.parametrize("number", [1, 9])
def test_asks_ten_queries_a_batch(
    cast: Cast, catalog: Catalog, rules_in_force: None, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        order = an_order(catalog, cast.actor("owner"))
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + HOUR)
    simulate(OPEN, STRICT)
    with django_assert_num_queries(11):  # one counts, one finds that there is no second batch
        assert simulate(OPEN, STRICT).decisions.subjects == number


def test_tells_how_far_it_is(cast: Cast, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reprieve.policies.evidence.simulating.BATCH", 2)
    for _ in range(5):
        an_order(catalog, cast.actor("owner"))
    told: list[tuple[int, int]] = []
    comparison = Comparison(compile_table(OPEN), compile_table(STRICT))
    found = simulating.simulate(
        ORDERS, comparison, "cancel", MARCH, zone=BERLIN, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert found.days.subjects == 5
