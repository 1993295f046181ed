"""Support gives back what a rule kept of a case on an invoice, while something else is done to that invoice."""

from collections.abc import Callable

import pytest

from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.request_refund import request_refund
from reprieve.billing import credit_notes
from reprieve.billing.checks import AmountInvalid
from reprieve.billing.models import Invoice, InvoiceKind, Payment, Refund, RefundState
from reprieve.billing.refunds import RefundMoved
from reprieve.orders.models import Order
from tests.factories.invoices import LATER, cancel, pay_invoice, stands
from tests.factories.money import give_credit, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_invoice, put_money_rules_in_force, put_rules_in_force
from tests.races.race import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invoice(db: None, cast: Cast, catalog: Catalog) -> Invoice:
    """Paid, over two cases of 120.00; the first, 80.00 of it store credit, is cancelled, and half of it is kept."""
    put_rules_in_force()
    put_money_rules_in_force()
    give_credit(cast.practice.pk, 8000)
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    pay_invoice(invoice, 16000, by_card=False)
    first = Order.objects.earliest("pk")
    cancel(first, cast.actor("owner"), "wrong_product")
    request_refund(order_id=first.pk, actor=cast.actor("owner"), reason="Please.", now=LATER)
    return invoice


@pytest.fixture
def approving(cast: Cast, invoice: Invoice) -> Callable[[], object]:
    waiting = Refund.objects.get(state=RefundState.PENDING)
    assert (waiting.amount_minor, waiting.waived_minor) == (4000, 4000)
    return lambda: approve_refund(
        refund_id=waiting.pk, actor=cast.actor("manager"), expected_version=waiting.version, now=LATER
    )


def notes() -> list[tuple[int, int]]:
    found = Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).order_by("number")
    return [(note.number, note.total_minor) for note in found]


@pytest.mark.parametrize("approves_first", [True, False])
def test_the_other_case_is_cancelled_meanwhile_and_both_notes_are_written(
    cast: Cast, invoice: Invoice, approving: Callable[[], object], *, approves_first: bool
) -> None:
    other = Order.objects.latest("pk")
    commands = [approving, lambda: cancel(other, cast.actor("owner"))]
    first, second = commands if approves_first else reversed(commands)
    done = race(first, second, hold=(credit_notes, "write"))
    assert [each.refusal for each in done] == [None, None]
    amounts = [6000, 4000, 12000] if approves_first else [6000, 12000, 4000]
    assert notes() == [(1001 + index, amount) for index, amount in enumerate(amounts)]
    assert (stands(invoice).open_minor, stands(invoice).overpaid_minor) == (0, 0)
    require_money_adds_up()


def test_two_approve_it_at_once_and_one_note_is_written(invoice: Invoice, approving: Callable[[], object]) -> None:
    done, refused = race(approving, approving, hold=(credit_notes, "write"))
    assert done.refusal is None
    assert isinstance(refused.refusal, RefundMoved)
    assert notes() == [(1001, 6000), (1002, 4000)]
    require_money_adds_up()


def test_nothing_is_open_for_a_payment_that_is_recorded_meanwhile(
    cast: Cast, invoice: Invoice, approving: Callable[[], object]
) -> None:
    def recording() -> object:
        return record_invoice_payment(
            invoice_id=invoice.pk,
            actor=cast.actor("support"),
            amount_minor=4000,
            currency="USD",
            reference="Elm Street",
            now=LATER,
        )

    done, refused = race(approving, recording, hold=(credit_notes, "write"))
    assert done.refusal is None
    assert isinstance(refused.refusal, AmountInvalid)
    assert Payment.objects.filter(invoice=invoice).count() == 1
    assert stands(invoice).open_minor == 0
