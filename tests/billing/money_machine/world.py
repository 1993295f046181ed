"""The world of the machine: its clock, who acts, the queue of the worker, the provider's news, and looking afterwards.

Each example plays in a savepoint of its own and leaves nothing behind.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Final

from django.db import transaction
from django.db.models import F, Q
from django.test import override_settings
from django_ox.models import OxTask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.billing.models import Card, Invoice, Payment, Refund
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order
from reprieve.settlement.send_payment import send_payment
from reprieve.settlement.send_refund import send_refund
from reprieve.settlement.settle_invoice import settle_invoice
from tests import fake_gateway
from tests.billing.money_machine import truths
from tests.billing.money_machine.books import Books
from tests.factories.money import give_credit
from tests.factories.people import Cast
from tests.factories.things import MINUTE, Catalog

MOST_ORDERS: Final = 5
RULES: Final = Path(__file__).parent / "order-cancellation.toml"
START: Final = datetime(2026, 3, 27, 12, tzinfo=UTC)  # a Friday: weeks and months end soon
CURRENCIES: Final = ("USD", "JPY", "KWD")
AS_USUAL: Final = "done"
type Given = dict[str, Any]
which = st.integers(0, 11)
parts = st.sampled_from(["all", "half", "one", "too much"])
# What the worker may do, by the last part of a task's path.
WORK: Final[dict[str, Callable[[int, datetime], object]]] = {
    "send_payment_when_due": lambda pk, now: send_payment(payment_id=pk, now=now),
    "send_when_due": lambda pk, now: send_refund(refund_id=pk, now=now),
    "settle_invoice": lambda pk, _now: settle_invoice.call(pk),
}


def part_of(minor: int, part: str) -> int:
    return {"all": minor, "half": minor // 2, "one": 1, "too much": minor + 1}[part]


class World(RuleBasedStateMachine):
    """What the rules share. `terms` are those on which orders are placed."""

    cast: ClassVar[Cast]
    catalog: ClassVar[Catalog]
    cards: ClassVar[dict[int, Card]]
    terms: ClassVar[tuple[PaymentTerms, ...]]

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.settings = override_settings(CARD_GATEWAY="fake")
        self.settings.enable()
        # What somebody has read at the provider, and not booked yet.
        self.news: list[Callable[..., object]] = []
        # What banks took back for good.
        self.lost: set[int] = set()
        self.books: Books | None = None
        fake_gateway.forget()

    def open_the_doors(self, tax: str, capture_at: str, credit: int) -> None:
        """The business begins, with its settings and with what the practice has in credit."""
        self.settings.disable()
        self.settings = override_settings(CARD_GATEWAY="fake", TAX_PERCENT=Decimal(tax), CAPTURE_AT=capture_at)
        self.settings.enable()
        for currency in CURRENCIES if credit else ():
            give_credit(self.cast.practice.pk, credit, currency)

    @invariant()
    def the_money_adds_up(self) -> None:
        self.books = Books.read()
        truths.require(self.books)

    def teardown(self) -> None:
        """When all went well, the whole is brought to its end as well."""
        try:
            if sys.exception() is None:
                self.end()
        finally:
            self.settings.disable()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def end(self) -> None:
        raise NotImplementedError

    def attempt(self, command: Callable[..., object], minutes: int = 1, **given: Any) -> bool:  # noqa: ANN401 - whatever the command takes
        """Whether it was done. What is refused has changed nothing."""
        before = (self.books or Books.read()).content
        self.books = None
        self.now += minutes * MINUTE
        try:
            command(now=self.now, **given)
        except Refused:
            self.books = Books.read()
            assert self.books.content == before, f"{command} was refused, and has changed something"
            return False
        return True

    def staff(self) -> Actor:
        return self.cast.actor("support")

    def customer(self, of: Order | Invoice) -> Actor:
        return self.cast.actor("owner" if of.practice_id == self.cast.practice.pk else "stranger")

    def known(self) -> Books:
        if self.books is None:
            self.books = Books.read()
        return self.books

    def order(self, number: int, *statuses: str) -> Order | None:
        orders = self.known().orders.values()
        return _one_of([order for order in orders if not statuses or order.status in statuses], number)

    def card_payment(self, number: int, *states: str) -> Payment | None:
        """One with a card that the provider has been asked for."""
        asked = [each for each in self.known().payments.values() if each.card_id is not None and each.asked_at]
        return _one_of([payment for payment in asked if not states or payment.state in states], number)

    def refund(self, number: int, *states: str) -> Refund | None:
        refunds = self.known().refunds.values()
        return _one_of([refund for refund in refunds if not states or refund.state in states], number)

    def queue(self) -> list[OxTask]:
        """What the worker may take up now, and, after it, what it may later."""
        is_ours = Q(*(("task_path__endswith", f".{name}") for name in WORK), _connector=Q.OR)
        ours = OxTask.objects.filter(is_ours, status=OxTask.Status.READY)
        return list(ours.order_by(F("run_after").asc(nulls_first=True), "enqueued_at"))

    def ready(self) -> list[OxTask]:
        return [task for task in self.queue() if task.run_after is None or task.run_after <= self.now]

    def work(self, task: OxTask, *, dies: bool = False) -> None:
        """The worker does the task; or dies at its end, or of it, and will do it again."""
        self.books = None
        try:
            WORK[task.task_path.rpartition(".")[2]](task.args[0], self.now)
        except ConnectionError:
            return
        if not dies:
            task.delete()

    def wait(self, time: timedelta) -> None:
        self.now += time


def where(found: Callable[[Any], object]) -> Callable[[Any], Any]:
    """Only where there is one: a step that does nothing is none."""
    return precondition(lambda self: found(self) is not None)


def _one_of[T](rows: list[T], number: int) -> T | None:
    return rows[number % len(rows)] if rows else None
