"""All that is written down about money, read at one moment: for looking at it, and for comparing two moments."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Model
from django_ox.models import OxTask

from reprieve.billing.documents import Document, document, with_amounts
from reprieve.billing.models import (
    Charge,
    CreditEntry,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    NumberSequence,
    Payment,
    PaymentState,
    Refund,
    RefundAttempt,
)
from reprieve.orders.models import Order, Status
from reprieve.settlement.settle_invoice import settle_invoice
from tests.factories.money import COUNTS_NOT


@dataclass(frozen=True, kw_only=True)
class Books:
    """Every row of it, by its key."""

    orders: dict[int, Order]
    charges: dict[int, Charge]
    payments: dict[int, Payment]
    refunds: dict[int, Refund]
    attempts: dict[int, RefundAttempt]
    entries: dict[int, CreditEntry]
    invoices: dict[int, Invoice]
    lines: dict[int, InvoiceLine]
    numbers: dict[str, int]
    to_be_settled: frozenset[int]

    @classmethod
    def read(cls) -> "Books":
        return cls(
            orders=_by_key(Order.objects.all()),
            charges=_by_key(Charge.objects.all()),
            payments=_by_key(Payment.objects.all()),
            refunds=_by_key(Refund.objects.all()),
            attempts=_by_key(RefundAttempt.objects.all()),
            entries=_by_key(CreditEntry.objects.all()),
            invoices=_by_key(with_amounts(Invoice.objects.all())),
            lines=_by_key(InvoiceLine.objects.all()),
            numbers=dict(NumberSequence.objects.values_list("key", "last")),
            to_be_settled=frozenset(
                task.args[0]
                for task in OxTask.objects.filter(
                    status=OxTask.Status.READY, task_path__endswith=f".{settle_invoice.func.__name__}"
                )
            ),
        )

    @cached_property
    def content(self) -> list[object]:
        """What to compare: the same list twice is the same money twice."""
        kinds = (self.orders, self.charges, self.payments, self.refunds, self.attempts, self.entries, self.lines)
        return [_fields(row) for rows in kinds for row in rows.values()]

    @cached_property
    def line_of(self) -> dict[int, InvoiceLine]:
        """The line on an invoice, by the charge."""
        return {line.charge_id: line for line in self.lines.values() if line.corrects_id is None}

    @cached_property
    def documents(self) -> dict[int, Document]:
        return {key: document(row) for key, row in self.invoices.items() if row.kind == InvoiceKind.INVOICE}

    @cached_property
    def paid_of_charge(self) -> dict[int, list[Payment]]:
        return _grouped(self._paid, "charge_id")

    @cached_property
    def paid_of_invoice(self) -> dict[int, list[Payment]]:
        return _grouped(self._paid, "invoice_id")

    @cached_property
    def going_back(self) -> dict[int, int]:
        """What has gone back or is on its way, by the payment."""
        found: dict[int, int] = defaultdict(int)
        for refund in self.refunds.values():
            if refund.state not in COUNTS_NOT:
                found[refund.payment_id] += refund.amount_minor
        return found

    @cached_property
    def last_attempt(self) -> dict[int, RefundAttempt]:
        """By the refund."""
        return {each.refund_id: each for each in sorted(self.attempts.values(), key=lambda each: each.number)}

    @property
    def cancelled(self) -> list[Order]:
        return [order for order in self.orders.values() if order.status == Status.CANCELLED]

    @property
    def _paid(self) -> list[Payment]:
        return [payment for payment in self.payments.values() if payment.state == PaymentState.PAID]

    def order_of(self, charge_id: int | None) -> Order:
        return self.orders[self.charges[charge_id or 0].order_id or 0]


def _by_key[M: Model](rows: Iterable[M]) -> dict[int, M]:
    return {row.pk: row for row in rows}


def _fields(row: Model) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def _grouped(payments: Iterable[Payment], by: str) -> dict[int, list[Payment]]:
    found: dict[int, list[Payment]] = defaultdict(list)
    for payment in payments:
        if (key := getattr(payment, by)) is not None:
            found[key].append(payment)
    return found
