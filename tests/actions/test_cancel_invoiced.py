"""Cancelled after its invoice was paid: what the credit note takes off goes back the way it came, and never twice."""

from datetime import timedelta

import pytest

from reprieve.accounts.actors import Actor
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.confirm_refund import confirm_refund
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.credit import balance_minor
from reprieve.billing.models import CreditEntry, CreditKind, Invoice, InvoiceKind, Method, Payment, Refund, RefundState
from reprieve.billing.quotes import RefundChanged, quote
from reprieve.billing.undoing import TooLateToUndo
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotFound
from reprieve.notifications.models import Email
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.orders.rulings import rule_on
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.invoices import LATER, a_paid_invoice, cancel, pay_invoice, stands
from tests.factories.money import give_credit, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import TO_COMPLETED, Catalog, an_invoice, moved, put_money_rules_in_force

pytestmark = pytest.mark.django_db
type Row = tuple[int, str, bool]


@pytest.fixture(autouse=True)
def provider() -> None:
    fake_gateway.forget()


@pytest.fixture
def owner(cast: Cast) -> Actor:
    return cast.actor("owner")


def refunds_of(invoice: Invoice) -> list[Row]:
    return [(each.amount_minor, each.state, each.to_credit) for each in invoice.refunds.order_by("pk")]


def said_of(subject: Invoice | Order) -> list[str]:
    events = Event.objects.filter(subject=subject.SUBJECT, subject_id=subject.pk).order_by("pk")
    return [sentence(event) for event in events]


