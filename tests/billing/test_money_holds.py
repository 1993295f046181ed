"""Whatever is done to orders, in whatever order: the money adds up, and nothing of it is out of reach."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Sum
from django.test import TestCase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.grant_credit import grant_credit, take_back_credit
from reprieve.actions.pause_order import pause_order
from reprieve.actions.record_payment import record_payment
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_refund import request_refund
from reprieve.actions.resume_order import resume_order
from reprieve.actions.retry_refund import retry_refund
from reprieve.actions.send_refund import book_refund, send_refund
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.gateways import Declined
from reprieve.billing.models import Charge, ChargeState, Payment, Refund, RefundState
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order, Status
from tests import fake_gateway
from tests.money import COUNTS_NOT, give_credit, pay_by_card, require_money_adds_up
from tests.people import Cast, make_cast
from tests.things import MINUTE, NOON, Catalog, an_order, make_catalog, put_money_rules_in_force, put_rules_in_force

REASONS = ("patient_away", "wrong_product", "other")
WORDS = ("done", "pending", "declined", "later", "lost_answer", "lost_question")
AMOUNTS = st.sampled_from([1, 100, 4000, 11622, 12000, 12001])
orders = st.integers(0, 1)


class MoneyMachine(RuleBasedStateMachine):
    """Two orders of one practice, everybody's commands, a provider that fails as it likes."""

    cast: ClassVar[Cast]
    catalog: ClassVar[Catalog]

    @initialize(credit=st.sampled_from([0, 5000, 20000]))
    def place(self, credit: int) -> None:
        fake_gateway.forget()
        self.now = NOON
        if credit:
            give_credit(self.cast.practice.pk, credit)
        owner = self.cast.actor("owner")
        self.placed = [an_order(self.catalog, owner, now=NOON).pk for _ in range(2)]

    def attempt(self, command: object, minutes: int = 1, **given: Any) -> None:  # noqa: ANN401 - whatever the command takes
        self.now += minutes * MINUTE
        before = self.totals()
        try:
            command(now=self.now, **given)  # type: ignore[operator]
        except Refused:
            assert self.totals() == before

    def totals(self) -> list[tuple[object, ...]]:
        refunds = Refund.objects.filter(order__in=self.placed).values_list("pk", "state", "amount_minor", "version")
        payments = Payment.objects.filter(order__in=self.placed).values_list("pk", "state", "refunded_minor")
        return sorted([*refunds, *payments])

    def order(self, which: int) -> Order:
        return Order.objects.get(pk=self.placed[which])

    def refund(self, which: int) -> Refund | None:
        found = list(Refund.objects.filter(order__in=self.placed).order_by("pk"))
        return found[which % len(found)] if found else None

    @rule(which=orders, minor=AMOUNTS, fee=st.sampled_from([0, 378]))
    def pay_by_card(self, which: int, minor: int, fee: int) -> None:
        order = self.order(which)
        due = order.charge.total_minor - sum(order.payments.values_list("amount_minor", flat=True))
        if minor <= due:  # a provider is never asked for more
            pay_by_card(order, minor, fee=min(fee, minor))

    @rule(which=orders, minor=AMOUNTS)
    def pay_by_hand(self, which: int, minor: int) -> None:
        order, actor = self.order(which), self.cast.actor("support")
        given: dict[str, Any] = {
            "amount_minor": minor,
            "currency": "USD",
            "reference": "x",
            "expected_version": order.version,
        }
        self.attempt(record_payment, order_id=order.pk, actor=actor, **given)

    @rule(which=orders)
    def pause(self, which: int) -> None:
        self.attempt(pause_order, order_id=self.placed[which], actor=self.cast.actor("owner"), reason="patient_away")

    @rule(which=orders)
    def resume(self, which: int) -> None:
        self.attempt(resume_order, order_id=self.placed[which], actor=self.cast.actor("owner"))

    @rule(which=orders, reason=st.sampled_from(REASONS), by_staff=st.booleans())
    def cancel(self, which: int, reason: str, by_staff: bool) -> None:  # noqa: FBT001
        order = self.order(which)
        given: dict[str, Any] = {"order_id": order.pk, "reason": reason, "note": "x"}
        if by_staff:
            given |= {"expected_version": order.version, "override": True}
        self.attempt(cancel_order, actor=self.cast.actor("support" if by_staff else "owner"), **given)

    @rule(which=orders, minutes=st.sampled_from([1, 40]))
    def undo(self, which: int, minutes: int) -> None:
        self.attempt(undo_cancellation, minutes, order_id=self.placed[which], actor=self.cast.actor("owner"))

    @rule(which=orders, minor=st.none() | AMOUNTS)
    def request(self, which: int, minor: int | None) -> None:
        given: dict[str, Any] = {"order_id": self.placed[which], "reason": "x", "amount_minor": minor}
        self.attempt(request_refund, actor=self.cast.actor("owner"), **given)

    @rule(which=st.integers(0, 9), minor=st.none() | AMOUNTS, approves=st.booleans())
    def answer(self, which: int, minor: int | None, approves: bool) -> None:  # noqa: FBT001
        if (refund := self.refund(which)) is None:
            return
        given: dict[str, Any] = {
            "refund_id": refund.pk,
            "actor": self.cast.actor("manager"),
            "expected_version": refund.version,
        }
        if approves:
            self.attempt(approve_refund, amount_minor=minor, **given)
        else:
            self.attempt(reject_refund, answer="No.", **given)

    @rule(which=st.integers(0, 9), word=st.sampled_from(WORDS), minutes=st.sampled_from([1, 40]))
    def send(self, which: int, word: str, minutes: int) -> None:
        if (refund := self.refund(which)) is not None:
            fake_gateway.plan(word)
            self.attempt(send_refund, minutes, refund_id=refund.pk)

    @rule(which=st.integers(0, 9))
    def fail_later(self, which: int) -> None:
        refund = self.refund(which)
        attempt = refund.attempts.last() if refund else None
        if refund is not None and attempt is not None and refund.state == RefundState.COMPLETED:
            answer = Declined("It came back.", permanent=True)
            self.attempt(book_refund, attempt_id=attempt.pk, answer=answer, actor=SYSTEM)

    @rule(which=st.integers(0, 9))
    def retry(self, which: int) -> None:
        if (refund := self.refund(which)) is not None:
            given: dict[str, Any] = {"refund_id": refund.pk, "expected_version": refund.version}
            self.attempt(retry_refund, actor=self.cast.actor("support"), **given)

    @rule(minor=AMOUNTS, grants=st.booleans())
    def change_credit(self, minor: int, grants: bool) -> None:  # noqa: FBT001
        given: dict[str, Any] = {
            "practice_id": self.cast.practice.pk,
            "amount_minor": minor,
            "currency": "USD",
            "why": "x",
        }
        self.attempt(grant_credit if grants else take_back_credit, actor=self.cast.actor("support"), **given)

    @invariant()
    def payments_refunds_and_credit_add_up(self) -> None:
        require_money_adds_up()
        for order in Order.objects.all():
            paid = order.payments.aggregate(sum=Sum("amount_minor"))["sum"] or 0
            back = order.refunds.exclude(state__in=COUNTS_NOT).aggregate(sum=Sum("amount_minor"))["sum"] or 0
            assert 0 <= back <= paid <= order.charge.total_minor

    @invariant()
    def the_provider_gave_back_what_we_say_and_never_more(self) -> None:
        made: dict[str, int] = {}
        for name, minor in fake_gateway.refunds_made():
            made[name] = made.get(name, 0) + minor
        failed_later = Refund.objects.filter(attempts__problem="It came back.").exists()
        for payment in Payment.objects.filter(gateway="fake"):
            assert failed_later or made.get(payment.provider_id or "", 0) <= payment.refunded_minor

    @invariant()
    def a_charge_is_paid_if_and_only_if_it_is_paid(self) -> None:
        for charge in Charge.objects.exclude(state=ChargeState.VOIDED):
            paid = sum(charge.order.payments.values_list("amount_minor", flat=True))
            assert (charge.state == ChargeState.PAID) == (paid >= charge.total_minor)

    @invariant()
    def nothing_that_is_left_of_a_cancelled_order_is_out_of_reach(self) -> None:
        for payment in Payment.objects.filter(order__status=Status.CANCELLED, state="paid"):
            waiting = payment.refunds.exclude(state__in=[*COUNTS_NOT, RefundState.COMPLETED])
            assert payment.left_minor >= 0
            assert payment.left_minor + payment.refunded_minor == payment.amount_minor
            assert all(refund.state != RefundState.FAILED or refund.attempts.exists() for refund in waiting)

    def teardown(self) -> None:
        """To the last cent: every cancelled order can be refunded whole, if support says so."""
        fake_gateway.plan()
        self.now += timedelta(days=1)
        for pk in getattr(self, "placed", ()):
            if Order.objects.get(pk=pk).status == Status.CANCELLED:
                self.refund_all_of(pk)

    def refund_all_of(self, pk: int) -> None:
        support = self.cast.actor("support")
        for _ in range(2):
            self.attempt(request_refund, order_id=pk, reason="All of it.", actor=support)
            for refund in Refund.objects.filter(order=pk, state=RefundState.PENDING):
                self.attempt(approve_refund, refund_id=refund.pk, actor=support, expected_version=refund.version)
        for refund in Refund.objects.filter(order=pk, state=RefundState.FAILED):
            self.attempt(retry_refund, refund_id=refund.pk, actor=support, expected_version=refund.version)
        for refund in Refund.objects.filter(order=pk):
            self.attempt(send_refund, refund_id=refund.pk)
        require_money_adds_up()
        for payment in Payment.objects.filter(order=pk):
            assert payment.left_minor == 0
        owed = Refund.objects.filter(order=pk).exclude(state__in=[*COUNTS_NOT, RefundState.COMPLETED])
        assert set(owed.values_list("payment__gateway", "state")) <= {("manual", RefundState.SENT)}


class TestMoney(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        MoneyMachine.cast, MoneyMachine.catalog = make_cast(), make_catalog()
        put_rules_in_force()
        put_money_rules_in_force()

    def test_no_sequence_of_commands_loses_or_makes_a_cent(self) -> None:
        run_state_machine_as_test(
            MoneyMachine,
            settings=settings(
                max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
