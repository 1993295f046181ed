from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django_ox.models import OxTask
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.record_payment import record_invoice_payment, record_payment
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.request_refund import request_refund
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.credit_notes import credited_minor, tax_share_minor
from reprieve.billing.documents import Document, as_it_stands
from reprieve.billing.models import Charge, Invoice, InvoiceKind, InvoiceLine, Payment, Refund
from reprieve.billing.periods import Period
from reprieve.cancellations.requests import CancellationRefused
from reprieve.history.models import Event, EventType
from reprieve.notifications.models import Email
from reprieve.orders.models import Order
from reprieve.settlement.settle_invoice import settle_invoice
from tests.factories.money import give_credit
from tests.factories.people import Cast
from tests.factories.things import TO_COMPLETED, TO_DESIGN, Catalog, an_order, moved, put_money_rules_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
PLACED = datetime(2026, 10, 31, 22, tzinfo=UTC)
RUN = datetime(2026, 11, 1, 1, tzinfo=UTC)
LATER = RUN + timedelta(hours=1)


@pytest.fixture
def owner(cast: Cast) -> Actor:
    cast.practice.payment_terms = PaymentTerms.MONTHLY
    cast.practice.save()
    return cast.actor("owner")


def run() -> None:
    run_invoices(
        terms=PaymentTerms.MONTHLY, period=Period.named(PaymentTerms.MONTHLY, "2026-10"), actor=SYSTEM, now=RUN
    )


def notes() -> list[Invoice]:
    return list(Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE))


def test_cancelled_after_invoicing_is_a_credit_note_and_never_an_edited_invoice(owner: Actor, catalog: Catalog) -> None:
    order, other = (an_order(catalog, owner, now=PLACED) for _ in range(2))
    run()
    invoice = Invoice.objects.get()
    before = list(InvoiceLine.objects.values_list())
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    (note,) = notes()
    assert (note.name, note.corrects, note.total_minor, note.practice_id) == (
        "CN-1001",
        invoice,
        12000,
        owner.practice_id,
    )
    assert [(line.charge.order, line.total_minor) for line in note.lines.all()] == [(order, 12000)]
    assert Invoice.objects.get(pk=invoice.pk).total_minor == 24000
    assert list(InvoiceLine.objects.filter(corrects=None).values_list()) == before
    assert Charge.objects.get(order=order).state == Charge.objects.get(order=other).state == "invoiced"


def test_everybody_of_the_practice_is_told_and_order_and_invoice_say_so(
    owner: Actor, cast: Cast, catalog: Catalog
) -> None:
    order = an_order(catalog, owner, now=PLACED)
    run()
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    told = Email.objects.filter(event__type=EventType.CREDIT_NOTE_ISSUED)
    assert {email.recipient for email in told} == {cast.owner, cast.colleague}
    assert {email.event.subject_id for email in told} == {notes()[0].pk}
    said = Event.objects.filter(type=EventType.CREDIT_NOTE_ISSUED).values_list("subject", "subject_id")
    invoice = Invoice.objects.get(kind=InvoiceKind.INVOICE)
    assert set(said) == {("order", order.pk), ("invoice", invoice.pk), ("invoice", notes()[0].pk)}


def test_what_was_not_on_an_invoice_needs_no_credit_note(owner: Actor, catalog: Catalog) -> None:
    order = an_order(catalog, owner, now=PLACED)
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=PLACED + timedelta(minutes=5))
    run()
    assert not Invoice.objects.exists()


def test_staff_who_override_the_rules_credit_all_of_it(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, owner, now=PLACED), *TO_COMPLETED, now=PLACED)
    run()
    order.refresh_from_db()
    assert order.status == "invoiced"
    with pytest.raises(CancellationRefused):
        cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    assert notes() == []
    cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="patient_away",
        now=LATER,
        expected_version=order.version,
        override=True,
    )
    assert notes()[0].total_minor == 12000


