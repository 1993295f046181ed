"""Money to test with: payments by card, store credit, and looking at what came of it."""

from datetime import datetime
from itertools import count

from django.db import transaction
from django.db.models import Sum

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.request_refund import request_refund
from reprieve.billing import credit
from reprieve.billing.models import CreditEntry, CreditKind, Method, Payment, PaymentState, Refund, RefundState
from reprieve.orders.locking import lock_order
from reprieve.orders.models import Order
from reprieve.settlement.receive_payment import receive_payment
from tests.factories.things import MINUTE, NOON, Catalog, an_order, put_money_rules_in_force

NUMBERS = count(1)
COUNTS_NOT = (RefundState.REJECTED, RefundState.UNDONE)


@transaction.atomic
def pay_by_card(order: Order, minor: int = 12000, *, fee: int = 0) -> Payment:
    """The order's payment of so much by card, at the fake provider, come in."""
    order = lock_order(SYSTEM, order.pk)
    payment = Payment.objects.create(
        practice_id=order.practice_id,
        charge=order.charge,
        method=Method.CARD,
        gateway="fake",
        provider_id=f"ch_{next(NUMBERS)}",
        currency=order.currency,
        amount_minor=minor,
        fee_minor=fee,
        state=PaymentState.PENDING,
        created_at=NOON,
    )
    receive_payment(order.charge, payment, actor=SYSTEM, now=NOON)
    return payment


def placed(payment: Payment) -> Order:
    """The order that the payment is for."""
    return Order.objects.get(charge__payments=payment)


def a_refund(catalog: Catalog, owner: Actor) -> Refund:
    """A refund that waits for support: of what was kept of a cancelled order."""
    order = an_order(catalog, owner, "design")
    pay_by_card(order, 12000, fee=378)
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON)
    (refund,) = request_refund(order_id=order.pk, actor=owner, reason="We were charged twice.", now=NOON)
    return refund


def an_undoable_order(catalog: Catalog, owner: Actor, *, now: datetime) -> Order:
    """A cancelled order whose cancellation can be undone, with half of its payment left."""
    put_money_rules_in_force(now - MINUTE)
    order = an_order(catalog, owner, now=now)
    pay_by_card(order, 12000)
    cancel_order(order_id=order.pk, actor=owner, reason="wrong_product", now=now)
    return order


@transaction.atomic
def give_credit(practice_id: int, minor: int, currency: str = "USD") -> None:
    """Store credit that a practice had before."""
    practice = credit.lock_practice(practice_id)
    credit.write(practice, CreditKind.GRANT, minor, currency, actor=SYSTEM, now=NOON)


def require_money_adds_up() -> None:
    """What is true of money at every moment, whatever has happened to it."""
    for payment in Payment.objects.all():
        going_back = Refund.objects.filter(payment=payment).exclude(state__in=COUNTS_NOT)
        found = going_back.aggregate(sum=Sum("amount_minor"))["sum"] or 0
        assert payment.refunded_minor == found, f"payment {payment.pk} counts what its refunds do not say"
        assert 0 <= found <= payment.amount_minor
    for practice_id, currency in CreditEntry.objects.values_list("practice", "currency").distinct():
        entries = CreditEntry.objects.filter(practice=practice_id, currency=currency)
        assert sum(entries.values_list("amount_minor", flat=True)) == credit.balance_minor(practice_id, currency) >= 0
