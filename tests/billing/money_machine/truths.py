"""What is true of money at every moment, whatever has happened to it."""

from collections import defaultdict

from reprieve.accounts.models import PaymentTerms
from reprieve.billing.models import (
    ON_ITS_WAY,
    ChargeState,
    CreditEntry,
    CreditKind,
    InvoiceKind,
    Method,
    Payment,
    PaymentState,
    RefundState,
)
from reprieve.lib import identifiers
from reprieve.orders.models import STANDING_STILL, Status
from tests import fake_gateway
from tests.billing.money_machine.books import Books

OPEN = {ChargeState.HELD, ChargeState.DUE}
BILLED = {ChargeState.INVOICED, ChargeState.PAID}
NOTHING_TAKEN = (PaymentState.FAILED, PaymentState.RELEASED)
CLAIMED = (RefundState.SENT, RefundState.UNKNOWN, RefundState.COMPLETED)


def require(books: Books) -> None:
    """Raises AssertionError for the first one that is not."""
    for truth in TRUTHS:
        truth(books)


def no_payment_gives_back_more_than_it_brought(books: Books) -> None:
    for payment in books.payments.values():
        assert payment.refunded_minor == books.going_back.get(payment.pk, 0), f"{payment} counts other refunds"
        assert 0 <= payment.refunded_minor <= payment.amount_minor
        assert payment.fee_minor >= 0
        assert payment.waived_minor == sum(
            refund.waived_minor for refund in books.refunds.values() if refund.payment_id == payment.pk
        )
    for payments in books.paid_of_charge.values():
        assert sum(payment.left_minor for payment in payments) >= 0


def the_ledger_is_the_balance(books: Books) -> None:
    ledgers: dict[tuple[int, str], list[CreditEntry]] = defaultdict(list)
    for entry in books.entries.values():
        ledgers[entry.practice_id, entry.currency].append(entry)
    for ledger in ledgers.values():
        balance = 0
        for number, entry in enumerate(sorted(ledger, key=lambda entry: entry.number), 1):
            balance += entry.amount_minor
            assert (entry.number, entry.balance_minor) == (number, balance)
            assert balance >= 0


def the_ledger_is_what_was_granted_spent_and_given_back(books: Books) -> None:
    balances: dict[tuple[int, str], int] = defaultdict(int)
    expected: dict[tuple[int, str], int] = defaultdict(int)
    for entry in books.entries.values():
        balances[entry.practice_id, entry.currency] += entry.amount_minor
        if entry.kind == CreditKind.GRANT or (entry.kind == CreditKind.TAKEN_BACK and entry.charge_id is None):
            expected[entry.practice_id, entry.currency] += entry.amount_minor
    for payment in books.payments.values():
        if payment.method == Method.CREDIT:
            expected[payment.practice_id, payment.currency] -= payment.amount_minor
    for refund in books.refunds.values():
        if refund.to_credit and refund.state == RefundState.COMPLETED:
            expected[refund.practice_id, refund.currency] += refund.amount_minor
    for ledger in balances.keys() | expected.keys():
        assert balances[ledger] == expected[ledger]


def a_charge_stands_where_its_order_does(books: Books) -> None:
    for charge in books.charges.values():
        status = books.order_of(charge.pk).status
        if status == Status.CANCELLED:
            assert charge.state not in OPEN, f"{charge} of a cancelled order is {charge.state}"
        elif status in STANDING_STILL:
            assert charge.state in {ChargeState.HELD, *BILLED}, f"{charge} of a paused order is {charge.state}"
        else:
            assert charge.state not in {ChargeState.HELD, ChargeState.VOIDED}, f"{charge} is {charge.state}"


def a_charge_is_paid_if_what_it_is_billed_with_is(books: Books) -> None:
    for charge in books.charges.values():
        paid = sum(payment.amount_minor for payment in books.paid_of_charge.get(charge.pk, ()))
        line = books.line_of.get(charge.pk)
        if charge.state in OPEN:
            assert paid < charge.total_minor, f"{charge} is paid, and to be billed all the same"
        if charge.state == ChargeState.PAID and line is None:
            assert paid >= charge.total_minor
            assert books.order_of(charge.pk).charged_at is not None
        if charge.state == ChargeState.PAID and line is not None:
            assert books.documents[line.invoice_id].open_minor <= 0, f"{charge} is paid, and its invoice open"
        if charge.state == ChargeState.INVOICED and line is not None:
            is_open = books.documents[line.invoice_id].open_minor > 0
            paid_for = books.paid_of_invoice.get(line.invoice_id)
            assert is_open or not paid_for or line.invoice_id in books.to_be_settled, (
                f"{charge} is paid with its invoice"
            )


def each_charge_is_on_one_invoice_at_most(books: Books) -> None:
    lines = [line for line in books.lines.values() if line.corrects_id is None]
    assert len({line.charge_id for line in lines}) == len(lines)
    for charge in books.charges.values():
        line = books.line_of.get(charge.pk)
        assert line is not None or charge.state != ChargeState.INVOICED
        if line is None:
            continue
        invoice = books.invoices[line.invoice_id]
        assert charge.state in BILLED, f"{charge} is on {invoice} and {charge.state}"
        assert (invoice.practice_id, invoice.currency) == (charge.practice_id, charge.currency)
        assert invoice.terms == charge.terms != PaymentTerms.PER_CASE
        assert (line.amount_minor, line.tax_minor) == (charge.amount_minor, charge.tax_minor)


