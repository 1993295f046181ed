"""One invoice under two commands at once, on two real connections: what is overpaid goes back, and nothing twice."""

from collections.abc import Callable

import pytest

from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.request_refund import request_invoice_refund
from reprieve.actions.reroute_refund import Way, reroute_refund
from reprieve.actions.retry_refund import retry_refund
from reprieve.billing import credit_notes, payables, refunds
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.models import CreditEntry, Invoice, InvoiceKind, Payment, Refund, RefundState
from reprieve.billing.quotes import RefundChanged
from reprieve.billing.refunds import RefundMoved
from reprieve.cancellations.models import Cancellation
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order, Status
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.invoices import LATER, a_paid_invoice, cancel, pay_invoice, stands
from tests.factories.money import require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_invoice, put_rules_in_force
from tests.races.race import Finish, race

pytestmark = pytest.mark.django_db(transaction=True)
type Command = Callable[[], object]


@pytest.fixture(autouse=True)
def rules_in_force(db: None) -> None:
    fake_gateway.forget()
    put_rules_in_force()


def cancelling(cast: Cast, order: Order, *, expected: int | None = None) -> Command:
    return lambda: cancel(order, cast.actor("owner"), expected=expected)


def going_back() -> list[int]:
    return sorted(Refund.objects.exclude(state=RefundState.REJECTED).values_list("amount_minor", flat=True))


def notes() -> list[int]:
    found = Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).order_by("number")
    return list(found.values_list("number", flat=True))


def refusal_of(finish: Finish) -> type[Refused]:
    assert finish.refusal is not None, f"not refused: {finish.result}"
    return type(finish.refusal)


@pytest.mark.parametrize(
    ("paid", "back"), [((24000,), [12000, 12000]), ((15000,), [3000, 12000]), ((12000,), [12000]), ((), [])]
)
def test_two_cases_of_one_invoice_cancelled_at_once_give_back_what_was_paid_and_no_more(
    cast: Cast, catalog: Catalog, paid: tuple[int, ...], back: list[int]
) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    for minor in paid:
        pay_invoice(invoice, minor)
    first, second = Order.objects.order_by("pk")
    done = race(cancelling(cast, second), cancelling(cast, first), hold=(credit_notes, "write"))
    assert all(isinstance(each.result, Cancellation) for each in done)
    assert (going_back(), sum(going_back()), notes()) == (back, sum(paid), [1001, 1002])
    assert (stands(invoice).open_minor, stands(invoice).overpaid_minor) == (0, 0)
    require_money_adds_up()


def test_who_was_shown_another_refund_meanwhile_is_asked_again(cast: Cast, catalog: Catalog) -> None:
    invoice, (first, second) = a_paid_invoice(catalog, cast.actor("owner"), 15000)
    done, refused = race(
        cancelling(cast, first, expected=3000), cancelling(cast, second, expected=3000), hold=(credit_notes, "write")
    )
    assert isinstance(done.result, Cancellation)
    assert refusal_of(refused) is RefundChanged
    assert Order.objects.get(pk=second.pk).status != Status.CANCELLED
    assert (going_back(), stands(invoice).open_minor) == ([3000], 0)


def recording(cast: Cast, invoice: Invoice, minor: int, *, beyond_open: bool = False) -> Command:
    return lambda: record_invoice_payment(
        invoice_id=invoice.pk,
        actor=cast.actor("support"),
        amount_minor=minor,
        currency="USD",
        reference="Elm Street",
        beyond_open=beyond_open,
        now=LATER,
    )


