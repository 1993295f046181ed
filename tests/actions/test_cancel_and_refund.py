"""What was paid goes back with the cancellation: how much, where to, and never twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.move_order import move_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.credit import balance_minor
from reprieve.billing.credit_notes import credited_minor
from reprieve.billing.models import (
    Charge,
    ChargeState,
    CreditEntry,
    CreditKind,
    Invoice,
    InvoiceKind,
    Payment,
    Refund,
    RefundState,
)
from reprieve.billing.periods import Period, business_zone
from reprieve.billing.quotes import RefundChanged, quote
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.orders.actions import Action
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, Status
from reprieve.orders.rulings import rule_on
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.presets import files as preset_files
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import (
    LONG_AGO,
    NOON,
    TO_DESIGN,
    UNDO_WINDOW,
    Catalog,
    an_order,
    moved,
    put_money_rules_in_force,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=2)
DUE = LATER + UNDO_WINDOW
MUCH_LATER = LATER + timedelta(days=9)
TIERS = Path(__file__).parents[1] / "rules" / "tiers" / "order-cancellation.toml"


@pytest.fixture(autouse=True)
def provider() -> None:
    fake_gateway.forget()


@pytest.fixture
def order(cast: Cast, catalog: Catalog, rules: None) -> Order:
    return an_order(catalog, cast.actor("owner"), "design")


def cancelled(cast: Cast, order: Order, reason: str = "patient_away", **given: object) -> Order:
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason=reason, now=LATER, **given)  # type: ignore[arg-type]
    order.refresh_from_db()
    return order


def refunds_of(order: Order) -> list[tuple[int, str, bool]]:
    return [(refund.amount_minor, refund.state, refund.to_credit) for refund in order.charge.refunds.order_by("pk")]


def events_of(order: Order) -> list[str]:
    return [sentence(event) for event in Event.objects.filter(subject="order", subject_id=order.pk).order_by("pk")]


def test_c12_a_charged_case_cancelled_before_design_gives_back_the_charge_minus_the_fee(
    cast: Cast, order: Order
) -> None:
    payment = pay_by_card(order, 12000, fee=378)
    cancelled(cast, order, expected_refund_minor=11622)
    (refund,) = Refund.objects.all()
    assert (refund.amount_minor, refund.state, refund.send_from) == (11622, RefundState.APPROVED, DUE)
    send_refund(refund_id=refund.pk, now=DUE)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.state, refund.completed_at, payment.refunded_minor) == (RefundState.COMPLETED, DUE, 11622)
    assert fake_gateway.refunds_made() == [(payment.provider_id, 11622)]
    assert events_of(order)[-3:] == [
        "A refund of $116.22 is due.",
        "Owner cancelled the case. Reason: The patient is away.",
        "The refund of $116.22 is done.",
    ]
    require_money_adds_up()


def test_c14_credit_goes_back_to_credit_at_once_and_card_to_card(cast: Cast, catalog: Catalog, rules: None) -> None:
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, cast.actor("owner"))
    assert balance_minor(cast.practice.pk, "USD") == 0
    assert Charge.objects.get(order=order).state == ChargeState.DUE
    pay_by_card(order, 4000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + timedelta(minutes=5))
    assert balance_minor(cast.practice.pk, "USD") == 8000
    assert refunds_of(order) == [(8000, RefundState.COMPLETED, True), (4000, RefundState.APPROVED, False)]
    restored = CreditEntry.objects.latest("pk")
    assert (restored.kind, restored.charge, restored.amount_minor) == (CreditKind.RESTORED, order.charge, 8000)
    send_refund(refund_id=Refund.objects.latest("pk").pk, now=LATER)
    assert [minor for _, minor in fake_gateway.refunds_made()] == [4000]
    require_money_adds_up()


def test_credit_that_covers_all_of_it_charges_the_case(cast: Cast, catalog: Catalog, rules: None) -> None:
    give_credit(cast.practice.pk, 20000)
    order = an_order(catalog, cast.actor("owner"))
    assert Charge.objects.get(order=order).state == ChargeState.PAID
    assert order.charged_at == NOON
    assert balance_minor(cast.practice.pk, "USD") == 8000
    assert events_of(order)[1] == "Store credit paid $120.00 of the case."


def test_credit_of_another_currency_is_not_spent(cast: Cast, catalog: Catalog, rules: None) -> None:
    give_credit(cast.practice.pk, 20000, "EUR")
    an_order(catalog, cast.actor("owner"))
    assert not Payment.objects.exists()
    assert balance_minor(cast.practice.pk, "EUR") == 20000


def test_nothing_paid_gives_nothing_back_and_is_never_charged(cast: Cast, order: Order) -> None:
    cancelled(cast, order, expected_refund_minor=0)
    assert not Refund.objects.exists()
    assert Charge.objects.get(order=order).state == ChargeState.VOIDED


def test_another_refund_than_was_shown_is_refused_with_the_new_one_and_nothing_is_done(
    cast: Cast, order: Order
) -> None:
    """Rows 26 and a tampered quote: nobody gets another amount than the one on the screen, in either direction."""
    pay_by_card(order, 12000, fee=378)
    for tampered in (12000, 0, 11621, -5, 10**18):
        with pytest.raises(RefundChanged, match=r"it would now be \$116\.22\. Nothing"):
            cancelled(cast, order, expected_refund_minor=tampered)
    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert not Refund.objects.exists()
    assert not Event.objects.filter(type=EventType.ORDER_CANCELLED).exists()


def test_edge_12_a_cancellation_said_twice_gives_back_once(cast: Cast, order: Order) -> None:
    pay_by_card(order, 12000)
    cancelled(cast, order)
    cancelled(cast, order)
    assert refunds_of(order) == [(12000, RefundState.APPROVED, False)]


def test_what_the_rules_leave_open_waits_for_support_but_credit_is_restored(
    cast: Cast, catalog: Catalog, rules: None
) -> None:
    give_credit(cast.practice.pk, 5000)
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, 7000)
    moved(order, *TO_DESIGN)
    request = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert balance_minor(cast.practice.pk, "USD") == 0
    order.refresh_from_db()
    with pytest.raises(RefundChanged):
        approve(cast, request.pk, order, shown=12000)
    approve(cast, request.pk, order, shown=5000)
    assert balance_minor(cast.practice.pk, "USD") == 5000
    assert refunds_of(order) == [(5000, RefundState.COMPLETED, True), (7000, RefundState.PENDING, False)]


def test_edge_37_support_may_be_slow_and_the_rules_may_change_what_was_shown_is_given(
    cast: Cast, catalog: Catalog
) -> None:
    """80 % of 120.00, less 5.00 and the card's 3.78, as it was said: not 10 % less 20.00."""
    put_tiers_in_force()
    order = moved(an_order(catalog, cast.actor("owner")), *TO_DESIGN)
    payment = pay_by_card(order, 12000, fee=378)
    request = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    assert quote(order.charge, request.decision.outputs).promised_minor == 8722
    order = in_a_worse_tier_under_harder_rules(cast, order)
    assert quote(order.charge, what_rules_say_now(cast, order)).promised_minor == 0
    approve(cast, request.pk, order, shown=8722)
    assert refunds_of(order) == [(8722, RefundState.APPROVED, False)]
    send_refund(refund_id=Refund.objects.get().pk, now=MUCH_LATER)
    assert fake_gateway.refunds_made() == [(payment.provider_id, 8722)]
    assert Cancellation.objects.get().decision_id == request.decision_id
    require_money_adds_up()