@pytest.mark.usefixtures("rules")
class TestPaid:
    def test_what_the_credit_note_takes_off_goes_back_to_the_card(self, owner: Actor, catalog: Catalog) -> None:
        invoice, (order, other) = a_paid_invoice(catalog, owner)
        cancellation = cancel(order, owner, expected=12000)
        (refund,) = Refund.objects.all()
        assert refunds_of(invoice) == [(12000, RefundState.APPROVED, False)]
        assert (refund.charge, refund.invoice, refund.cancellation) == (None, invoice, cancellation)
        assert (refund.about, refund.send_from, refund.reason) == ("INV-1001", LATER, "The patient is away")
        assert (stands(invoice).open_minor, stands(invoice).credited_minor, stands(invoice).paid_minor) == (
            0,
            12000,
            12000,
        )
        send_refund(refund_id=refund.pk, now=LATER)
        assert fake_gateway.refunds_made() == [(refund.payment.provider_id, 12000)]
        assert Refund.objects.get().state == RefundState.COMPLETED
        assert Order.objects.get(pk=other.pk).status == other.status
        require_money_adds_up()

    def test_the_history_of_both_tells_of_it_and_the_practice_is_told_once(
        self, owner: Actor, catalog: Catalog
    ) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner)
        cancel(order, owner)
        send_refund(refund_id=Refund.objects.get().pk, now=LATER)
        assert said_of(invoice)[-2:] == ["A refund of $120.00 is due.", "The refund of $120.00 is done."]
        assert said_of(order)[-4:] == [
            "Owner issued credit note CN-1001 over $120.00.",
            "A refund of $120.00 is due.",
            "Owner cancelled the case. Reason: The patient is away.",
            "The refund of $120.00 is done.",
        ]
        mails = Email.objects.filter(event__type=EventType.REFUND_COMPLETED)
        assert {(mail.event.subject, mail.event.subject_id) for mail in mails} == {(Invoice.SUBJECT, invoice.pk)}
        assert mails.count() == 2

    def test_a_bank_transfer_goes_back_by_hand(self, owner: Actor, cast: Cast, catalog: Catalog) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner, by_card=False)
        cancel(order, owner)
        refund = Refund.objects.get()
        send_refund(refund_id=refund.pk, now=LATER)
        refund.refresh_from_db()
        assert refund.state == RefundState.SENT
        confirm_refund(
            refund_id=refund.pk,
            actor=cast.actor("support"),
            expected_version=refund.version,
            reference="Transfer 4711",
            now=LATER,
        )
        assert refunds_of(invoice) == [(12000, RefundState.COMPLETED, False)]
        assert not fake_gateway.refunds_made()

    def test_one_case_after_the_other_gives_back_all_of_it_and_no_more(self, owner: Actor, catalog: Catalog) -> None:
        invoice, (first, second) = a_paid_invoice(catalog, owner)
        cancel(first, owner)
        cancel(first, owner)
        cancel(second, owner, expected=12000)
        assert refunds_of(invoice) == [(12000, RefundState.APPROVED, False)] * 2
        assert (stands(invoice).open_minor, Payment.objects.get().refunded_minor) == (0, 24000)
        require_money_adds_up()

    @pytest.mark.parametrize(
        ("paid", "back"),
        [
            ((), []),
            ((12000,), []),
            ((12001,), [1]),
            ((15000,), [3000]),
            ((12000, 12000), [12000]),
            ((4000, 12000, 8000), [12000]),
            ((16000, 8000), [12000]),
            ((8000, 11000, 5000), [11000, 1000]),
        ],
    )
    def test_only_what_is_overpaid_goes_back_over_the_fewest_payments(
        self, owner: Actor, catalog: Catalog, paid: tuple[int, ...], back: list[int]
    ) -> None:
        invoice = an_invoice(catalog, owner, orders=2)
        for minor in paid:
            pay_invoice(invoice, minor)
        cancel(Order.objects.earliest("pk"), owner, expected=sum(back))
        assert [minor for minor, *_ in refunds_of(invoice)] == back
        assert stands(invoice).open_minor == 12000 - sum(paid) + sum(back) >= 0
        require_money_adds_up()

    def test_what_was_paid_too_much_before_is_not_this_cancellations(
        self, owner: Actor, cast: Cast, catalog: Catalog
    ) -> None:
        """Support said no to it: a cancellation of another case does not bring it up again."""
        invoice, (first, second) = a_paid_invoice(catalog, owner)
        pay_invoice(invoice, 5000)
        extra = Refund.objects.get()
        assert (extra.amount_minor, extra.state, extra.reason) == (
            5000,
            RefundState.PENDING,
            "More was paid for the invoice than was open.",
        )
        reject_refund(refund_id=extra.pk, actor=cast.actor("support"), expected_version=1, answer="No.", now=LATER)
        assert stands(invoice).overpaid_minor == 5000
        cancel(first, owner, expected=12000)
        assert stands(invoice).overpaid_minor == 5000
        cancel(second, owner, expected=12000)
        assert stands(invoice).overpaid_minor == 5000
        require_money_adds_up()

    def test_another_refund_than_was_shown_is_refused_and_nothing_is_done(self, owner: Actor, catalog: Catalog) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner)
        for tampered in (0, 24000, 11999, -1, 10**18):
            with pytest.raises(RefundChanged, match=r"it would now be \$120\.00\. Nothing"):
                cancel(order, owner, expected=tampered)
        assert not Refund.objects.exists()
        assert not Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).exists()
        assert stands(invoice).open_minor == 0

    def test_a_payment_that_came_meanwhile_is_not_given_back_unseen(self, owner: Actor, catalog: Catalog) -> None:
        invoice = an_invoice(catalog, owner, orders=2)
        order = Order.objects.earliest("pk")
        pay_invoice(invoice, 24000)
        with pytest.raises(RefundChanged, match=r"no longer \$0\.00: it would now be \$120\.00"):
            cancel(order, owner, expected=0)

    def test_the_quote_says_what_is_credited_and_what_of_it_goes_back(self, owner: Actor, catalog: Catalog) -> None:
        invoice = an_invoice(catalog, owner, orders=2)
        pay_invoice(invoice, 20000)
        order = Order.objects.earliest("pk")
        ruling = rule_on(order, Action.CANCEL, owner, now=LATER)
        found = quote(order.charge, ruling.decision.outputs)
        assert found.credited is not None
        assert (found.credited.line.invoice, found.credited.amount_minor) == (invoice, 12000)
        assert (found.of_invoice_minor, found.plan.total_minor, found.promised_minor) == (8000, 0, 8000)

    def test_a_disputed_payment_waits_for_support(self, owner: Actor, catalog: Catalog) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner)
        Payment.objects.update(disputed=True)
        cancel(order, owner)
        assert refunds_of(invoice) == [(12000, RefundState.PENDING, False)]

    def test_an_override_of_staff_credits_all_of_it_and_leaves_the_money_to_support(
        self, owner: Actor, cast: Cast, catalog: Catalog
    ) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner)
        order = moved(order, *TO_COMPLETED, now=LATER)
        cancel_order(
            order_id=order.pk,
            actor=cast.actor("support"),
            reason="patient_away",
            now=LATER + timedelta(hours=1),
            expected_version=order.version,
            override=True,
            expected_refund_minor=0,
        )
        assert refunds_of(invoice) == [(12000, RefundState.PENDING, False)]
        approve_refund(
            refund_id=Refund.objects.get().pk,
            actor=cast.actor("manager"),
            expected_version=1,
            amount_minor=10000,
            now=LATER + timedelta(hours=1),
        )
        assert refunds_of(invoice) == [(10000, RefundState.APPROVED, False)]
        assert stands(invoice).overpaid_minor == 2000

    def test_it_cannot_be_undone(self, owner: Actor, catalog: Catalog) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner)
        cancel(order, owner)
        with pytest.raises(TooLateToUndo):
            undo_cancellation(order_id=order.pk, actor=owner, now=LATER)
        assert refunds_of(invoice) == [(12000, RefundState.APPROVED, False)]

    def test_a_stranger_cancels_nothing(self, owner: Actor, cast: Cast, catalog: Catalog) -> None:
        _, (order, _) = a_paid_invoice(catalog, owner)
        with pytest.raises(NotFound):
            cancel(order, cast.actor("stranger"))
        assert not Refund.objects.exists()

    def test_store_credit_of_the_case_and_money_of_the_invoice_each_go_back_the_way_they_came(
        self, owner: Actor, cast: Cast, catalog: Catalog
    ) -> None:
        """C14 with an invoice: 80.00 of the first case was credit, 160.00 was paid for the two."""
        give_credit(cast.practice.pk, 8000)
        invoice, (order, _) = a_paid_invoice(catalog, owner, 16000)
        assert stands(invoice).open_minor == 0
        cancel(order, owner, expected=12000)
        assert balance_minor(cast.practice.pk, "USD") == 8000
        assert refunds_of(invoice) == [(4000, RefundState.APPROVED, False)]
        assert [(each.amount_minor, each.state) for each in order.charge.refunds.all()] == [
            (8000, RefundState.COMPLETED)
        ]
        assert stands(invoice).open_minor == 0
        require_money_adds_up()