def test_a_payment_recorded_while_the_credit_note_is_written_is_measured_by_it(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    order = Order.objects.earliest("pk")
    _, recorded = race(
        cancelling(cast, order, expected=0), recording(cast, invoice, 24000), hold=(credit_notes, "write")
    )
    assert refusal_of(recorded) is AmountInvalid
    assert not Payment.objects.exists()
    assert (going_back(), stands(invoice).open_minor) == ([], 12000)


@pytest.mark.parametrize("by_card", [True, False])
def test_a_payment_that_comes_while_the_credit_note_is_written_is_too_much_by_it(
    cast: Cast, catalog: Catalog, *, by_card: bool
) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    order = Order.objects.earliest("pk")
    paying = (lambda: pay_invoice(invoice, 24000)) if by_card else recording(cast, invoice, 24000, beyond_open=True)
    race(cancelling(cast, order, expected=0), paying, hold=(credit_notes, "write"))
    assert list(Refund.objects.values_list("amount_minor", "state")) == [(12000, RefundState.PENDING)]
    assert (stands(invoice).open_minor, stands(invoice).paid_minor) == (0, 12000)
    require_money_adds_up()


def test_a_payment_before_the_credit_note_goes_back_with_it(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    order = Order.objects.earliest("pk")
    race(recording(cast, invoice, 24000), cancelling(cast, order), hold=(payables, "mark_invoice_paid"))
    assert list(Refund.objects.values_list("amount_minor", "state")) == [(12000, RefundState.APPROVED)]
    assert stands(invoice).open_minor == 0
    require_money_adds_up()


def test_two_colleagues_ask_for_the_same_money_once(cast: Cast, catalog: Catalog) -> None:
    invoice, _ = a_paid_invoice(catalog, cast.actor("owner"))
    pay_invoice(invoice, 5000)
    Payment.objects.update(refunded_minor=0)
    Refund.objects.update(state=RefundState.REJECTED, answer="No.")

    def asking(who: str) -> Command:
        return lambda: request_invoice_refund(
            invoice_id=invoice.pk, actor=cast.actor(who), reason="Paid twice.", now=LATER
        )

    first, second = race(asking("support"), asking("manager"), hold=(refunds, "reserve"))
    assert first.result == second.result
    assert going_back() == [5000]
    require_money_adds_up()


def test_a_refund_is_sent_while_the_invoices_other_case_is_cancelled(cast: Cast, catalog: Catalog) -> None:
    invoice, (first, second) = a_paid_invoice(catalog, cast.actor("owner"))
    cancel(first, cast.actor("owner"))
    refund = Refund.objects.get()
    race(cancelling(cast, second), lambda: send_refund(refund_id=refund.pk, now=LATER), hold=(credit_notes, "write"))
    assert [minor for _, minor in fake_gateway.refunds_made()] == [12000]
    assert (going_back(), stands(invoice).open_minor) == ([12000, 12000], 0)
    require_money_adds_up()


@pytest.mark.parametrize("credit_first", [True, False])
def test_a_failed_refund_goes_one_way_only(cast: Cast, catalog: Catalog, *, credit_first: bool) -> None:
    _, (order, _) = a_paid_invoice(catalog, cast.actor("owner"))
    cancel(order, cast.actor("owner"))
    fake_gateway.plan("declined")
    send_refund(refund_id=Refund.objects.get().pk, now=LATER)
    failed = Refund.objects.get()

    def as_credit() -> object:
        return reroute_refund(
            refund_id=failed.pk,
            actor=cast.actor("support"),
            expected_version=failed.version,
            way=Way.STORE_CREDIT,
            now=LATER,
        )

    def again() -> object:
        return retry_refund(
            refund_id=failed.pk, actor=cast.actor("manager"), expected_version=failed.version, now=LATER
        )

    commands = (as_credit, again) if credit_first else (again, as_credit)
    done, refused = race(*commands, hold=(refunds, "move"))
    assert done.refusal is None
    assert refusal_of(refused) is RefundMoved
    send_refund(refund_id=failed.pk, now=LATER)
    assert len(fake_gateway.refunds_made()) == (0 if credit_first else 1)
    assert CreditEntry.objects.count() == (1 if credit_first else 0)
    require_money_adds_up()