def test_edge_37_what_was_shown_is_credited_where_it_was_invoiced_meanwhile(cast: Cast, catalog: Catalog) -> None:
    """80 % of 120.00, less 5.00: the invoice goes down by 91.00, and not by nothing."""
    put_tiers_in_force()
    cast.practice.payment_terms = PaymentTerms.WEEKLY
    cast.practice.save()
    order = moved(an_order(catalog, cast.actor("owner")), *TO_DESIGN)
    request = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    week = Period.around(PaymentTerms.WEEKLY, NOON.date())
    run_invoices(terms=PaymentTerms.WEEKLY, period=week, actor=SYSTEM, now=week.ends_at(business_zone()))
    order = in_a_worse_tier_under_harder_rules(cast, order)
    assert credited_minor(what_rules_say_now(cast, order), 12000, "USD", override=False) == 0
    approve(cast, request.pk, order, shown=0)
    note = Invoice.objects.get(kind=InvoiceKind.CREDIT_NOTE)
    assert (note.total_minor, note.lines.get().charge.order) == (9100, order)
    assert Invoice.objects.get(kind=InvoiceKind.INVOICE).total_minor == 12000
    assert not Refund.objects.exists()


def put_tiers_in_force() -> None:
    """What comes back falls with the design, by the rules of the moment: see tests/rules/tiers."""
    install(preset_files.load_file(TIERS), starts_at=LONG_AGO)