class TestTerms:
    """Rules that give back half as store credit, all of it less the fee, or leave the share open: by the reason."""

    @pytest.fixture(autouse=True)
    def money_rules(self, db: None) -> None:
        put_money_rules_in_force()

    def test_half_of_it_becomes_store_credit_at_once(self, owner: Actor, cast: Cast, catalog: Catalog) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, owner)
        cancel(order, owner, "wrong_product", expected=6000)
        assert refunds_of(invoice) == [(6000, RefundState.COMPLETED, True)]
        entry = CreditEntry.objects.get()
        assert (entry.kind, entry.amount_minor, entry.charge, entry.why) == (
            CreditKind.REFUND,
            6000,
            order.charge,
            "INV-1001",
        )
        assert balance_minor(cast.practice.pk, "USD") == 6000
        assert (stands(invoice).credited_minor, stands(invoice).open_minor) == (6000, 0)
        require_money_adds_up()

    def test_half_of_the_case_and_of_its_credit_is_kept(self, owner: Actor, cast: Cast, catalog: Catalog) -> None:
        give_credit(cast.practice.pk, 8000)
        invoice, (order, _) = a_paid_invoice(catalog, owner, 16000)
        cancel(order, owner, "wrong_product", expected=6000)
        assert refunds_of(invoice) == [(2000, RefundState.COMPLETED, True)]
        assert balance_minor(cast.practice.pk, "USD") == 6000
        assert stands(invoice).open_minor == 0

    def test_it_is_sent_at_once_although_the_rule_grants_time_since_it_cannot_be_undone(
        self, owner: Actor, catalog: Catalog
    ) -> None:
        _, (order, _) = a_paid_invoice(catalog, owner)
        cancel(order, owner)
        send_refund(refund_id=Refund.objects.get().pk, now=LATER)
        assert [minor for _, minor in fake_gateway.refunds_made()] == [12000]

    @pytest.mark.parametrize(("currency", "price"), [("JPY", 5801), ("KWD", 12345)])
    def test_edge_24_amounts_are_minor_units_of_their_currency(
        self, owner: Actor, cast: Cast, catalog: Catalog, currency: str, price: int
    ) -> None:
        product = catalog.products["crowns"]
        product.price_minor, product.currency = price, currency
        product.save()
        invoice, (order, _) = a_paid_invoice(catalog, owner, 2 * price)
        cancel(order, owner, "wrong_product")
        half = {5801: 2900, 12345: 6172}[price]  # a half is rounded to the even unit
        assert refunds_of(invoice) == [(half, RefundState.COMPLETED, True)]
        assert balance_minor(cast.practice.pk, currency) == half
        assert Cancellation.objects.count() == 1
        assert Payment.objects.get().method == Method.CARD
