"""Refunds in the console: to approve, failed, unclear, to make by hand; and all of them for the accountant."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.approve_refund import approve_refund
from reprieve.actions.confirm_refund import confirm_refund, report_failed_refund
from reprieve.actions.reject_refund import LONGEST_ANSWER, reject_refund
from reprieve.actions.retry_refund import retry_refund
from reprieve.billing.checks import LONGEST_REFERENCE
from reprieve.billing.gateways import MANUAL
from reprieve.billing.models import Payment, Refund, RefundState
from reprieve.console.seen import SeenForm, seen_version
from reprieve.lib.money import from_minor
from reprieve.web import keyset
from reprieve.web.amounts import AmountField
from reprieve.web.csv_export import csv_response, safe
from reprieve.web.forms import RefusalsAt, done
from reprieve.web.money import shown_refund

PAGE_SIZE = 50
WAITING, FAILED, UNCLEAR, BY_HAND, EVERY = "waiting", "failed", "unclear", "by_hand", "all"
QUEUES = (
    (WAITING, _("To approve")),
    (BY_HAND, _("To make by hand")),
    (FAILED, _("Failed")),
    (UNCLEAR, _("Being checked")),
    (EVERY, _("All")),
)
COLUMNS = (
    *("what", "number", "date", "practice", "practice name", "case", "invoice", "method", "gateway", "reference"),
    *("provider id", "state", "currency", "amount", "fee"),
)


class AnswerForm(SeenForm):
    def __init__(self, data: object = None, *, refund: Refund) -> None:
        super().__init__(data, initial={"version": refund.version})  # type: ignore[arg-type]


class ApprovalForm(AnswerForm):
    def __init__(self, data: object = None, *, refund: Refund) -> None:
        super().__init__(data, refund=refund)
        self.initial["amount"] = f"{refund.amount.amount:f}"
        self.fields["amount"] = AmountField(
            refund.currency, label=_("Amount"), help_text=_("What you leave out can be asked for again.")
        )


class RejectionForm(AnswerForm):
    answer = forms.CharField(
        label=_("Answer to the customer"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The practice reads this on the case and in its e-mail."),
        error_messages={"required": _("Please tell the customer why.")},
    )


class ConfirmationForm(AnswerForm):
    reference = forms.CharField(
        label=_("Reference"),
        max_length=LONGEST_REFERENCE,
        help_text=_("What stands on the bank statement or the cheque."),
        error_messages={"required": _("Please write what stands on the bank statement or the cheque.")},
    )


class FailureForm(AnswerForm):
    why = forms.CharField(
        label=_("What went wrong"),
        max_length=200,
        help_text=_("Only colleagues read this, for example “The account is closed.”"),
        error_messages={"required": _("Please write why, in a few words.")},
    )


@access.staff()
def refunds(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One of the queues, newest first; what waits for approval if none is named."""
    wanted = request.GET.get("queue", WAITING)
    queue = wanted if wanted in dict(QUEUES) else WAITING
    rows = _queued(access.rows(actor, Refund), queue)
    rows = rows.select_related("practice", "charge", "invoice", "payment").prefetch_related("attempts")
    page = keyset.page(rows, "asked_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    context = {
        "page": page,
        "refunds": [shown_refund(refund) for refund in page.rows],
        "queue": queue,
        "queues": QUEUES,
        "may_decide": actor.role in access.DECIDES_REFUNDS,
    }
    return render(request, "console/refunds/queue.html", context)