def in_a_worse_tier_under_harder_rules(cast: Cast, order: Order) -> Order:
    """Support has not answered: the design is done, and whoever asked now would get a tenth, less 20.00."""
    move_order(
        order_id=order.pk,
        verb=Verb.COMPLETE_DESIGN,
        actor=cast.actor("production"),
        expected_version=Order.objects.get(pk=order.pk).version,
        now=MUCH_LATER - timedelta(days=2),
        override=True,
    )
    preset = preset_files.load_file(TIERS)
    rows = (
        replace(row, outputs={**row.outputs, "refund_share": Decimal("0.1")}) if "refund_share" in row.outputs else row
        for row in preset.table.rows
    )
    harder = install(
        replace(preset, table=replace(preset.table, rows=tuple(rows))), starts_at=MUCH_LATER - timedelta(days=1)
    )
    assert harder.number == 2
    return Order.objects.get(pk=order.pk)


def what_rules_say_now(cast: Cast, order: Order) -> Mapping[str, object]:
    ruling = rule_on(order, Action.CANCEL, cast.actor("owner"), now=MUCH_LATER)
    assert (ruling.decision.row, ruling.rules.version_number) == ("designed", 2)
    return ruling.decision.outputs


def approve(cast: Cast, request_id: int, order: Order, shown: int) -> None:
    approve_cancellation(
        cancellation_id=request_id,
        actor=cast.actor("support"),
        expected_version=order.version,
        expected_refund_minor=shown,
        now=MUCH_LATER,
    )


def test_an_override_of_staff_leaves_the_money_to_support(cast: Cast, order: Order) -> None:
    pay_by_card(order, 12000)
    order = moved(order, *TO_DESIGN, Verb.COMPLETE_DESIGN)
    cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="patient_away",
        now=LATER,
        expected_version=order.version,
        override=True,
    )
    assert refunds_of(order) == [(12000, RefundState.PENDING, False)]


def test_a_share_may_go_to_store_credit_at_once(cast: Cast, catalog: Catalog) -> None:
    put_money_rules_in_force()
    order = an_order(catalog, cast.actor("owner"))
    pay_by_card(order, 12000)
    cancelled(cast, order, reason="wrong_product", expected_refund_minor=6000)
    assert refunds_of(order) == [(6000, RefundState.COMPLETED, True)]
    assert CreditEntry.objects.latest("pk").kind == CreditKind.REFUND
    assert balance_minor(cast.practice.pk, "USD") == 6000


def test_edge_9_a_disputed_payment_is_left_to_support(cast: Cast, order: Order) -> None:
    payment = pay_by_card(order, 12000)
    Payment.objects.filter(pk=payment.pk).update(disputed=True)
    cancelled(cast, order)
    assert refunds_of(order) == [(12000, RefundState.PENDING, False)]


@pytest.mark.parametrize(
    ("currency", "price", "share"), [("JPY", 5801, 5801), ("KWD", 12345, 12345), ("USD", 12000, 12000)]
)
def test_edge_24_amounts_are_minor_units_of_their_currency(
    cast: Cast, catalog: Catalog, rules: None, currency: str, price: int, share: int
) -> None:
    product = catalog.products["design"]
    product.price_minor, product.currency = price, currency
    product.save()
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, price)
    cancelled(cast, order, expected_refund_minor=share)
    send_refund(refund_id=Refund.objects.get().pk, now=DUE)
    assert [minor for _, minor in fake_gateway.refunds_made()] == [share]


def test_the_quote_is_made_by_the_rule_that_will_decide(cast: Cast, order: Order) -> None:
    pay_by_card(order, 12000, fee=378)
    ruling = rule_on(order, Action.CANCEL, cast.actor("owner"), now=LATER)
    shown = quote(order.charge, ruling.decision.outputs)
    assert (shown.plan.paid_minor, shown.plan.kept_fee_minor, shown.promised_minor) == (12000, 378, 11622)
    assert not shown.is_open
