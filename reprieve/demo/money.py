"""Steps of a case about money that moves by bank transfer: the demo has no card provider."""

from dataclasses import replace
from datetime import datetime, timedelta

from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.confirm_refund import confirm_refund, report_failed_refund
from reprieve.actions.record_payment import receivable_minor, record_payment
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_refund import request_refund
from reprieve.actions.reroute_refund import Way, reroute_refund
from reprieve.billing.models import Refund, RefundState
from reprieve.demo.case import PRACTICE, Case, Step, step
from reprieve.lib.identifiers import order_number
from reprieve.orders.models import Order
from reprieve.settlement.send_refund import send_refund

UNDOING = timedelta(minutes=30)  # the lab's rules grant so much


@step()
def pay(case: Case, now: datetime) -> None:
    """Support finds what is open on the bank statement, also of a cancelled case; credit may have paid it all."""
    order = Order.objects.get(pk=case.order_id)
    open_minor = receivable_minor(order.charge)
    if open_minor <= 0:
        return
    record_payment(
        order_id=order.pk,
        actor=case.support,
        expected_version=order.version,
        amount_minor=open_minor,
        currency=order.currency,
        reference=f"Transfer {now:%d %b}, {order.number}",
        now=now,
    )


def sent(before: Step) -> Step:
    """The step, and the worker after it, once undoing is over: what it grants becomes somebody's to transfer."""

    def act(case: Case, now: datetime) -> None:
        before.tell(case, now)
        for refund in Refund.objects.filter(charge__order=case.order_id, state=RefundState.APPROVED):
            send_refund(refund_id=refund.pk, now=max(now, refund.send_from))

    return replace(before, tell=act, sets_off=UNDOING)


@step()
def approve_return(case: Case, now: datetime, *, percent: int = 100) -> None:
    """Support approves the refund that waits, or so much of it."""
    refund = _refund(case, RefundState.PENDING)
    approve_refund(
        refund_id=refund.pk,
        actor=case.support,
        expected_version=refund.version,
        amount_minor=refund.amount_minor * percent // 100,
        now=now,
    )


@step()
def reject_return(case: Case, now: datetime, answer: str) -> None:
    refund = _refund(case, RefundState.PENDING)
    reject_refund(refund_id=refund.pk, actor=case.support, expected_version=refund.version, answer=answer, now=now)


@step(by=PRACTICE)
def ask_for_rest(case: Case, now: datetime, reason: str) -> None:
    request_refund(order_id=case.order_id, actor=case.customer, reason=reason, now=now)


@step()
def confirm(case: Case, now: datetime) -> None:
    """Support has transferred the refund."""
    refund = _refund(case, RefundState.SENT)
    confirm_refund(
        refund_id=refund.pk,
        actor=case.support,
        expected_version=refund.version,
        reference=f"Refund {now:%d %b}, {order_number(case.order_id)}",
        now=now,
    )


@step()
def came_back(case: Case, now: datetime, why: str) -> None:
    """The bank did not take the transfer of the refund."""
    refund = _refund(case, RefundState.SENT)
    report_failed_refund(refund_id=refund.pk, actor=case.support, expected_version=refund.version, why=why, now=now)


@step()
def give_as_credit(case: Case, now: datetime) -> None:
    """Support gives a refund that failed as store credit instead."""
    refund = _refund(case, RefundState.FAILED)
    reroute_refund(
        refund_id=refund.pk, actor=case.support, expected_version=refund.version, way=Way.STORE_CREDIT, now=now
    )


def _refund(case: Case, state: RefundState) -> Refund:
    return Refund.objects.get(charge__order=case.order_id, state=state)
