"""How an invoice is being paid, in words and as rows: the same for the portal and the console."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import timezone
from moneyed import Money

from reprieve.billing.documents import Document, document
from reprieve.billing.models import ON_ITS_WAY, Invoice, Payment, PaymentState
from reprieve.billing.periods import business_zone
from reprieve.lib.money import from_minor
from reprieve.web.money import ShownPayment, ShownRefund, shown_payment, shown_refund


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInvoice:
    """An invoice or a credit note in a list.

    Attributes:
        is_declined: whether it is open, and the last card that was to pay it did not; `problem` is why.
        is_coming: whether a card's payment is on its way, or nobody knows.
        is_overdue: whether it is open although its day has passed.
        can_be_paid: whether a card may pay it now.
    """

    document: Document
    is_declined: bool
    problem: str
    is_coming: bool
    is_overdue: bool
    can_be_paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceMoney:
    """An invoice's payments, and what goes back of them.

    Attributes:
        coming: the card's payment that is on its way, or of which nobody knows.
        declined: the card's payment that failed last, as long as the invoice is open.
        to_pay: what a card may pay now.
        recordable_minor: what staff may record as come another way, in minor units; more is paid too much.
        is_overdue: whether it is open although its day has passed.
    """

    document: Document
    payments: list[ShownPayment]
    refunds: list[ShownRefund]
    coming: Payment | None
    declined: Payment | None
    to_pay: Money | None
    recordable_minor: int
    is_overdue: bool

    @property
    def is_coming(self) -> bool:
        return self.coming is not None

    @property
    def is_declined(self) -> bool:
        """Whether it is open, and the last card that was to pay it did not."""
        return self.declined is not None


def listed(rows: Iterable[Invoice]) -> list[ListedInvoice]:
    """The rows of `receivables.with_open` for a page."""
    today = today_here()
    return [_listed(row, today) for row in rows]


def invoice_money(found: Document) -> InvoiceMoney:
    """How it is being paid and what goes back, in three queries."""
    payments = list(found.invoice.payments.select_related("card").order_by("created_at", "pk"))
    refunds = found.invoice.refunds.select_related("payment", "invoice").prefetch_related("attempts")
    by_card = [payment for payment in payments if payment.card_id is not None]
    coming = next((payment for payment in by_card if payment.state in ON_ITS_WAY), None)
    last = max(by_card, key=lambda payment: payment.pk, default=None)
    is_declined = last is not None and last.state == PaymentState.FAILED and found.open_minor > 0
    left = max(found.open_minor - (coming.amount_minor if coming else 0), 0)
    can_be_paid = bool(settings.CARD_GATEWAY) and coming is None and left > 0
    return InvoiceMoney(
        document=found,
        payments=[shown_payment(payment) for payment in payments],
        refunds=[shown_refund(refund) for refund in refunds.order_by("asked_at", "pk")],
        coming=coming,
        declined=last if is_declined else None,
        to_pay=from_minor(left, found.invoice.currency) if can_be_paid else None,
        recordable_minor=left,
        is_overdue=found.open_minor > 0 and found.invoice.due_on < today_here(),
    )


def to_be_paid(invoices: Iterable[ListedInvoice]) -> list[Money]:
    """What is open of all of them together, by currency."""
    sums: Counter[str] = Counter()
    for each in invoices:
        sums[each.document.invoice.currency] += max(each.document.open_minor, 0)
    return [from_minor(minor, currency) for currency, minor in sorted(sums.items()) if minor]


def today_here() -> date:
    return timezone.now().astimezone(business_zone()).date()


def _listed(row: Invoice, today: date) -> ListedInvoice:
    found = document(row)
    is_open, state, problem = found.open_minor > 0, *_last_try(row)
    is_coming = state in ON_ITS_WAY
    return ListedInvoice(
        document=found,
        is_declined=is_open and state == PaymentState.FAILED,
        problem=problem,
        is_coming=is_coming,
        is_overdue=is_open and row.due_on < today,
        can_be_paid=is_open and not is_coming and bool(settings.CARD_GATEWAY),
    )


def _last_try(row: Invoice) -> tuple[str, str]:
    return row.card_state or "", row.card_problem or ""  # type: ignore[attr-defined]  # annotated
