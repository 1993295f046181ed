from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from moneyed import Money
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing import invoice_runs
from reprieve.billing.charges import WaitsForRun
from reprieve.billing.invoice_runs import PeriodNotOver, Run, preview
from reprieve.billing.models import Charge, ChargeState, Invoice, InvoiceLine, NumberSequence
from reprieve.billing.periods import Period
from reprieve.catalog.models import Product
from reprieve.history.models import Event, EventType
from reprieve.orders.as_it_was import order_as_it_was
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from reprieve.policies.lives import NotRebuildable
from tests.factories.people import Cast
from tests.factories.things import TO_COMPLETED, Catalog, an_order, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
WEEKLY, MONTHLY = PaymentTerms.WEEKLY, PaymentTerms.MONTHLY
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OCTOBER, NOVEMBER = Period.named(MONTHLY, "2026-10"), Period.named(MONTHLY, "2026-11")
IN_OCTOBER = datetime(2026, 10, 20, 12, tzinfo=UTC)
IN_NOVEMBER = datetime(2026, 11, 10, 12, tzinfo=UTC)
AFTER_OCTOBER = datetime(2026, 11, 1, 3, tzinfo=UTC)
AFTER_NOVEMBER = datetime(2026, 12, 1, 3, tzinfo=UTC)


def on(terms: PaymentTerms, *practices: Practice) -> None:
    Practice.objects.filter(pk__in=[practice.pk for practice in practices]).update(payment_terms=terms)


@pytest.fixture
def owner(cast: Cast) -> Actor:
    on(MONTHLY, cast.practice, cast.other_practice)
    return cast.actor("owner")


def run_october(now: datetime = AFTER_OCTOBER) -> Run:
    return run_invoices(terms=MONTHLY, period=OCTOBER, actor=SYSTEM, now=now)


def run_november(now: datetime = AFTER_NOVEMBER) -> Run:
    return run_invoices(terms=MONTHLY, period=NOVEMBER, actor=SYSTEM, now=now)


def state_of(order: Order) -> str:
    return Charge.objects.get(order=order).state


def test_a_period_is_one_invoice_with_a_line_for_each_order(owner: Actor, catalog: Catalog) -> None:
    orders = [an_order(catalog, owner, now=IN_OCTOBER + n * HOUR) for n in range(3)]
    done = run_october()
    assert (done.invoices, done.charges, done.totals) == (1, 3, {"USD": 36000})
    invoice = Invoice.objects.get()
    assert (invoice.name, invoice.amount_minor, invoice.tax_minor) == ("INV-1001", 36000, 0)
    assert (invoice.period_start, invoice.period_end) == (date(2026, 10, 1), date(2026, 11, 1))
    assert (invoice.issued_at, invoice.due_on) == (AFTER_OCTOBER, date(2026, 12, 1))
    assert [line.charge.order for line in invoice.lines.all()] == orders
    assert {line.carried_over_from for line in invoice.lines.all()} == {None}
    assert {state_of(order) for order in orders} == {ChargeState.INVOICED}


