"""What was paid for an order and what goes back, in words and as rows: the same for the portal and the console."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils.translation import gettext
from moneyed import Money

from reprieve.actions.pay_by_card import payable_minor
from reprieve.billing.credit import balances
from reprieve.billing.credit_notes import is_credited
from reprieve.billing.gateways import gateway
from reprieve.billing.models import ON_ITS_WAY, CreditEntry, Method, Payment, PaymentState, Refund, RefundState
from reprieve.billing.payments import excess_minor, refundable_minor
from reprieve.billing.quotes_in_words import held_in_words
from reprieve.lib.money import display, from_minor
from reprieve.orders.models import STANDING_STILL, Order, Status

NEWEST = 20
# How a refund looks: like which status of an order, and with which icon.
LOOKS = {
    RefundState.PENDING: ("paused", "clock"),
    RefundState.APPROVED: ("processing", "approve"),
    RefundState.SENT: ("processing", "refund"),
    RefundState.UNKNOWN: ("processing", "search"),
    RefundState.COMPLETED: ("completed", "check"),
    RefundState.FAILED: ("cancelled", "warning"),
    RefundState.REJECTED: ("cancelled", "decline"),
    RefundState.UNDONE: ("on_hold", "withdraw"),
}


@dataclass(frozen=True, slots=True)
class ShownRefund:
    """A refund with its state in the reader's words. `problem` and `by_hand` are for staff.

    `by_hand` says that a colleague is to make it, and then to confirm it; `failed_for_good` that it is not tried again
    unless somebody helps.
    """

    refund: Refund
    state: str
    look: str
    icon: str
    to: str
    problem: str = ""
    by_hand: bool = False
    failed_for_good: bool = False


@dataclass(frozen=True, slots=True)
class ShownPayment:
    """A payment with how it stands in words, which are empty for one that is paid. `problem` is for staff."""

    payment: Payment
    state: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoney:
    """An order's payments, and the refunds that it led to: of its own payments, and of its invoice's.

    `left`: what may still be asked for; `to_pay`: what a card may pay now.
    """

    payments: list[ShownPayment]
    to_pay: Money | None
    refunds: list[ShownRefund]
    left: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeMoney:
    """A practice's store credit and its newest refunds."""

    balances: list[Money]
    entries: list[CreditEntry]
    refunds: list[ShownRefund]


def order_money(order: Order) -> OrderMoney:
    """Of an order whose money is loaded, but for its refunds."""
    payments, found = order.charge.payments.all(), _refunds(order)
    is_asked_for = any(each.state == RefundState.PENDING and each.charge_id is not None for each in found)
    return OrderMoney(
        payments=[shown_payment(payment, order) for payment in payments],
        to_pay=_to_pay(order),
        refunds=[shown_refund(refund) for refund in found],
        left=None if is_asked_for else _left(order),
    )


def _refunds(order: Order) -> Sequence[Refund]:
    """What goes back of its own payments; where a credit note took it off its invoice, also what follows of that."""
    shown = Refund.objects.select_related("payment", "invoice").prefetch_related("attempts").order_by("asked_at", "pk")
    if is_credited(order.charge):
        follows = Q(cancellation__order=order, invoice__isnull=False)
        return list(shown.filter(Q(charge=order.charge) | follows))
    prefetch_related_objects([order.charge], Prefetch("refunds", shown if _may_go_back(order) else shown.none()))
    return list(order.charge.refunds.all())


def _may_go_back(order: Order) -> bool:
    """Nothing does of what was never cancelled, nor paid too much; nor is it asked back."""
    is_counted = any(payment.refunded_minor for payment in order.charge.payments.all())
    return is_counted or bool(order.cancellations.all()) or excess_minor(order.charge) > 0


def practice_money(practice_id: int) -> PracticeMoney:
    """The newest of what a practice's billing page shows."""
    entries = CreditEntry.objects.filter(practice=practice_id).select_related("charge").order_by("-pk")
    refunds = Refund.objects.filter(practice=practice_id).select_related("charge", "invoice", "payment")
    newest = refunds.prefetch_related("attempts").order_by("-asked_at", "-pk")[:NEWEST]
    return PracticeMoney(
        balances=[from_minor(minor, code) for code, minor in balances(practice_id).items()],
        entries=list(entries[:NEWEST]),
        refunds=[shown_refund(refund) for refund in newest],
    )


def shown_payment(payment: Payment, order: Order | None = None) -> ShownPayment:
    """One payment of an order, or of an invoice, for a page."""
    problem = payment.problem if payment.state in ON_ITS_WAY else ""
    return ShownPayment(payment, _payment_words(payment, order), problem)


def _payment_words(payment: Payment, order: Order | None) -> str:
    state = PaymentState(payment.state)
    if state is PaymentState.FAILED:
        return gettext("Failed: %s") % payment.problem
    if state is PaymentState.AUTHORISED and order and order.status == Status.CANCELLED:
        return gettext("Held on the card; the hold is being released")
    if state is PaymentState.PENDING and order and order.status in STANDING_STILL and payment.asked_at is None:
        return gettext("Not charged while the case is paused")
    return {
        PaymentState.PENDING: gettext("On its way"),
        PaymentState.AUTHORISED: gettext("Held on the card, not charged yet"),
        PaymentState.UNKNOWN: gettext("Being checked with the card provider; nobody is charged twice"),
        PaymentState.PAID: "",
        PaymentState.RELEASED: gettext("Released: nothing was charged"),
    }[state]


def _to_pay(order: Order) -> Money | None:
    minor = payable_minor(order.charge)
    return from_minor(minor, order.currency) if minor else None


def shown_refund(refund: Refund) -> ShownRefund:
    """One refund for a page; its payment and its tries are loaded."""
    last = max(refund.attempts.all(), key=lambda each: each.number, default=None)
    state = RefundState(refund.state)
    failed_for_good = state is RefundState.FAILED and (last is None or last.permanent)
    look, icon = LOOKS[state]
    return ShownRefund(
        refund,
        state=gettext("Failed; support looks after it") if failed_for_good else str(state.label),
        look=look,
        icon=icon,
        to=_where_it_goes(refund),
        problem=last.problem if last and state in (RefundState.FAILED, RefundState.UNKNOWN) else "",
        failed_for_good=failed_for_good,
        by_hand=last is not None and state is RefundState.SENT and gateway(last.gateway).by_hand,
    )


def given_back_in_words(order: Order, money: OrderMoney) -> str:
    """What goes back of a cancelled order, and how far each part of it is."""
    parts = [
        gettext("%(amount)s %(to)s: %(state)s.")
        % {"amount": display(each.refund.amount), "to": each.to, "state": each.state}
        for each in money.refunds
        if each.refund.state != RefundState.UNDONE
    ]
    return " ".join(filter(None, (*parts, held_in_words(order.charge))))


def _left(order: Order) -> Money | None:
    """What can still be asked for."""
    left = refundable_minor(order.charge)
    return from_minor(left, order.currency) if left else None


def _where_it_goes(refund: Refund) -> str:
    if refund.to_credit:
        return _where(Method.CREDIT)
    return _where(Method.MANUAL if refund.by_hand else refund.payment.method)


def _where(method: str) -> str:
    if method == Method.CARD:
        return gettext("to the card")
    if method == Method.CREDIT:
        return gettext("to the store credit")
    return gettext("by bank transfer or cheque")