def test_an_approved_request_is_credited_on_the_terms_that_stood_when_it_was_asked(
    owner: Actor, cast: Cast, catalog: Catalog
) -> None:
    order = moved(an_order(catalog, owner, "design", now=PLACED), *TO_DESIGN, now=PLACED)
    run()
    request = request_cancellation(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    version = Order.objects.get(pk=order.pk).version
    expected = credited_minor(request.decision.outputs, 12000, "USD", override=False)
    approve_cancellation(cancellation_id=request.pk, actor=cast.actor("support"), expected_version=version, now=LATER)
    assert [note.total_minor for note in notes()] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("outputs", "override", "credited"),
    [
        ({"outcome": "allow", "refund_share": "1"}, False, 12000),
        ({"outcome": "allow", "refund_share": "0.5"}, False, 6000),
        ({"outcome": "allow", "refund_share": "0.5", "fixed_fee": "25"}, False, 3500),
        ({"outcome": "allow", "refund_share": "0"}, False, 0),
        ({"outcome": "allow", "refund_share": "0.1", "fixed_fee": "25"}, False, 0),
        ({"outcome": "refuse"}, True, 12000),
        ({"outcome": "refuse", "refund_share": "0"}, True, 12000),
        ({"outcome": "request"}, False, 12000),
        ({"outcome": "request", "refund_share": "0.25"}, False, 3000),
    ],
)
def test_what_is_credited_follows_from_the_decision(
    outputs: dict[str, str],
    override: bool,  # noqa: FBT001
    credited: int,
) -> None:
    assert credited_minor(outputs, 12000, "USD", override=override) == credited


@pytest.mark.parametrize(("back", "tax"), [(14280, 2280), (7140, 1140), (1, 0), (0, 0), (3, 0), (4, 1)])
def test_the_tax_of_a_part_is_its_share_of_the_tax(back: int, tax: int) -> None:
    line = InvoiceLine(amount_minor=12000, tax_minor=2280, tax_rate=Decimal(19))
    assert tax_share_minor(line, back) == tax


def test_a_credit_note_gives_its_tax_back(owner: Actor, catalog: Catalog, settings: Settings) -> None:
    settings.TAX_PERCENT = Decimal(19)
    order = an_order(catalog, owner, now=PLACED)
    run()
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    (note,) = notes()
    assert (note.amount_minor, note.tax_minor) == (12000, 2280)


def test_numbers_of_credit_notes_have_no_gap_when_one_is_undone(owner: Actor, catalog: Catalog) -> None:
    orders = [an_order(catalog, owner, now=PLACED) for _ in range(2)]
    run()
    with transaction.atomic():
        cancel_order(order_id=orders[0].pk, actor=owner, reason="patient_away", now=LATER)
        transaction.set_rollback(True)
    assert notes() == []
    for order in orders:
        cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    assert sorted(note.number for note in notes()) == [1001, 1002]


