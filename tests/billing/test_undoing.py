"""The lab's rules grant half an hour, and only while everything that the cancellation moved is still at hand."""

from datetime import datetime, timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.actions.slate_order import slate_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.credit import balance_minor
from reprieve.billing.models import Charge, ChargeState, InvoiceLine, Refund, RefundState
from reprieve.billing.periods import Period, business_zone
from reprieve.billing.undoing import TooLateToUndo, undo_until, undo_window
from reprieve.cancellations.queries import effective_cancellation
from reprieve.orders.actions import Action
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, Status
from reprieve.orders.rulings import rule_on
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import (
    MINUTE,
    NOON,
    TO_DESIGN,
    TO_FABRICATION,
    UNDO_WINDOW,
    Catalog,
    an_order,
    moved,
)

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=2)
JUST_IN_TIME = UNDO_WINDOW - timedelta(microseconds=1)


def cancelled(cast: Cast, order: Order, *, now: datetime = LATER) -> Order:
    """The order, cancelled by its practice. What would be said before is what is then true."""
    ruling = rule_on(order, Action.CANCEL, cast.actor("owner"), now=now)
    promised = undo_window(order.charge, ruling.decision.outputs)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=now)
    order = Order.objects.get(pk=order.pk)
    assert until(order, now=now) == (now + promised if promised else None)
    return order


def until(order: Order, *, now: datetime) -> datetime | None:
    cancellation = effective_cancellation(order)
    assert cancellation is not None
    return undo_until(order.charge, cancellation, now=now)


def refused(cast: Cast, order: Order, *, now: datetime = LATER) -> str:
    """Why undoing is refused; nothing has changed then."""
    before = Order.objects.values().get(pk=order.pk)
    assert before["status"] == Status.CANCELLED
    with pytest.raises(TooLateToUndo) as refusal:
        undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=now)
    assert Order.objects.values().get(pk=order.pk) == before
    return str(refusal.value)


@pytest.mark.parametrize(
    ("family", "verbs"),
    [("design", ()), ("crowns", ()), ("crowns", TO_DESIGN), ("aligners", (*TO_DESIGN, Verb.COMPLETE_DESIGN))],
)
def test_before_fabrication_it_can_be_undone_for_half_an_hour(
    cast: Cast, catalog: Catalog, family: str, verbs: tuple[Verb, ...]
) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), family), *verbs)
    stood = order.status
    order = cancelled(cast, order)
    assert until(order, now=LATER + JUST_IN_TIME) == LATER + UNDO_WINDOW
    assert until(order, now=LATER + UNDO_WINDOW) is None
    undone = undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=LATER + JUST_IN_TIME)
    assert undone.status == stood


@pytest.mark.parametrize("undone", [True, False])
def test_the_worked_numbers(cast: Cast, catalog: Catalog, *, undone: bool) -> None:
    """See docs/policies.md."""
    fake_gateway.forget()
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"))
    payment = pay_by_card(order, 4000, fee=146)
    cancelled(cast, order)
    refund = Refund.objects.get(payment=payment)
    assert (refund.state, refund.amount_minor, refund.send_from) == (RefundState.APPROVED, 3854, LATER + UNDO_WINDOW)
    assert balance_minor(cast.practice.pk, "USD") == 8000
    if undone:
        undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=LATER + 15 * MINUTE)
    for at in (LATER, LATER + JUST_IN_TIME, LATER + UNDO_WINDOW):
        assert not fake_gateway.refunds_made()
        send_refund(refund_id=refund.pk, now=at)
    refund.refresh_from_db()
    order.refresh_from_db()
    if undone:
        assert (refund.state, order.status, Charge.objects.get().state) == ("undone", "processing", "paid")
        assert (fake_gateway.refunds_made(), balance_minor(cast.practice.pk, "USD")) == ([], 0)
    else:
        assert (refund.state, order.status) == ("completed", "cancelled")
        assert fake_gateway.refunds_made() == [(payment.provider_id, 3854)]
        assert balance_minor(cast.practice.pk, "USD") == 8000
    require_money_adds_up()


def test_a_moment_later_it_is_refused(cast: Cast, catalog: Catalog) -> None:
    order = cancelled(cast, an_order(catalog, cast.actor("owner")))
    why = "The time in which this cancellation could be undone has passed."
    assert refused(cast, order, now=LATER + UNDO_WINDOW) == why


def test_once_fabrication_has_begun_there_is_no_time(cast: Cast, catalog: Catalog) -> None:
    order = cancelled(cast, moved(an_order(catalog, cast.actor("owner")), *TO_FABRICATION))
    why = "The rule by which this case was cancelled grants no time for undoing it."
    assert refused(cast, order) == why


def test_what_is_on_an_invoice_is_credited_at_once_and_not_offered_to_be_undone(cast: Cast, catalog: Catalog) -> None:
    cast.practice.payment_terms = PaymentTerms.WEEKLY
    cast.practice.save()
    order = moved(an_order(catalog, cast.actor("owner")), *TO_DESIGN)
    week = Period.around(PaymentTerms.WEEKLY, NOON.date())
    ran = week.ends_at(business_zone())
    run_invoices(terms=PaymentTerms.WEEKLY, period=week, actor=SYSTEM, now=ran)
    order = cancelled(cast, order, now=ran + MINUTE)
    assert InvoiceLine.objects.exclude(corrects=None).count() == 1
    why = "The case was on an invoice, and a credit note for it is out already."
    assert refused(cast, order, now=ran + MINUTE) == why


def test_edge_29_a_pause_that_it_ended_stays_ended(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    order = cancelled(cast, Order.objects.get(pk=order.pk))
    assert undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=LATER).status == Status.PROCESSING
    charge = Charge.objects.get()
    assert (charge.state, charge.billable_from) == (ChargeState.DUE, LATER)


def test_is_no_way_around_support_for_what_was_slated_for_deletion(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until)
    order = cancelled(cast, Order.objects.get(pk=order.pk), now=pause.until + MINUTE)
    why = "The case was slated for deletion when it was cancelled, and only support restores those."
    assert refused(cast, order, now=pause.until + MINUTE) == why
