"""What was paid for an order and what goes back, in words and as rows: the same for the portal and the console."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import gettext
from moneyed import Money

from reprieve.actions.pay_order import payable_minor
from reprieve.billing.cost_in_words import card_pays, not_billed_in_words, refund_in_words
from reprieve.billing.credit import balances
from reprieve.billing.credit_notes import is_credited
from reprieve.billing.gateways import gateway
from reprieve.billing.models import Charge, CreditEntry, Method, Payment, PaymentState, Refund, RefundState
from reprieve.billing.payments import ON_ITS_WAY, refundable_minor
from reprieve.billing.quotes import Quote, quote
from reprieve.billing.refund_plan import Part, Plan
from reprieve.lib.money import display, from_minor
from reprieve.orders.models import STANDING_STILL, Order, Status

PREFETCHED = (
    Prefetch("payments", Payment.objects.select_related("card").order_by("created_at", "pk")),
    Prefetch(
        "refunds", Refund.objects.select_related("payment").prefetch_related("attempts").order_by("asked_at", "pk")
    ),
)
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
    """From what `PREFETCHED` has loaded."""
    own = list(order.refunds.all())
    found = sorted([*own, *_of_its_invoice(order)], key=lambda each: (each.asked_at, each.pk))
    return OrderMoney(
        payments=[shown_payment(payment, order) for payment in order.payments.all()],
        to_pay=_to_pay(order),
        refunds=[shown_refund(refund) for refund in found],
        left=None if any(each.state == RefundState.PENDING for each in own) else _left(order),
    )


def _of_its_invoice(order: Order) -> Iterable[Refund]:
    """What goes back of its invoice's payments because it was cancelled; asked for only where there can be any."""
    if not is_credited(order):
        return ()
    found = Refund.objects.filter(cancellation__order=order, invoice__isnull=False)
    return found.select_related("payment", "invoice").prefetch_related("attempts")


def practice_money(practice_id: int) -> PracticeMoney:
    """The newest of what a practice's billing page shows."""
    entries = CreditEntry.objects.filter(practice=practice_id).select_related("order").order_by("-pk")
    refunds = Refund.objects.filter(practice=practice_id).select_related("order", "invoice", "payment")
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
    charge: Charge | None = getattr(order, "charge", None)
    minor = payable_minor(charge, order.payments.all()) if charge is not None else 0
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


def refund_words(order: Order, outputs: Mapping[str, object], *, override: bool = False) -> str:
    """What comes back if it is cancelled under a decision: to the cent where something was paid."""
    return quoted_in_words(order, quote(order, outputs, override=override), outputs)


def quoted_in_words(order: Order, quoted: Quote, outputs: Mapping[str, object]) -> str:
    """The same of a quote that is at hand."""
    held = held_in_words(order)
    if not quoted.plan.paid_minor and quoted.credited is None:
        not_billed = "" if quoted.is_open else not_billed_in_words(order)
        return held or not_billed or refund_in_words(outputs, order.currency, by_card=card_pays(order))
    own = quote_in_words(quoted, order) if quoted.plan.paid_minor else ""
    return " ".join(filter(None, (own, *_credited_in_words(quoted), held)))


def held_in_words(order: Order) -> str:
    """What becomes of a card's payment that is not made yet, or was not made, if the order is cancelled."""
    states = {payment.state for payment in order.payments.all() if payment.card_id is not None}
    if states & {PaymentState.PENDING, PaymentState.UNKNOWN}:
        return gettext("Your card is not charged any more; if it is charged already, support gives the money back.")
    if states & {PaymentState.AUTHORISED, PaymentState.RELEASED} and PaymentState.PAID not in states:
        return gettext("Nothing has been charged to your card; the hold on it is released.")
    return ""


def quote_in_words(quoted: Quote, order: Order) -> str:
    """The amounts, each with where it goes, and what is kept of what."""
    payments = {payment.pk: payment for payment in order.payments.all() if payment.state == PaymentState.PAID}
    return " ".join(_sentences(quoted, payments))


