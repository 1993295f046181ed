"""Weeks and months that pass and are invoiced, collected from cards, and paid by bank transfer."""

from datetime import timedelta
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.pay_by_card import pay_invoice
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.actions.request_refund import request_invoice_refund
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.models import ChargeState, Invoice
from reprieve.billing.payables import open_minor, refundable
from reprieve.billing.periods import Period, business_zone
from reprieve.orders.models import STANDING_STILL, Status
from tests.billing.money_machine.books import Books
from tests.billing.money_machine.orders import Orders
from tests.billing.money_machine.world import Given, part_of, parts, where, which

NOT_BILLED = (Status.CANCELLED, *STANDING_STILL)


class Invoices(Orders):
    """Runs, and what is paid for an invoice."""

    def open_the_books(self) -> None:
        """The first orders are on invoices already."""
        self.run_a_period(PaymentTerms.WEEKLY, waits=True)
        self.run_a_period(PaymentTerms.MONTHLY, waits=True)

    @rule(
        terms=st.sampled_from([PaymentTerms.WEEKLY, PaymentTerms.MONTHLY]),
        waits=st.booleans(),
        back=st.sampled_from([False, False, False, True]),
    )
    def run(self, terms: PaymentTerms, waits: bool, back: bool) -> None:  # noqa: FBT001
        self.run_a_period(terms, waits=waits, back=back)

    def run_a_period(self, terms: PaymentTerms, *, waits: bool, back: bool = False) -> None:
        if waits:
            self.wait(timedelta(days=7 if terms is PaymentTerms.WEEKLY else 31))
        period = Period.last_ended(terms, self.now, business_zone())
        if back:
            period = Period.around(terms, period.start - timedelta(days=1))
        before = Books.read()
        self.attempt(run_invoices, terms=terms, period=period, actor=SYSTEM)
        self.require_only_what_was_due(before, Books.read(), terms, period)

    @rule(terms=st.sampled_from([PaymentTerms.WEEKLY, PaymentTerms.MONTHLY]))
    def run_too_early(self, terms: PaymentTerms) -> None:
        given: Given = {"terms": terms, "period": Period.around(terms, self.now.date())}
        assert not self.attempt(run_invoices, actor=SYSTEM, **given)

    @staticmethod
    def require_only_what_was_due(before: Books, after: Books, terms: PaymentTerms, period: Period) -> None:
        for key, line in after.lines.items():
            if key in before.lines:
                continue
            charge = before.charges[line.charge_id]
            assert before.order_of(charge.pk).status not in NOT_BILLED
            assert (charge.state, charge.terms) == (ChargeState.DUE, terms)
            assert charge.billable_from < period.ends_at(business_zone())

    @where(lambda self: self.invoice(0))
    @rule(number=which, part=parts)
    def pay_an_invoice_by_hand(self, number: int, part: str) -> None:
        if (invoice := self.invoice(number)) is not None:
            minor = part_of(open_minor(invoice), part)
            given: Given = {"amount_minor": minor, "currency": invoice.currency, "reference": "transfer"}
            self.attempt(record_invoice_payment, invoice_id=invoice.pk, actor=self.staff(), **given)

    @where(lambda self: self.invoice(0))
    @rule(number=which)
    def pay_an_invoice_by_card(self, number: int) -> None:
        if (invoice := self.invoice(number)) is not None:
            given: Given = {"card_id": self.cards[invoice.practice_id].pk, "key": uuid4()}
            shown = open_minor(invoice)
            self.attempt(
                pay_invoice, invoice_id=invoice.pk, actor=self.customer(invoice), expected_minor=shown, **given
            )

    @where(lambda self: self.invoice(0, is_overpaid=True))
    @rule(number=which, part=st.none() | parts)
    def ask_for_what_was_paid_too_much(self, number: int, part: str | None) -> None:
        if (invoice := self.invoice(number, is_overpaid=True)) is not None:
            minor = None if part is None else part_of(refundable(invoice)[0], part)
            given: Given = {"reason": "x", "amount_minor": minor}
            self.attempt(request_invoice_refund, invoice_id=invoice.pk, actor=self.staff(), **given)

    def invoice(self, number: int, *, is_overpaid: bool = False) -> Invoice | None:
        found = [each.invoice for each in self.known().documents.values() if each.overpaid_minor or not is_overpaid]
        return found[number % len(found)] if found else None
