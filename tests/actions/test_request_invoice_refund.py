"""Nothing that was paid too much for an invoice is out of reach: it waits by itself, or support asks for it."""

from datetime import timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.record_outside_refund import OutsideRefund, record_outside_refund
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_refund import NothingToRefund, RefundReasonMissing, request_invoice_refund
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.gateways import Declined, Done
from reprieve.billing.models import Invoice, Payment, PaymentState, Refund, RefundState
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.orders.models import Order
from reprieve.settlement.receive_payment import receive_payment
from tests.factories.invoices import LATER, a_paid_invoice, cancel, pay_invoice, stands
from tests.factories.money import require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import Catalog

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
DAY = timedelta(days=1)
TOO_MUCH = "it is more than was paid too much for the invoice, so nothing is counted; please compare the two"


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    """Over 240.00, paid; one of its cases is cancelled, and support has said no to the 120.00 that were to go back."""
    invoice, (order, _) = a_paid_invoice(catalog, cast.actor("owner"), 14000, 10000)
    cancel(order, cast.actor("owner"))
    Refund.objects.update(state=RefundState.PENDING)
    for refund in Refund.objects.all():
        say_no(cast, refund)
    return invoice


def say_no(cast: Cast, refund: Refund) -> None:
    support = cast.actor("support")
    reject_refund(refund_id=refund.pk, actor=support, expected_version=refund.version, answer="Later.", now=LATER)


def asked(cast: Cast, invoice: Invoice, minor: int | None = None, who: str = "support") -> list[Refund]:
    return request_invoice_refund(
        invoice_id=invoice.pk, actor=cast.actor(who), reason="They paid too much.", amount_minor=minor, now=LATER + DAY
    )


def waiting(invoice: Invoice) -> list[int]:
    found = invoice.refunds.filter(state=RefundState.PENDING).order_by("pk")
    return list(found.values_list("amount_minor", flat=True))


def test_all_of_it_is_asked_for_and_waits_to_be_approved(cast: Cast, invoice: Invoice) -> None:
    assert stands(invoice).overpaid_minor == 12000
    (refund,) = asked(cast, invoice)
    assert (refund.amount_minor, refund.state, refund.invoice, refund.charge) == (
        12000,
        RefundState.PENDING,
        invoice,
        None,
    )
    assert (refund.payment.amount_minor, refund.cancellation, refund.reason) == (14000, None, "They paid too much.")
    assert stands(invoice).overpaid_minor == 0
    event = Event.objects.get(subject=Invoice.SUBJECT, type=EventType.REFUND_REQUESTED)
    assert sentence(event) == "Support asked for a refund of $120.00."
    approve_refund(refund_id=refund.pk, actor=cast.actor("manager"), expected_version=1, now=LATER + DAY)
    assert Refund.objects.get(pk=refund.pk).state == RefundState.APPROVED
    require_money_adds_up()


def test_asked_for_twice_it_is_the_same(cast: Cast, invoice: Invoice) -> None:
    assert asked(cast, invoice, 5000) == asked(cast, invoice)
    assert waiting(invoice) == [5000]
    assert Event.objects.filter(type=EventType.REFUND_REQUESTED).count() == 1


@pytest.mark.parametrize("minor", [0, -1, 12001, 10**18])
def test_an_amount_that_cannot_be_is_refused(cast: Cast, invoice: Invoice, minor: int) -> None:
    with pytest.raises(AmountInvalid):
        asked(cast, invoice, minor)
    assert waiting(invoice) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_asked_for(cast: Cast, invoice: Invoice, reason: str) -> None:
    with pytest.raises(RefundReasonMissing):
        request_invoice_refund(invoice_id=invoice.pk, actor=cast.actor("support"), reason=reason, now=LATER)
    assert waiting(invoice) == []


@pytest.mark.parametrize("who", ["owner", "stranger", "production"])
def test_only_support_and_managers_ask(cast: Cast, invoice: Invoice, who: str) -> None:
    with pytest.raises(NotAllowed):
        asked(cast, invoice, who=who)
    assert waiting(invoice) == []


def test_an_invoice_that_is_not_there_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        request_invoice_refund(invoice_id=1, actor=cast.actor("support"), reason="x", now=LATER)


def test_an_invoice_that_is_just_paid_has_nothing_to_refund(cast: Cast, catalog: Catalog) -> None:
    invoice, _ = a_paid_invoice(catalog, cast.actor("owner"))
    with pytest.raises(NothingToRefund):
        asked(cast, invoice)
    assert not Refund.objects.exists()