def given_back_in_words(order: Order, money: OrderMoney) -> str:
    """What goes back of a cancelled order, and how far each part of it is."""
    parts = [
        gettext("%(amount)s %(to)s: %(state)s.")
        % {"amount": _money(each.refund.amount), "to": each.to, "state": each.state}
        for each in money.refunds
        if each.refund.state != RefundState.UNDONE
    ]
    return " ".join(filter(None, (*parts, held_in_words(order))))


def _sentences(quoted: Quote, payments: Mapping[int, Payment]) -> Iterator[str]:
    plan = quoted.plan
    credit = [part for part in plan.parts if payments[part.payment_id].method == Method.CREDIT]
    money = [part for part in plan.parts if payments[part.payment_id].method != Method.CREDIT]
    if credit:
        yield gettext("%s goes back to your store credit.") % _minor(_sum(credit), plan)
    if quoted.is_open and money:
        yield gettext("Support decides how much of the %s that you paid comes back.") % _minor(_sum(money), plan)
    elif money and quoted.override:
        yield gettext("Support decides whether %s comes back.") % _minor(_sum(money), plan)
    elif money:
        methods = {payments[part.payment_id].method for part in money}
        yield _money_back(plan, _sum(money), _where_to(money, methods), _paid_by_money(payments))
    elif not credit:
        left = plan.paid_minor - plan.refunded_minor
        yield gettext("Nothing of the %s that you paid comes back.") % _minor(left, plan)


def _credited_in_words(quoted: Quote) -> Iterator[str]:
    """What a credit note takes off the invoice, and what of that was paid."""
    if quoted.credited is None:
        return
    invoice, plan = quoted.credited.line.invoice, quoted.plan
    words = {"amount": _minor(quoted.credited.amount_minor, plan), "invoice": invoice.name}
    yield gettext("A credit note takes %(amount)s off invoice %(invoice)s.") % words
    back = _minor(quoted.of_invoice_minor, plan)
    if quoted.of_invoice and not quoted.is_granted:
        yield gettext("%s of it was paid; support decides how much of that comes back.") % back
    elif quoted.of_invoice:
        methods = {each.pk: each.method for each in invoice.payments.all()}
        where = _where_to(quoted.of_invoice, {methods[part.payment_id] for part in quoted.of_invoice})
        yield gettext("%(back)s of it was paid and %(to)s.") % {"back": back, "to": where}


def _money_back(plan: Plan, back_minor: int, where: str, paid_minor: int) -> str:
    """$116.22 goes back to your card: $120.00 minus the card's processing fee of $3.78."""
    words = {"back": _minor(back_minor, plan), "to": where, "paid": _minor(paid_minor, plan)}
    words["kept"], words["fee"] = _minor(paid_minor - back_minor, plan), _minor(plan.kept_fee_minor, plan)
    if back_minor >= paid_minor:
        return gettext("%(back)s %(to)s.") % words
    if plan.kept_fee_minor == paid_minor - back_minor:
        return gettext("%(back)s %(to)s: %(paid)s minus the card's processing fee of %(fee)s.") % words
    if plan.kept_fee_minor:
        return gettext("%(back)s %(to)s: of %(paid)s, %(kept)s is kept, with the card's processing fee.") % words
    return gettext("%(back)s %(to)s: of %(paid)s, %(kept)s is kept.") % words


def _where_to(parts: Sequence[Part], methods: Collection[str]) -> str:
    if all(part.to_credit for part in parts):
        return gettext("becomes store credit")
    if set(methods) == {Method.CARD}:
        return gettext("goes back to your card")
    return gettext("goes back the way you paid")


def _sum(parts: Iterable[Part]) -> int:
    return sum(part.amount_minor for part in parts)


def _paid_by_money(payments: Mapping[int, Payment]) -> int:
    """What is not on its way back already: paid twice, a case is not to look as if it had cost twice as much."""
    return sum(each.left_minor for each in payments.values() if each.method != Method.CREDIT)


def _left(order: Order) -> Money | None:
    """What can still be asked for."""
    left = refundable_minor(order)
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


def _minor(minor: int, plan: Plan) -> str:
    return _money(from_minor(minor, plan.currency))


def _money(amount: Money) -> str:
    return display(amount)
