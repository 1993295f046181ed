from datetime import timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.credit import lock_practice, write
from reprieve.billing.documents import Document, DocumentState, document, named, with_amounts
from reprieve.billing.models import CreditKind, Invoice, Method, Payment, PaymentState, Refund
from reprieve.billing.periods import Period
from reprieve.orders.models import Order
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
LATER = NOON + timedelta(days=40)


def found(name: str = "INV-1001") -> Document:
    return document(named(with_amounts(Invoice.objects.all()), name).get())


def pay(invoice: Invoice, amount: int, refunded: int = 0, state: PaymentState = PaymentState.PAID) -> None:
    Payment.objects.create(
        practice=invoice.practice,
        invoice=invoice,
        method=Method.MANUAL,
        currency=invoice.currency,
        amount_minor=amount,
        refunded_minor=refunded,
        state=state,
        created_at=LATER,
        paid_at=LATER if state == PaymentState.PAID else None,
    )


def cancel(cast: Cast, order: Order) -> None:
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)


def test_an_invoice_is_open_until_all_of_it_is_paid(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    assert (found().state, found().open_minor) == (DocumentState.OPEN, 24000)
    pay(invoice, 10000)
    pay(invoice, 14000, state=PaymentState.FAILED)
    assert (found().state, found().open_minor, found().paid_minor) == (DocumentState.OPEN, 14000, 10000)
    pay(invoice, 14000)
    assert (found().state, found().open_minor) == (DocumentState.PAID, 0)


def test_what_credit_notes_take_back_is_not_to_be_paid(cast: Cast, catalog: Catalog) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"), orders=2)
    first, second = Order.objects.order_by("pk")
    cancel(cast, first)
    assert (found().state, found().open_minor, found().credited_minor) == (DocumentState.OPEN, 12000, 12000)
    pay(invoice, 12000)
    assert found().state == DocumentState.PAID
    cancel(cast, second)
    assert (found().state, found().open_minor, found().paid_minor) == (DocumentState.CREDITED, 0, 0)
    assert Refund.objects.get().amount_minor == 12000
    pay(invoice, 12000)
    assert (found().state, found().open_minor) == (DocumentState.CREDITED, -12000)
    assert (str(found().open.amount), str(found().owed_back.amount)) == ("0.00", "120.00")
    assert (found("CN-1001").state, found("CN-1001").open_minor) == (DocumentState.ISSUED, 0)


def test_c14_store_credit_at_checkout_is_not_paid_again_and_comes_back_when_cancelled(
    cast: Cast, catalog: Catalog
) -> None:
    write(lock_practice(cast.practice.pk), CreditKind.GRANT, 8000, "USD", actor=SYSTEM, now=NOON)
    cast.practice.payment_terms = PaymentTerms.MONTHLY
    cast.practice.save()
    order = an_order(catalog, cast.actor("owner"))
    march = Period.named(PaymentTerms.MONTHLY, "2026-03")
    run_invoices(terms=PaymentTerms.MONTHLY, period=march, actor=SYSTEM, now=NOON + timedelta(days=30))
    assert (found().invoice.total_minor, found().paid_before_minor, found().open_minor) == (12000, 8000, 4000)
    cancel(cast, order)
    assert (found().credited_minor, found().paid_before_minor, found().open_minor) == (12000, 0, 0)
    assert found().state == DocumentState.CREDITED


def test_what_went_back_of_a_payment_is_open_again(cast: Cast, catalog: Catalog) -> None:
    pay(an_invoice(catalog, cast.actor("owner")), 12000, refunded=2000)
    assert (found().open_minor, found().paid_minor) == (2000, 10000)


def test_an_invoice_over_nothing_is_paid(cast: Cast, catalog: Catalog) -> None:
    catalog.products["crowns"].price_minor = 0
    catalog.products["crowns"].save()
    an_invoice(catalog, cast.actor("owner"))
    assert found().state == DocumentState.PAID
