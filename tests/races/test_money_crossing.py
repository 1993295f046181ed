"""Commands that lock several rows, crossing each other on two real connections: each waits its turn, none deadlocks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions import reroute_refund as rerouting
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.grant_credit import grant_credit
from reprieve.actions.move_order import move_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.remove_card import CardInUse, remove_card
from reprieve.actions.request_refund import request_refund
from reprieve.actions.reroute_refund import Way, reroute_refund
from reprieve.actions.resume_order import resume_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing import credit, credit_notes, invoice_runs, payables, paying, refunds
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.models import (
    Card,
    Charge,
    ChargeState,
    CreditEntry,
    Invoice,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from reprieve.billing.periods import Period
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, Status
from tests.factories.cards import a_card, an_order_by_card, cards_are_taken
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order
from tests.patience import PATIENCE
from tests.races.race import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(hours=2)
APRIL = datetime(2026, 4, 2, tzinfo=UTC)
MAY = datetime(2026, 5, 2, tzinfo=UTC)
MARCH, APRILS = (Period.named(PaymentTerms.MONTHLY, name) for name in ("2026-03", "2026-04"))
WEEK = Period.named(PaymentTerms.WEEKLY, "2026-W10")
type Command = Callable[[], object]


def in_a_thread(command: Command) -> Command:
    """The command, with a connection of its own that is closed afterwards."""

    def run() -> None:
        try:
            command()
        finally:
            connection.close()

    return run


def cancelling(cast: Cast, order: Order, at: datetime = LATER) -> Command:
    return lambda: cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=at)


def recording(cast: Cast, invoice: Invoice, minor: int, at: datetime = APRIL) -> Command:
    return lambda: record_invoice_payment(
        invoice_id=invoice.pk,
        actor=cast.actor("support"),
        amount_minor=minor,
        currency="USD",
        reference="Transfer 4711",
        now=at,
    )


def test_two_cancellations_of_one_practice_restore_the_credit_of_both(cast: Cast, catalog: Catalog) -> None:
    give_credit(cast.practice.pk, 24000)
    first, second = (an_order(catalog, cast.actor("owner"), "design") for _ in range(2))
    race(cancelling(cast, first), cancelling(cast, second), hold=(credit, "write"))
    assert credit.balance_minor(cast.practice.pk, "USD") == 24000
    assert list(CreditEntry.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    require_money_adds_up()


def test_granting_credit_while_it_is_spent_loses_neither(cast: Cast, catalog: Catalog) -> None:
    give_credit(cast.practice.pk, 5000)

    def granting() -> object:
        return grant_credit(
            practice_id=cast.practice.pk,
            actor=cast.actor("support"),
            amount_minor=7000,
            currency="USD",
            why="A crown came late.",
            now=LATER,
        )

    race(lambda: an_order(catalog, cast.actor("owner")), granting, hold=(credit, "write"))
    assert (Payment.objects.get().amount_minor, credit.balance_minor(cast.practice.pk, "USD")) == (5000, 7000)
    require_money_adds_up()


@pytest.mark.parametrize("rejects_first", [True, False])
def test_a_refund_is_approved_or_rejected(cast: Cast, catalog: Catalog, *, rejects_first: bool) -> None:
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, 12000, fee=378)
    cancelling(cast, order)()
    (refund,) = request_refund(order_id=order.pk, actor=cast.actor("owner"), reason="Please.", now=LATER)
    seen = {"refund_id": refund.pk, "expected_version": refund.version, "now": LATER}

    def approving() -> object:
        return approve_refund(actor=cast.actor("support"), **seen)  # type: ignore[arg-type]

    def rejecting() -> object:
        return reject_refund(actor=cast.actor("manager"), answer="The bank keeps it.", **seen)  # type: ignore[arg-type]

    both = (rejecting, approving) if rejects_first else (approving, rejecting)
    first, second = race(*both, hold=(refunds, "require_refund"))
    assert (first.refusal, type(second.refusal)) == (None, refunds.RefundMoved)
    refund.refresh_from_db()
    assert refund.state == (RefundState.REJECTED if rejects_first else RefundState.APPROVED)
    assert Payment.objects.get().left_minor == (378 if rejects_first else 0)
    require_money_adds_up()


def test_d8_a_case_that_is_resumed_during_the_run_waits_for_the_next(
    cast: Cast, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    Practice.objects.update(payment_terms=PaymentTerms.MONTHLY)
    owner = cast.actor("owner")
    paused, other = (an_order(catalog, owner) for _ in range(2))
    pause_order(order_id=paused.pk, actor=owner, reason="patient_away", now=NOON)
    resuming = Thread(target=in_a_thread(lambda: resume_order(order_id=paused.pk, actor=owner, now=LATER)))
    write = invoice_runs._write_invoices  # noqa: SLF001 - the run stands still in it

    def resumed_meanwhile(*args: object) -> None:
        resuming.start()
        resuming.join(0.3)  # PostgreSQL does not make it wait, as the run holds what was due alone
        write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(invoice_runs, "_write_invoices", resumed_meanwhile)
    run_invoices(terms=PaymentTerms.MONTHLY, period=MARCH, actor=SYSTEM, now=APRIL)
    resuming.join(PATIENCE)
    assert [line.charge.order for line in Invoice.objects.get().lines.all()] == [other]
    assert Charge.objects.get(order=paused).state == ChargeState.DUE
    monkeypatch.setattr(invoice_runs, "_write_invoices", write)
    run_invoices(
        terms=PaymentTerms.MONTHLY, period=Period.named(PaymentTerms.MONTHLY, "2026-04"), actor=SYSTEM, now=MAY
    )
    assert [line.charge.order for line in Invoice.objects.latest("pk").lines.all()] == [paused]


def test_an_invoice_is_not_paid_in_full_while_a_case_is_taken_off_it(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    order = Order.objects.order_by("pk").first()
    assert order is not None
    _, paid = race(cancelling(cast, order, APRIL), recording(cast, invoice, 24000), hold=(credit_notes, "write"))
    assert type(paid.refusal) is AmountInvalid
    assert not Payment.objects.exists()
    recording(cast, invoice, 12000)()
    assert payables.room_minor(invoice) == 0
    require_money_adds_up()


def test_a_case_taken_off_an_invoice_that_is_just_paid_gives_its_money_back(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    order = Order.objects.order_by("pk").first()
    assert order is not None
    race(recording(cast, invoice, 24000), cancelling(cast, order, APRIL), hold=(payables, "mark_invoice_paid"))
    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert Payment.objects.get().refunded_minor == 12000
    require_money_adds_up()


def test_a_refund_of_an_invoice_goes_another_way_while_the_invoice_is_paid(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    recording(cast, invoice, 24000)()
    order = Order.objects.order_by("pk").first()
    assert order is not None
    cancelling(cast, order, APRIL)()
    refund = Refund.objects.get()
    Refund.objects.update(state=RefundState.FAILED)

    def reroute() -> object:
        return reroute_refund(
            refund_id=refund.pk,
            actor=cast.actor("support"),
            expected_version=refund.version,
            way=Way.STORE_CREDIT,
            now=APRIL,
        )

    first, second = race(reroute, recording(cast, invoice, 100), hold=(rerouting, "queue"))
    assert (first.refusal, type(second.refusal)) == (None, AmountInvalid)
    assert credit.balance_minor(cast.practice.pk, "USD") == 12000
    require_money_adds_up()


def removing(cast: Cast, card: Card) -> Command:
    return lambda: remove_card(card_id=card.pk, actor=cast.actor("owner"), now=LATER)


def test_a_card_from_which_an_invoice_is_being_collected_is_not_removed(cast: Cast, catalog: Catalog) -> None:
    Practice.objects.update(payment_terms=PaymentTerms.WEEKLY)
    card = a_card(cast, default=True)
    an_order(catalog, cast.actor("owner"))

    def running() -> object:
        return run_invoices(terms=PaymentTerms.WEEKLY, period=WEEK, actor=SYSTEM, now=APRIL)

    _, removed = race(running, removing(cast, card), hold=(paying, "start"))
    assert type(removed.refusal) is CardInUse
    assert Payment.objects.get().card == card
    card.refresh_from_db()
    assert card.removed_at is None


def test_a_card_that_is_charged_anew_for_a_hold_that_ran_out_is_not_removed(
    cast: Cast, catalog: Catalog, settings: Settings
) -> None:
    settings.CAPTURE_AT = "design_started"
    card = a_card(cast)
    order = an_order_by_card(catalog, cast.actor("owner"), card, "design")[0]
    Payment.objects.update(state=PaymentState.RELEASED)

    def starting() -> object:
        return move_order(
            order_id=order.pk, verb=Verb.START_DESIGN, actor=SYSTEM, expected_version=order.version, now=LATER
        )

    _, removed = race(starting, removing(cast, card), hold=(paying, "start"))
    assert type(removed.refusal) is CardInUse
    assert list(Payment.objects.order_by("pk").values_list("state", flat=True)) == ["released", "pending"]