def test_invoices_and_their_lines_are_never_changed(owner: Actor, catalog: Catalog) -> None:
    an_order(catalog, owner, now=PLACED)
    run()
    for model in (Invoice, InvoiceLine):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(amount_minor=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.get().delete()
    assert (Invoice.objects.get().amount_minor, InvoiceLine.objects.get().amount_minor) == (12000, 12000)


class TestWhatWasKeptOnAnInvoice:
    """A case of 120.00, of which 80.00 were paid from store credit; the invoice is paid, and half of it is kept."""

    @pytest.fixture
    def order(self, owner: Actor, cast: Cast, catalog: Catalog) -> Order:
        put_money_rules_in_force()
        give_credit(cast.practice.pk, 8000)
        order, _other = (an_order(catalog, owner, now=PLACED) for _ in range(2))
        run()
        pay(cast, 16000)
        cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", now=LATER)
        return Order.objects.get(pk=order.pk)

    @pytest.fixture
    def asked(self, order: Order, owner: Actor) -> Refund:
        (refund,) = request_refund(order_id=order.pk, actor=owner, reason="Please.", now=LATER)
        return refund

    def test_the_terms_leave_the_invoice_paid(self, order: Order) -> None:
        found = invoice()
        assert (found.credited_minor, found.paid_before_minor, found.paid_minor) == (6000, 4000, 14000)
        assert found.open_minor == 0

    def test_asking_for_it_opens_nothing(self, order: Order, asked: Refund) -> None:
        assert (asked.amount_minor, asked.waived_minor) == (4000, 4000)
        assert (invoice().open_minor, len(notes())) == (0, 1)

    def test_giving_it_is_a_credit_note_more(self, cast: Cast, order: Order, asked: Refund) -> None:
        approve(cast, asked)
        assert [note.total_minor for note in reversed(notes())] == [6000, 4000]
        found = invoice()
        assert (found.credited_minor, found.paid_before_minor, found.open_minor) == (10000, 0, 0)
        assert Refund.objects.get(pk=asked.pk).state == "completed"
        assert Payment.objects.get(charge__order=order).waived_minor == 0

    def test_giving_a_part_of_it_takes_off_that_part(self, cast: Cast, order: Order, asked: Refund) -> None:
        approve(cast, asked, 1000)
        assert [note.total_minor for note in reversed(notes())] == [6000, 1000]
        assert invoice().open_minor == 0
        assert Payment.objects.get(charge__order=order).left_minor == 3000

    def test_giving_nothing_of_it_leaves_everything(self, cast: Cast, order: Order, asked: Refund) -> None:
        reject_refund(
            refund_id=asked.pk, actor=cast.actor("manager"), expected_version=asked.version, answer="No.", now=LATER
        )
        assert ([note.total_minor for note in notes()], invoice().open_minor) == ([6000], 0)
        payment = Payment.objects.get(charge__order=order)
        assert (payment.left_minor, payment.waived_minor) == (4000, 0)

    def test_no_money_is_taken_for_the_case_itself(self, cast: Cast, order: Order) -> None:
        with pytest.raises(AmountInvalid, match=r"more than is open: \$0\.00"):
            record_payment(
                order_id=order.pk,
                actor=cast.actor("support"),
                expected_version=order.version,
                amount_minor=4000,
                currency="USD",
                reference="transfer",
                now=LATER,
            )


def test_two_credit_notes_over_a_line_take_back_its_tax_as_one_would(
    settings: Settings, owner: Actor, cast: Cast, catalog: Catalog
) -> None:
    settings.TAX_PERCENT = Decimal("19.01")
    put_money_rules_in_force()
    give_credit(cast.practice.pk, 8000)
    order = an_order(catalog, owner, now=PLACED)
    run()
    cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", now=LATER)
    (refund,) = request_refund(order_id=order.pk, actor=owner, reason="Please.", now=LATER)
    approve(cast, refund, 3997)
    # 22.81 of tax are in 142.81: 17.79 in the 111.37 of both. Each for itself they would come to 11.40 and 6.38.
    assert [(note.total_minor, note.tax_minor) for note in reversed(notes())] == [(7140, 1140), (3997, 639)]


def test_what_a_credit_note_closes_is_paid_once_the_worker_comes_by(owner: Actor, cast: Cast, catalog: Catalog) -> None:
    order, other = (an_order(catalog, owner, now=PLACED) for _ in range(2))
    run()
    pay(cast, 12000)
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=LATER)
    assert Charge.objects.get(order=other).state == "invoiced"
    (task,) = OxTask.objects.filter(task_path__endswith=".settle_invoice")
    for _ in range(2):
        settle_invoice.call(*task.args)
        assert Charge.objects.get(order=other).state == "paid"


def pay(cast: Cast, minor: int) -> None:
    record_invoice_payment(
        invoice_id=Invoice.objects.get(kind=InvoiceKind.INVOICE).pk,
        actor=cast.actor("support"),
        amount_minor=minor,
        currency="USD",
        reference="transfer",
        now=RUN + timedelta(minutes=30),
    )


def approve(cast: Cast, refund: Refund, minor: int | None = None) -> None:
    approve_refund(
        refund_id=refund.pk,
        actor=cast.actor("manager"),
        expected_version=refund.version,
        amount_minor=minor,
        now=LATER,
    )


def invoice() -> Document:
    return as_it_stands(Invoice.objects.get(kind=InvoiceKind.INVOICE))
