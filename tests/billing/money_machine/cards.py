"""Paying: by card, by bank transfer, with everything that workers and providers do meanwhile."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.mark_disputed import mark_disputed
from reprieve.actions.pay_by_card import pay_order
from reprieve.actions.record_outside_refund import OutsideRefund, record_outside_refund
from reprieve.actions.record_payment import receivable_minor, record_payment
from reprieve.billing import paying, sending
from reprieve.billing.gateways import Absent, Amount, Answer, Authorised, Done, PaymentAnswer
from reprieve.billing.models import Payment, PaymentState, RefundAttempt
from reprieve.settlement.send_payment import book_payment
from reprieve.settlement.send_refund import book_refund
from tests import fake_gateway
from tests.billing.money_machine.world import Given, World, part_of, parts, where, which

WORDS = ("done", "done", "pending", "declined", "later", "lost_answer", "lost_question", "broken")
PROVIDER = fake_gateway.FakeGateway()


class Cards(World):
    """Payments of orders, the worker, and news from the provider: late, again, and out of order."""

    @where(lambda self: self.order(0))
    @rule(number=which)
    def pay_by_card(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            card = self.cards[order.practice_id]
            self.attempt(pay_order, order_id=order.pk, actor=self.customer(order), card_id=card.pk)

    @where(lambda self: self.order(0))
    @rule(number=which, part=parts)
    def pay_by_hand(self, number: int, part: str) -> None:
        if (order := self.order(number)) is None:
            return
        given: Given = {"amount_minor": part_of(receivable_minor(order.charge), part), "currency": order.currency}
        seen: Given = {"expected_version": order.version, "reference": "transfer"}
        self.attempt(record_payment, order_id=order.pk, actor=self.staff(), **given, **seen)

    @precondition(lambda self: self.ready())
    @rule(number=which, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2), dies=st.booleans())
    def the_worker_works(self, number: int, words: list[str], dies: bool) -> None:  # noqa: FBT001
        ready = self.ready()
        fake_gateway.plan(*words)
        self.work(ready[number % len(ready)], dies=dies)
        fake_gateway.plan()

    @precondition(lambda self: self.ready())
    @rule()
    def the_worker_catches_up(self) -> None:
        for task in self.ready():
            self.work(task)

    @precondition(lambda self: self.ready())
    @rule(number=which, word=st.sampled_from(["done", "pending", "later", "lost_answer"]))
    def a_slow_worker_asks(self, number: int, word: str) -> None:
        """It asks, and much may happen before it books the answer; nor is it alone with the task."""
        ready = self.ready()
        task = ready[number % len(ready)]
        fake_gateway.plan(word)
        if task.task_path.endswith(".send_payment_when_due"):
            self.ask_for_payment(task.args[0])
        if task.task_path.endswith(".send_when_due"):
            self.ask_for_refund(task.args[0])
        fake_gateway.plan()

    def ask_for_payment(self, payment_id: int) -> None:
        with transaction.atomic():
            found = paying.claim(payment_id, now=self.now)
        if isinstance(found, paying.Try):
            self.tell_of_payment(payment_id, paying.ask(found))

    def ask_for_refund(self, refund_id: int) -> None:
        with transaction.atomic():
            found = sending.claim(refund_id, now=self.now)
        if isinstance(found, sending.Try):
            self.tell_of_refund(found.attempt.pk, sending.ask(found))

    @where(lambda self: self.card_payment(0))
    @rule(number=which)
    def the_provider_tells_of_a_payment(self, number: int) -> None:
        payment = self.card_payment(number)
        if payment is None:
            return
        found = PROVIDER.look_up_payment(payment.provider_id or "", key=payment.key, since=self.now)
        if not isinstance(found, Absent):
            self.tell_of_payment(payment.pk, found)

    @where(lambda self: self.attempt_at_provider(0))
    @rule(number=which)
    def the_provider_tells_of_a_refund(self, number: int) -> None:
        if (attempt := self.attempt_at_provider(number)) is None:
            return
        found = PROVIDER.look_up_refund("", key=attempt.key)
        if not isinstance(found, Absent):
            self.tell_of_refund(attempt.pk, found)

    def attempt_at_provider(self, number: int, *states: str) -> RefundAttempt | None:
        books = self.known()
        attempts = [each for each in books.attempts.values() if each.gateway == "fake"]
        found = [each for each in attempts if not states or books.refunds[each.refund_id].state in states]
        return found[number % len(found)] if found else None

    def tell_of_payment(self, payment_id: int, answer: PaymentAnswer) -> None:
        self.news.append(partial(book_payment, payment_id=payment_id, answer=answer, actor=SYSTEM))

    def tell_of_refund(self, attempt_id: int, answer: Answer) -> None:
        self.news.append(partial(book_refund, attempt_id=attempt_id, answer=answer, actor=SYSTEM))

    @precondition(lambda self: self.news)
    @rule(number=which, again=st.booleans())
    def news_is_heard(self, number: int, again: bool) -> None:  # noqa: FBT001
        place = number % len(self.news)
        news = self.news[place] if again else self.news.pop(place)
        self.attempt(news)

    @where(lambda self: self.card_payment(0, PaymentState.AUTHORISED))
    @rule(number=which)
    def a_hold_runs_out(self, number: int) -> None:
        payment = self.card_payment(number, PaymentState.AUTHORISED)
        if payment is not None and isinstance(self.stands(payment), Authorised):
            fake_gateway.run_out(str(payment.key))

    @where(lambda self: self.card_payment(0, PaymentState.PAID))
    @rule(number=which, closed=st.sampled_from(["", "", "won", "won", "lost"]))
    def a_payment_is_disputed(self, number: int, closed: str) -> None:
        payment = self.card_payment(number, PaymentState.PAID)
        if payment is None or payment.pk in self.lost:
            return
        self.attempt(mark_disputed, payment_id=payment.pk, closed=closed)
        if closed == "lost":
            self.lost.add(payment.pk)

    @where(lambda self: self.card_payment(0, PaymentState.PAID))
    @rule(number=which, part=st.sampled_from(["all", "half", "one"]), again=st.booleans())
    def somebody_refunds_outside(self, number: int, part: str, again: bool) -> None:  # noqa: FBT001
        payment = self.card_payment(number, PaymentState.PAID)
        if payment is None or not (room := self.room_minor(payment)):
            return
        minor = part_of(room, part) or 1
        name = fake_gateway.refund_outside(payment.provider_id or "", Amount(minor, payment.currency))
        made = OutsideRefund(name, minor, Done(name))
        news = partial(record_outside_refund, payment_id=payment.pk, made=made)
        self.attempt(news)
        if again:
            self.news.append(news)

    def room_minor(self, payment: Payment) -> int:
        """What somebody may refund outside without giving more back than there is to give."""
        found = self.known().documents.get(payment.invoice_id or 0)
        return payment.left_minor if found is None else min(payment.left_minor, found.overpaid_minor)

    @where(lambda self: self.attempt_at_provider(0, "completed"))
    @rule(number=which)
    def a_refund_comes_back(self, number: int) -> None:
        if (attempt := self.attempt_at_provider(number, "completed")) is None:
            return
        key = str(attempt.provider_id or attempt.key)
        if key in fake_gateway.refunds_kept():
            fake_gateway.come_back(key)
            self.tell_of_refund(attempt.pk, fake_gateway.CAME_BACK)

    @rule(time=st.sampled_from([timedelta(minutes=20), timedelta(hours=7), timedelta(days=8)]))
    def time_passes(self, time: timedelta) -> None:
        self.wait(time)

    @staticmethod
    def stands(payment: Payment) -> object:
        return PROVIDER.look_up_payment(str(payment.key), key=payment.key, since=payment.created_at)