def test_edge_9_what_is_disputed_is_left_out(cast: Cast, invoice: Invoice) -> None:
    Payment.objects.filter(amount_minor=14000).update(disputed=True)
    assert [refund.amount_minor for refund in asked(cast, invoice)] == [10000]
    Payment.objects.update(disputed=True)
    say_no(cast, Refund.objects.latest("pk"))
    with pytest.raises(NothingToRefund):
        asked(cast, invoice)
    require_money_adds_up()


class TestPaymentsThatComeLate:
    def test_a_payment_of_an_invoice_that_is_paid_waits_for_support(self, cast: Cast, catalog: Catalog) -> None:
        invoice, _ = a_paid_invoice(catalog, cast.actor("owner"))
        late = pay_invoice(invoice, 24000)
        assert late.state == PaymentState.PAID
        assert Payment.objects.get(pk=late.pk).refunded_minor == 24000
        assert waiting(invoice) == [24000]
        assert stands(invoice).open_minor == 0

    def test_of_one_of_an_invoice_that_was_credited_what_is_too_much_waits(self, cast: Cast, catalog: Catalog) -> None:
        invoice, (order, _) = a_paid_invoice(catalog, cast.actor("owner"), 6000)
        cancel(order, cast.actor("owner"), expected=0)
        pay_invoice(invoice, 18000)
        assert waiting(invoice) == [12000]
        assert (stands(invoice).open_minor, stands(invoice).paid_minor) == (0, 12000)
        require_money_adds_up()

    def test_booked_twice_it_is_one(self, cast: Cast, catalog: Catalog) -> None:
        invoice, _ = a_paid_invoice(catalog, cast.actor("owner"))
        late = pay_invoice(invoice, 100)
        receive_payment(invoice, late, actor=SYSTEM, now=LATER)
        assert waiting(invoice) == [100]


class TestRefundedAtTheProvider:
    def outside(self, payment: Payment, minor: int, name: str = "re_1", **given: object) -> Refund | None:
        answer = given.get("answer", Done(name))
        made = OutsideRefund(name, minor, answer)  # type: ignore[arg-type]
        return record_outside_refund(payment_id=payment.pk, made=made, now=LATER + DAY)

    def test_what_was_paid_too_much_holds_it_is_written_down(self, invoice: Invoice) -> None:
        payment = Payment.objects.get(amount_minor=14000)
        refund = self.outside(payment, 12000)
        assert refund is not None
        assert (refund.state, refund.invoice, refund.charge) == (RefundState.COMPLETED, invoice, None)
        assert stands(invoice).overpaid_minor == 0
        assert self.outside(payment, 12000) == refund
        assert Refund.objects.exclude(state=RefundState.REJECTED).count() == 1
        told = Event.objects.get(subject=Invoice.SUBJECT, type=EventType.REFUND_MADE_OUTSIDE)
        assert (told.for_staff_only, told.data["what"]) == (True, "it counts as a refund here")
        require_money_adds_up()

    @pytest.mark.parametrize("minor", [12001, 14000])
    def test_more_is_told_to_staff_and_counts_for_nothing(self, invoice: Invoice, minor: int) -> None:
        assert self.outside(Payment.objects.get(amount_minor=14000), minor) is None
        assert stands(invoice).overpaid_minor == 12000
        told = Event.objects.get(subject=Invoice.SUBJECT, type=EventType.REFUND_MADE_OUTSIDE)
        assert (told.for_staff_only, told.data["what"]) == (True, TOO_MUCH)

    def test_of_an_invoice_that_is_just_paid_nothing_counts(self, cast: Cast, catalog: Catalog) -> None:
        invoice, _ = a_paid_invoice(catalog, cast.actor("owner"))
        assert self.outside(Payment.objects.get(), 1) is None
        assert stands(invoice).open_minor == 0
        assert not Refund.objects.exists()

    def test_one_that_failed_is_no_refund(self, invoice: Invoice) -> None:
        payment = Payment.objects.get(amount_minor=14000)
        assert self.outside(payment, 12000, answer=Declined("No.", permanent=True)) is None
        assert stands(invoice).overpaid_minor == 12000


def test_what_support_says_no_to_can_be_asked_for_again(cast: Cast, invoice: Invoice) -> None:
    (refund,) = asked(cast, invoice)
    say_no(cast, refund)
    assert [each.amount_minor for each in asked(cast, invoice)] == [12000]
    assert Order.objects.filter(status="cancelled").count() == 1
