"""Refunds asked for and answered, made by hand, failed and tried again; store credit granted and taken back."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.confirm_refund import confirm_refund, report_failed_refund
from reprieve.actions.grant_credit import grant_credit, take_back_credit
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_refund import request_refund
from reprieve.actions.reroute_refund import Way, reroute_refund
from reprieve.actions.retry_refund import retry_refund
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Refund, RefundAttempt, RefundState
from reprieve.billing.payables import refundable
from tests.billing.money_machine.world import CURRENCIES, Given, World, part_of, parts, where, which

AMOUNTS = st.sampled_from([1, 100, 4000, 12001])
MOST_ENTRIES = 8


class Refunds(World):
    """The customer's wishes, support's answers, and the ledger."""

    @where(lambda self: self.order(0, "cancelled"))
    @rule(number=which, part=st.none() | parts, by_staff=st.booleans())
    def ask_for_a_refund(self, number: int, part: str | None, by_staff: bool) -> None:  # noqa: FBT001
        if (order := self.order(number)) is None:
            return
        left, _payments = refundable(order.charge)
        minor = None if part is None else part_of(left, part)
        actor = self.staff() if by_staff else self.customer(order)
        self.attempt(request_refund, order_id=order.pk, actor=actor, reason="x", amount_minor=minor)

    @where(lambda self: self.refund(0, RefundState.PENDING))
    @rule(number=which, part=st.none() | parts)
    def approve_a_refund(self, number: int, part: str | None) -> None:
        if (refund := self.refund(number, RefundState.PENDING)) is not None:
            minor = None if part is None else part_of(refund.amount_minor, part)
            self.attempt(approve_refund, **self.seen(refund), amount_minor=minor)

    @where(lambda self: self.refund(0, RefundState.PENDING))
    @rule(number=which)
    def reject_a_refund(self, number: int) -> None:
        if (refund := self.refund(number, RefundState.PENDING)) is not None:
            self.attempt(reject_refund, **self.seen(refund), answer="No.")

    @where(lambda self: self.refund(0))
    @rule(number=which)
    def retry_a_refund(self, number: int) -> None:
        if (refund := self.refund(number)) is not None:
            self.attempt(retry_refund, **self.seen(refund))

    @where(lambda self: self.refund_by_hand(0))
    @rule(number=which, comes_back=st.booleans())
    def make_a_refund_by_hand(self, number: int, comes_back: bool) -> None:  # noqa: FBT001
        if (refund := self.refund_by_hand(number)) is None:
            return
        if comes_back:
            self.attempt(report_failed_refund, **self.seen(refund), why="The account is closed.")
        else:
            self.attempt(confirm_refund, **self.seen(refund), reference="transfer")

    @where(lambda self: self.refund(0, RefundState.FAILED))
    @rule(number=which, way=st.sampled_from(Way))
    def reroute_a_refund(self, number: int, way: Way) -> None:
        if (refund := self.refund(number, RefundState.FAILED)) is not None:
            self.attempt(reroute_refund, **self.seen(refund), way=way)

    @precondition(lambda self: len(self.known().entries) < MOST_ENTRIES)
    @rule(minor=AMOUNTS, currency=st.sampled_from(CURRENCIES), grants=st.booleans())
    def change_credit(self, minor: int, currency: str, grants: bool) -> None:  # noqa: FBT001
        given: Given = {"practice_id": self.cast.practice.pk, "amount_minor": minor, "currency": currency, "why": "x"}
        self.attempt(grant_credit if grants else take_back_credit, actor=self.staff(), **given)

    def refund_by_hand(self, number: int, *states: str) -> Refund | None:
        books = self.known()
        by_hand = [refund for key, refund in books.refunds.items() if _is_by_hand(books.last_attempt.get(key))]
        found = [refund for refund in by_hand if not states or refund.state in states]
        return found[number % len(found)] if found else None

    def seen(self, refund: Refund) -> Given:
        return {"refund_id": refund.pk, "expected_version": refund.version, "actor": self.staff()}


def _is_by_hand(attempt: RefundAttempt | None) -> bool:
    return attempt is not None and attempt.gateway == MANUAL