@access.staff(*access.DECIDES_REFUNDS)
def approve(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    def act(*, amount: int, **given: Any) -> None:  # noqa: ANN401 - whatever the command is told
        approve_refund(amount_minor=amount, **given)

    return _answer(request, actor, refund_id, ApprovalForm, act, "approve")


@access.staff(*access.DECIDES_REFUNDS)
def reject(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    return _answer(request, actor, refund_id, RejectionForm, reject_refund, "reject")


@access.staff(*access.DECIDES_REFUNDS)
def confirm(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    return _answer(request, actor, refund_id, ConfirmationForm, confirm_refund, "confirm")


@access.staff(*access.DECIDES_REFUNDS)
def report_failed(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    return _answer(request, actor, refund_id, FailureForm, report_failed_refund, "report_failed")


@access.staff(*access.DECIDES_REFUNDS)
@require_POST
def retry(request: HttpRequest, actor: Actor, refund_id: int) -> HttpResponse:
    retry_refund(refund_id=refund_id, actor=actor, expected_version=seen_version(request), now=timezone.now())
    return done(request, gettext("The refund is queued and is tried in a moment."), reverse("console:refunds"))


@access.staff(*access.DECIDES_REFUNDS)
def export(_request: HttpRequest, actor: Actor) -> StreamingHttpResponse:
    """Every payment and every refund, for the accountant's own system; refunds have a minus."""
    return csv_response("payments.csv", COLUMNS, _lines(actor))


def _queued(rows: QuerySet[Refund], queue: str) -> QuerySet[Refund]:
    if queue == BY_HAND:
        return rows.filter(Q(by_hand=True) | Q(payment__gateway__in=["", MANUAL]), state=RefundState.SENT)
    states = {WAITING: RefundState.PENDING, FAILED: RefundState.FAILED, UNCLEAR: RefundState.UNKNOWN}
    return rows.filter(state=states[queue]) if queue in states else rows


def _answer(  # noqa: PLR0913, PLR0917 - one page for four answers
    request: HttpRequest, actor: Actor, refund_id: int, kind: type[AnswerForm], act: Callable[..., object], verb: str
) -> HttpResponse:
    """Show the question, or carry the answer out and go on to the queue. `act` is told whatever the form holds."""
    refund = access.find(actor, Refund, pk=refund_id)
    form = kind(request.POST if request.method == "POST" else None, refund=refund)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with RefusalsAt(form):
            act(refund_id=refund_id, actor=actor, now=timezone.now(), expected_version=given.pop("version"), **given)
            return done(request, DONE[verb] % refund.about, reverse("console:refunds"))
    context = {"refund": refund, "shown": shown_refund(refund), "form": form}
    return render(request, f"console/refunds/{verb}.html", context, status=422 if form.errors else 200)


DONE = {
    "approve": _("The refund of %s is approved, and the practice is told."),
    "reject": _("The refund of %s is rejected, and the practice is told why."),
    "confirm": _("The refund of %s is confirmed, and the practice is told."),
    "report_failed": _("The refund of %s has failed. It can be tried again."),
}


def _lines(actor: Actor) -> Iterator[tuple[str, ...]]:
    payments = access.rows(actor, Payment).select_related("practice", "invoice").order_by("created_at", "pk")
    for payment in payments.iterator(chunk_size=2000):
        yield _payment_cells(payment)
    found = access.rows(actor, Refund).select_related("practice", "payment", "invoice").prefetch_related("attempts")
    for refund in found.order_by("asked_at", "pk").iterator(chunk_size=2000):
        yield _refund_cells(refund)


def _payment_cells(payment: Payment) -> tuple[str, ...]:
    fee = from_minor(payment.fee_minor, payment.currency).amount
    return (
        *("payment", str(payment.pk), f"{payment.created_at:%Y-%m-%d}", payment.practice.number),
        *(safe(payment.practice.name), *_of(payment), payment.method, payment.gateway),
        *(safe(payment.reference), safe(payment.provider_id or ""), payment.state, payment.currency),
        *(f"{payment.amount.amount:f}", f"{fee:f}"),
    )


def _refund_cells(refund: Refund) -> tuple[str, ...]:
    last = max(refund.attempts.all(), key=lambda each: each.number, default=None)
    reference, provider_id = (last.reference, last.provider_id or "") if last else ("", "")
    method = "credit" if refund.to_credit else "manual" if refund.by_hand else refund.payment.method
    return (
        *("refund", str(refund.pk), f"{refund.asked_at:%Y-%m-%d}", refund.practice.number),
        *(safe(refund.practice.name), *_of(refund), method, last.gateway if last else ""),
        *(safe(reference), safe(provider_id), refund.state, refund.currency),
        *(f"{-refund.amount.amount:f}", "0"),
    )


def _of(row: Payment | Refund) -> tuple[str, str]:
    """The case or the invoice, each in its column."""
    return row.charge.name if row.charge else "", row.invoice.name if row.invoice else ""
