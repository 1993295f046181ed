"""The end of everything: what waits can be finished, and what a cancellation left can go back to the last cent."""

from datetime import timedelta

from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.confirm_refund import confirm_refund
from reprieve.actions.mark_disputed import mark_disputed
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_refund import request_invoice_refund, request_refund
from reprieve.actions.restore_order import restore_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.retry_refund import retry_refund
from reprieve.billing import paying
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Invoice, InvoiceKind, Payment, PaymentState, Refund, RefundState
from reprieve.cancellations.subjects import capture_due
from reprieve.orders.models import Order, Status
from tests import fake_gateway
from tests.billing.money_machine.books import Books
from tests.billing.money_machine.refunds import Refunds
from tests.billing.money_machine.world import Given

ENOUGH = 400
OVER = (RefundState.COMPLETED, RefundState.REJECTED, RefundState.UNDONE)


class Ending(Refunds):
    """The provider does all that it is asked, and everybody does their work."""

    def end(self) -> None:
        fake_gateway.plan()
        for news in self.news:
            self.attempt(news)
        for payment in Payment.objects.filter(disputed=True).exclude(pk__in=self.lost):
            self.attempt(mark_disputed, payment_id=payment.pk, closed="won")
        for refund in Refund.objects.filter(payment__in=self.lost, state=RefundState.PENDING):
            assert self.attempt(reject_refund, **self.seen(refund), answer="Your bank has sent it back.")
        self.let_all_orders_go_on()
        self.wait(timedelta(days=1))
        self.finish_what_waits()
        for order in Order.objects.filter(status=Status.CANCELLED).order_by("pk"):
            if self.attempt(request_refund, order_id=order.pk, reason="All of it.", actor=self.staff()):
                self.finish_what_waits()
        for invoice in Invoice.objects.filter(kind=InvoiceKind.INVOICE).order_by("pk"):
            if self.attempt(request_invoice_refund, invoice_id=invoice.pk, reason="Too much.", actor=self.staff()):
                self.finish_what_waits()
        for order in Order.objects.exclude(status=Status.CANCELLED).order_by("pk"):
            if self.attempt(request_refund, order_id=order.pk, reason="Too much.", actor=self.staff()):
                self.finish_what_waits()
        self.the_money_adds_up()
        self.require_nothing_left(Books.read())

    def let_all_orders_go_on(self) -> None:
        for order in Order.objects.filter(status=Status.PAUSED):
            assert self.attempt(resume_order, order_id=order.pk, actor=self.customer(order))
        for order in Order.objects.filter(status=Status.SLATED_FOR_DELETION):
            given: Given = {"actor": self.staff(), "expected_version": order.version}
            assert self.attempt(restore_order, order_id=order.pk, **given)

    def finish_what_waits(self) -> None:
        """Support answers, the worker works through its queue, what is done by hand is done."""
        for _ in range(3):
            while (refund := self.undisputed(RefundState.PENDING)) is not None:
                assert self.attempt(approve_refund, **self.seen(refund))
            while (refund := self.undisputed(RefundState.FAILED)) is not None:
                assert self.attempt(retry_refund, **self.seen(refund))
            self.empty_the_queue()
            while (refund := self.refund_by_hand(0, RefundState.SENT)) is not None:
                assert self.attempt(confirm_refund, **self.seen(refund), reference="transfer")

    def undisputed(self, state: RefundState) -> Refund | None:
        books = self.known()
        found = (each for each in books.refunds.values() if each.state == state)
        return next((each for each in found if not books.payments[each.payment_id].disputed), None)

    def empty_the_queue(self) -> None:
        for _ in range(ENOUGH):
            queue = self.queue()
            if not queue:
                return
            self.now = max(self.now, queue[0].run_after or self.now)
            self.work(queue[0])
        raise AssertionError("The worker never comes to an end.")

    def require_nothing_left(self, books: Books) -> None:
        for payment in books.payments.values():
            order = books.order_of(payment.charge_id) if payment.charge_id is not None else None
            assert payment.state not in paying.UNANSWERED, f"nobody asks any more about {payment}"
            if payment.state == PaymentState.AUTHORISED:
                assert order is not None
                assert order.status != Status.CANCELLED, f"{payment} is never let go of"
                assert not capture_due(order), f"{payment} is never captured"
            if order is not None and order.status == Status.CANCELLED and not payment.disputed:
                assert payment.left_minor == 0, f"{payment} of a cancelled order cannot be refunded"
        for refund in books.refunds.values():
            if not books.payments[refund.payment_id].disputed:
                assert refund.state in OVER, f"{refund} is {refund.state} for ever"
        for charge_id, payments in books.paid_of_charge.items():
            left = sum(payment.left_minor for payment in payments)
            is_known = any(payment.disputed for payment in payments)
            assert is_known or left <= books.charges[charge_id].total_minor, "what is too much cannot be refunded"
        for key, found in books.documents.items():
            held = [each for each in books.paid_of_invoice.get(key, ()) if not each.disputed and each.left_minor]
            assert not (found.overpaid_minor and held), f"what was paid too much for {found.invoice} cannot be refunded"
        self.require_one_truth(books)

    def require_one_truth(self, books: Books) -> None:
        """By now the provider's books and ours are the same."""
        given = fake_gateway.given_back_minor()
        for payment in books.payments.values():
            if payment.card_id is not None and payment.state == PaymentState.PAID and not payment.disputed:
                expected = sum(
                    each.amount_minor for each in books.refunds.values() if went_back_by_card(books, each, payment)
                )
                assert given.get(payment.provider_id or "", 0) == expected


def went_back_by_card(books: Books, refund: Refund, payment: Payment) -> bool:
    is_made = refund.payment_id == payment.pk and refund.state == RefundState.COMPLETED
    return is_made and not refund.to_credit and books.last_attempt[refund.pk].gateway != MANUAL