def test_each_practice_and_each_currency_has_an_invoice_of_its_own(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    an_order(catalog, owner, now=IN_OCTOBER)
    an_order(catalog, cast.actor("stranger"), now=IN_OCTOBER)
    Product.objects.filter(pk=catalog.products["veneers"].pk).update(currency="JPY", price_minor=5800)
    Product.objects.filter(pk=catalog.products["guards"].pk).update(currency="KWD", price_minor=1234567)
    an_order(catalog, owner, "veneers", now=IN_OCTOBER)
    an_order(catalog, owner, "guards", now=IN_OCTOBER)
    assert run_october().totals == {"JPY": 5800, "KWD": 1234567, "USD": 24000}
    found = Invoice.objects.order_by("number")
    assert [(each.practice_id, each.total) for each in found] == [
        (cast.practice.pk, Money(5800, "JPY")),
        (cast.practice.pk, Money("1234.567", "KWD")),
        (cast.practice.pk, Money(120, "USD")),
        (cast.other_practice.pk, Money(120, "USD")),
    ]
    assert [each.number for each in found] == [1001, 1002, 1003, 1004]


def test_the_total_is_the_sum_of_the_lines_also_of_their_tax(
    owner: Actor, catalog: Catalog, settings: Settings
) -> None:
    settings.TAX_PERCENT = Decimal("8.875")
    for price in (999, 1001, 33):
        Product.objects.filter(pk=catalog.products["crowns"].pk).update(price_minor=price)
        an_order(catalog, owner, now=IN_OCTOBER)
    run_october()
    invoice = Invoice.objects.get()
    sums = invoice.lines.aggregate(amount=Sum("amount_minor"), tax=Sum("tax_minor"))
    assert (invoice.amount_minor, invoice.tax_minor) == (sums["amount"], sums["tax"]) == (2033, 89 + 89 + 3)
    assert {line.tax_rate for line in invoice.lines.all()} == {Decimal("8.875")}


def test_an_order_that_costs_nothing_is_on_the_invoice_and_an_empty_invoice_is_never_made(
    owner: Actor, catalog: Catalog
) -> None:
    assert run_october().invoices == 0
    assert not Invoice.objects.exists()
    Product.objects.filter(pk=catalog.products["crowns"].pk).update(price_minor=0)
    an_order(catalog, owner, now=IN_OCTOBER)
    assert run_october().invoices == 1
    assert Invoice.objects.get().total_minor == 0


def test_what_belongs_to_another_period_or_other_terms_is_left(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    end = OCTOBER.ends_at(UTC)
    last = an_order(catalog, owner, now=end - timedelta(microseconds=1))
    first = an_order(catalog, owner, now=end)
    on(WEEKLY, cast.practice)
    weekly = an_order(catalog, owner, now=IN_OCTOBER)
    on(PaymentTerms.PER_CASE, cast.practice)
    by_card = an_order(catalog, owner, now=IN_OCTOBER)
    run_october()
    assert [state_of(order) for order in (last, first, weekly, by_card)] == ["invoiced", "due", "due", "due"]


def test_d8_placed_and_paused_in_october_resumed_in_november_is_on_novembers_invoice_only(
    owner: Actor, catalog: Catalog
) -> None:
    """And the invoice says from when it was carried over."""
    order, other = (an_order(catalog, owner, now=IN_OCTOBER) for _ in range(2))
    pause_order(order_id=order.pk, actor=owner, reason="patient_away", now=IN_OCTOBER + HOUR)
    run_october()
    assert [line.charge.order for line in Invoice.objects.get().lines.all()] == [other]
    resume_order(order_id=order.pk, actor=owner, now=IN_NOVEMBER)
    run_november()
    line = InvoiceLine.objects.get(charge__order=order)
    assert line.invoice.period_start == date(2026, 11, 1)
    assert line.carried_over_from == date(2026, 10, 1)


def test_d8_a_weekly_charge_is_carried_over_from_its_week(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    on(WEEKLY, cast.practice)
    order = an_order(catalog, owner, now=IN_OCTOBER)
    pause_order(order_id=order.pk, actor=owner, reason="patient_away", now=IN_OCTOBER + HOUR)
    resume_order(order_id=order.pk, actor=owner, now=IN_NOVEMBER)
    week = Period.around(WEEKLY, IN_NOVEMBER.date())
    run_invoices(terms=WEEKLY, period=week, actor=SYSTEM, now=IN_NOVEMBER + 7 * DAY)
    assert InvoiceLine.objects.get().carried_over_from == date(2026, 10, 19)


def test_c13_a_weekly_practices_cancelled_case_is_on_no_invoice(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    on(WEEKLY, cast.practice)
    cancelled, kept = (an_order(catalog, owner, now=IN_OCTOBER) for _ in range(2))
    cancel_order(order_id=cancelled.pk, actor=owner, reason="patient_away", now=IN_OCTOBER + HOUR)
    week = Period.around(WEEKLY, IN_OCTOBER.date())
    run_invoices(terms=WEEKLY, period=week, actor=SYSTEM, now=IN_OCTOBER + 7 * DAY)
    assert [line.charge.order for line in InvoiceLine.objects.all()] == [kept]
    assert (state_of(cancelled), state_of(kept)) == ("voided", "invoiced")  # edge 34: nothing is deleted
    assert Order.objects.get(pk=cancelled.pk).charged_at is None


def test_edge_33_a_run_started_again_finds_nothing_to_do(owner: Actor, catalog: Catalog) -> None:
    an_order(catalog, owner, now=IN_OCTOBER)
    run_october()
    before = Event.objects.count()
    assert run_october().invoices == 0
    assert (Invoice.objects.count(), InvoiceLine.objects.count(), Event.objects.count()) == (1, 1, before)


def test_what_comes_due_after_the_run_is_on_the_next_invoice_not_on_a_second_one(
    owner: Actor, cast: Cast, catalog: Catalog
) -> None:
    an_order(catalog, owner, now=IN_OCTOBER)
    run_october()
    late = an_order(catalog, owner, now=IN_OCTOBER)
    of_another = an_order(catalog, cast.actor("stranger"), now=IN_OCTOBER)
    assert run_october(AFTER_OCTOBER + HOUR).invoices == 1
    assert (state_of(late), state_of(of_another)) == ("due", "invoiced")
    run_november()
    assert InvoiceLine.objects.get(charge__order=late).carried_over_from == date(2026, 10, 1)


def test_refuses_a_period_that_is_not_over(owner: Actor, catalog: Catalog) -> None:
    an_order(catalog, owner, now=IN_OCTOBER)
    end = OCTOBER.ends_at(UTC)
    for attempt in (run_october, lambda now: preview(MONTHLY, OCTOBER, now=now)):
        with pytest.raises(PeriodNotOver, match="2026-10 is not over before 1 Nov 2026"):
            attempt(end - timedelta(microseconds=1))
    assert not Invoice.objects.exists()
    assert run_october(end).invoices == 1


def test_a_period_ends_at_midnight_of_the_business(owner: Actor, catalog: Catalog, settings: Settings) -> None:
    settings.BUSINESS_TIME_ZONE = "America/New_York"
    order = an_order(catalog, owner, now=datetime(2026, 11, 1, 3, 59, tzinfo=UTC))
    later = an_order(catalog, owner, now=datetime(2026, 11, 1, 4, tzinfo=UTC))
    with pytest.raises(PeriodNotOver):
        run_october(datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC))
    run_october(datetime(2026, 11, 1, 4, tzinfo=UTC))
    assert (state_of(order), state_of(later)) == ("invoiced", "due")


def test_a_preview_says_what_a_run_does_and_does_nothing(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    an_order(catalog, owner, now=IN_OCTOBER)
    an_order(catalog, cast.actor("stranger"), now=IN_OCTOBER)
    foreseen = preview(MONTHLY, OCTOBER, now=AFTER_OCTOBER)
    assert not Invoice.objects.exists()
    done = run_october()
    assert (foreseen.invoices, foreseen.charges, foreseen.totals) == (done.invoices, done.charges, done.totals)
    assert preview(MONTHLY, OCTOBER, now=AFTER_OCTOBER).invoices == 0


def test_a_completed_order_becomes_invoiced_and_another_is_charged_and_goes_on(owner: Actor, catalog: Catalog) -> None:
    completed = moved(an_order(catalog, owner, now=IN_OCTOBER), *TO_COMPLETED, now=IN_OCTOBER)
    begun = an_order(catalog, owner, now=IN_OCTOBER)
    run_october()
    completed.refresh_from_db()
    begun.refresh_from_db()
    assert (completed.status, completed.charged_at, completed.status_since) == ("invoiced", *[AFTER_OCTOBER] * 2)
    assert (begun.status, begun.charged_at, begun.status_since) == ("processing", AFTER_OCTOBER, IN_OCTOBER)
    assert begun.version == 2
    told = Event.objects.filter(subject=Order.SUBJECT, at=AFTER_OCTOBER).order_by("pk")
    assert [(event.subject_id, event.type, event.data) for event in told] == [
        (completed.pk, EventType.ORDER_CHARGED, {"how": "INV-1001"}),
        (begun.pk, EventType.ORDER_CHARGED, {"how": "INV-1001"}),
        (completed.pk, EventType.ORDER_INVOICED, {}),
    ]


def test_an_order_can_still_be_rebuilt_as_it_was_before_the_run(owner: Actor, catalog: Catalog) -> None:
    order = moved(an_order(catalog, owner, now=IN_OCTOBER), *TO_COMPLETED, now=IN_OCTOBER)
    run_october()
    before, after = (
        order_as_it_was(Order.objects.get(pk=order.pk), at) for at in (AFTER_OCTOBER - HOUR, AFTER_OCTOBER)
    )
    assert not isinstance(before, NotRebuildable)
    assert not isinstance(after, NotRebuildable)
    assert (before.status, before.charged_at) == ("completed", None)
    assert (after.status, after.charged_at) == ("invoiced", AFTER_OCTOBER)


def test_what_staff_called_invoiced_was_billed_elsewhere_and_is_not_billed_again(
    owner: Actor, cast: Cast, catalog: Catalog
) -> None:
    on(PaymentTerms.PER_CASE, cast.practice)
    order = moved(an_order(catalog, owner, now=IN_OCTOBER), *TO_COMPLETED, Verb.INVOICE, now=IN_OCTOBER)
    assert state_of(order) == ChargeState.OUTSIDE
    Charge.objects.update(terms=MONTHLY)
    assert run_october().invoices == 0


def test_staff_cannot_call_invoiced_what_a_run_will_bill(owner: Actor, catalog: Catalog) -> None:
    order = moved(an_order(catalog, owner, now=IN_OCTOBER), *TO_COMPLETED, now=IN_OCTOBER)
    with pytest.raises(WaitsForRun):
        moved(order, Verb.INVOICE, now=IN_OCTOBER)
    order.refresh_from_db()
    assert (order.status, order.charged_at, state_of(order)) == ("completed", None, "due")


def test_an_order_that_was_invoiced_before_it_was_completed_is_moved_by_staff(owner: Actor, catalog: Catalog) -> None:
    order = an_order(catalog, owner, now=IN_OCTOBER)
    run_october()
    order = moved(order, *TO_COMPLETED, Verb.INVOICE, now=IN_NOVEMBER)
    assert (order.status, order.charged_at, state_of(order)) == ("invoiced", AFTER_OCTOBER, "invoiced")


def test_numbers_have_no_gap_when_a_run_is_undone_midway(
    owner: Actor, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_order(catalog, owner, now=IN_OCTOBER)
    with monkeypatch.context() as patch:
        patch.setattr(invoice_runs, "_move_orders", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_october()
    assert not Invoice.objects.exists()
    assert not NumberSequence.objects.exists()
    run_october()
    an_order(catalog, owner, now=IN_NOVEMBER)
    run_november()
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1001, 1002]


def test_needs_as_many_queries_for_many_charges_as_for_one(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    counts = []
    for period, at, orders in ((OCTOBER, IN_OCTOBER, 1), (NOVEMBER, IN_NOVEMBER, 12)):
        for number in range(orders):
            an_order(catalog, cast.actor("stranger") if number % 2 else owner, now=at)
        with CaptureQueriesContext(connection) as queries:
            run_invoices(terms=MONTHLY, period=period, actor=SYSTEM, now=AFTER_NOVEMBER)
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 25