def a_document_is_the_sum_of_its_lines(books: Books) -> None:
    for invoice in books.invoices.values():
        lines = [line for line in books.lines.values() if line.invoice_id == invoice.pk]
        assert lines
        assert invoice.amount_minor == sum(line.amount_minor for line in lines)
        assert invoice.tax_minor == sum(line.tax_minor for line in lines)
        assert all(line.amount_minor >= 0 <= line.tax_minor for line in lines)


def a_credit_note_takes_back_no_more_than_was_invoiced(books: Books) -> None:
    for line in books.line_of.values():
        taken_back = [each for each in books.lines.values() if each.corrects_id == line.pk]
        assert sum(each.amount_minor for each in taken_back) <= line.amount_minor
        assert sum(each.tax_minor for each in taken_back) <= line.tax_minor
        assert not taken_back or books.order_of(line.charge_id).status == Status.CANCELLED


def no_number_is_missing(books: Books) -> None:
    for kind in InvoiceKind:
        numbers = sorted(invoice.number for invoice in books.invoices.values() if invoice.kind == kind)
        first = identifiers.OFFSET + 1
        assert numbers == list(range(first, first + len(numbers)))
        assert books.numbers.get(kind, identifiers.OFFSET) == identifiers.OFFSET + len(numbers)


def an_invoice_is_open_by_what_nobody_paid(books: Books) -> None:
    """Told apart from `billing.documents`: from its lines, its credit notes and its payments, one by one."""
    for key, found in books.documents.items():
        lines = [line for line in books.lines.values() if line.invoice_id == key]
        back = [each for line in lines for each in books.lines.values() if each.corrects_id == line.pk]
        before = [payment for line in lines for payment in books.paid_of_charge.get(line.charge_id, ())]
        paid = books.paid_of_invoice.get(key, [])
        left = sum(payment.left_minor + payment.waived_minor for payment in (*before, *paid))
        expected = sum(line.total_minor for line in lines) - sum(line.total_minor for line in back) - left
        assert found.open_minor == expected
        assert found.credited_minor <= found.invoice.total_minor


def no_invoice_is_paid_twice(books: Books) -> None:
    """More than was open is never asked for: what is overpaid was made so by a credit note, or a case's own payment."""
    for key, found in books.documents.items():
        coming = [each for each in books.payments.values() if each.invoice_id == key and each.state in ON_ITS_WAY]
        asked = sum(each.amount_minor for each in (*books.paid_of_invoice.get(key, ()), *coming))
        assert asked <= found.invoice.total_minor


def the_provider_took_what_we_say_and_never_more(books: Books) -> None:
    taken = fake_gateway.taken_minor()
    by_key = {str(payment.key): payment for payment in books.payments.values() if payment.card_id is not None}
    assert set(taken) <= set(by_key), "the provider took what nobody asked for"
    for key, payment in by_key.items():
        if payment.state == PaymentState.PAID:
            assert taken.get(key) == payment.amount_minor, f"{payment} is paid, and was not taken"
        if payment.state in NOTHING_TAKEN:
            assert key not in taken, f"{payment} is {payment.state}, and was taken"
    for charge_id, total in _asked_of_cards(list(by_key.values()), taken).items():
        assert total <= books.charges[charge_id].total_minor, f"charge {charge_id} was charged twice"


def _asked_of_cards(payments: list[Payment], taken: dict[str, int]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for payment in payments:
        if payment.charge_id is not None:
            found[payment.charge_id] += taken.get(str(payment.key), 0)
    return found


def the_provider_gave_back_what_we_say_and_never_more(books: Books) -> None:
    given = fake_gateway.given_back_minor()
    claimed: dict[str, int] = defaultdict(int)
    for refund in books.refunds.values():
        if refund.state in CLAIMED and not refund.to_credit:
            claimed[books.payments[refund.payment_id].provider_id or ""] += refund.amount_minor
    for name, minor in given.items():
        assert minor <= claimed[name], f"the provider gave more of {name} back than we know of"


TRUTHS = (
    no_payment_gives_back_more_than_it_brought,
    the_ledger_is_the_balance,
    the_ledger_is_what_was_granted_spent_and_given_back,
    a_charge_stands_where_its_order_does,
    a_charge_is_paid_if_what_it_is_billed_with_is,
    each_charge_is_on_one_invoice_at_most,
    a_document_is_the_sum_of_its_lines,
    a_credit_note_takes_back_no_more_than_was_invoiced,
    no_number_is_missing,
    an_invoice_is_open_by_what_nobody_paid,
    no_invoice_is_paid_twice,
    the_provider_took_what_we_say_and_never_more,
    the_provider_gave_back_what_we_say_and_never_more,
)
