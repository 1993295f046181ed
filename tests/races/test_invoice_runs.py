"""An invoice run beside everything that changes what is due: one of the two comes first, and the other learns of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing import invoice_runs
from reprieve.billing.invoice_runs import Run
from reprieve.billing.models import Charge, Invoice, InvoiceKind, InvoiceLine, NumberSequence
from reprieve.billing.periods import Period
from reprieve.cancellations.models import Cancellation
from reprieve.orders.models import Order, Pause
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order
from tests.races.race import HOLD_AT_THE_MOVE, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
PLACED = datetime(2026, 10, 31, 22, tzinfo=UTC)
LATER = datetime(2026, 11, 1, 1, tzinfo=UTC)
OCTOBER = Period.named(PaymentTerms.MONTHLY, "2026-10")
HOLD_AT_THE_INVOICES = (invoice_runs, "_write_invoices")
type Command = Callable[[], object]


@pytest.fixture
def orders(cast: Cast, catalog: Catalog) -> list[Order]:
    Practice.objects.update(payment_terms=PaymentTerms.MONTHLY)
    return [an_order(catalog, cast.actor("owner"), now=PLACED) for _ in range(2)]


@pytest.fixture
def running(orders: list[Order]) -> Command:
    return lambda: run_invoices(terms=PaymentTerms.MONTHLY, period=OCTOBER, actor=SYSTEM, now=LATER)


@pytest.fixture
def cancelling(cast: Cast, orders: list[Order]) -> Command:
    owner = cast.actor("owner")
    return lambda: cancel_order(order_id=orders[0].pk, actor=owner, reason="patient_away", now=LATER)


@pytest.fixture
def pausing(cast: Cast, orders: list[Order]) -> Command:
    owner = cast.actor("owner")
    return lambda: pause_order(order_id=orders[0].pk, actor=owner, reason="patient_away", now=LATER)


def on_invoices() -> list[Order]:
    return [line.charge.subject for line in InvoiceLine.objects.filter(invoice__kind=InvoiceKind.INVOICE)]


def state_of(order: Order) -> str:
    return Charge.objects.get(order=order).state


def test_edge_33_of_two_runs_at_once_one_invoices_and_the_other_finds_nothing(
    orders: list[Order], running: Command
) -> None:
    first, second = race(running, running, hold=HOLD_AT_THE_INVOICES)
    assert isinstance(first.result, Run)
    assert isinstance(second.result, Run)
    assert (first.result.charges, second.result.charges) == (2, 0)
    assert sorted(on_invoices(), key=lambda order: order.pk) == orders
    assert Invoice.objects.get().number == 1001


def test_cancel_before_the_run_is_on_no_invoice(orders: list[Order], cancelling: Command, running: Command) -> None:
    race(cancelling, running, hold=HOLD_AT_THE_MOVE)
    assert on_invoices() == [orders[1]]
    assert state_of(orders[0]) == "voided"
    assert Order.objects.get(pk=orders[0].pk).charged_at is None


def test_the_run_before_cancel_is_corrected_by_a_credit_note(
    orders: list[Order], cancelling: Command, running: Command
) -> None:
    _, cancelled = race(running, cancelling, hold=HOLD_AT_THE_INVOICES)
    assert isinstance(cancelled.result, Cancellation)
    assert sorted(on_invoices(), key=lambda order: order.pk) == orders
    note = Invoice.objects.get(kind=InvoiceKind.CREDIT_NOTE)
    assert [line.charge.order for line in note.lines.all()] == [orders[0]]


def test_pause_before_the_run_holds_the_charge(orders: list[Order], pausing: Command, running: Command) -> None:
    race(pausing, running, hold=HOLD_AT_THE_MOVE)
    assert on_invoices() == [orders[1]]
    assert state_of(orders[0]) == "held"


def test_edge_32_the_run_before_pause_leaves_the_invoice_as_it_is(
    orders: list[Order], pausing: Command, running: Command
) -> None:
    _, paused = race(running, pausing, hold=HOLD_AT_THE_INVOICES)
    assert isinstance(paused.result, Pause)
    assert sorted(on_invoices(), key=lambda order: order.pk) == orders
    assert state_of(orders[0]) == "invoiced"


def test_edge_33_runs_of_weeks_and_months_at_once_give_no_number_twice_and_leave_none_out(
    cast: Cast, catalog: Catalog, orders: list[Order], running: Command
) -> None:
    Practice.objects.filter(pk=cast.other_practice.pk).update(payment_terms=PaymentTerms.WEEKLY)
    NumberSequence.objects.create(key=InvoiceKind.INVOICE.value, last=1000)  # a run before has made the row
    an_order(catalog, cast.actor("stranger"), now=PLACED)
    week = Period.around(PaymentTerms.WEEKLY, PLACED.date())

    def running_weeks() -> object:
        return run_invoices(terms=PaymentTerms.WEEKLY, period=week, actor=SYSTEM, now=LATER + timedelta(days=7))

    race(running, running_weeks, hold=HOLD_AT_THE_INVOICES)
    assert [invoice.name for invoice in Invoice.objects.order_by("pk")] == ["INV-1001", "INV-1002"]
    assert len(on_invoices()) == len(orders) + 1
