"""Recording a payment that came outside of the product; asking for a refund in the practice's place."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.record_payment import receivable_minor
from reprieve.actions.record_payment import record_invoice_payment as record_for_invoice
from reprieve.actions.record_payment import record_payment as record
from reprieve.actions.request_refund import NothingToRefund
from reprieve.actions.request_refund import request_invoice_refund as ask_for_invoice
from reprieve.actions.request_refund import request_refund as ask_for
from reprieve.billing.checks import LONGEST_REFERENCE
from reprieve.billing.payables import refundable
from reprieve.billing.receivables import OpenAmountChanged
from reprieve.console.seen import SeenForm
from reprieve.lib.errors import Invalid
from reprieve.lib.money import LARGEST_MINOR, from_minor
from reprieve.web.amounts import AmountField
from reprieve.web.documents import document_by_name
from reprieve.web.forms import OnceForm, RefusalsAt, done, show_refusal
from reprieve.web.invoice_money import invoice_money
from reprieve.web.order_search import order_by_number
from reprieve.web.refund_form import RefundForm


class ReceivedForm(OnceForm):
    reference = forms.CharField(
        label=_("Reference"),
        max_length=LONGEST_REFERENCE,
        help_text=_("What stands on the bank statement or the cheque."),
        error_messages={"required": _("Please write what stands on the bank statement or the cheque.")},
    )

    def __init__(self, data: object = None, *, currency: str, open_minor: int, version: int | None = None) -> None:
        open_amount = f"{from_minor(open_minor, currency).amount:f}" if open_minor else ""
        initial = {"version": version, "shown": open_minor, "amount": open_amount}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.fields["amount"] = AmountField(currency, label=_("Amount"))
        self.order_fields(["key", "version", "shown", "amount", "reference", "beyond_open"])


class InvoicePaymentForm(ReceivedForm):
    """For an invoice, with what was shown as open, in minor units."""

    shown = forms.IntegerField(min_value=0, max_value=LARGEST_MINOR, widget=forms.HiddenInput)
    beyond_open = forms.BooleanField(
        label=_("More came than is open"),
        required=False,
        help_text=_("What is too much then waits among the refunds to be approved."),
    )


class PaymentForm(ReceivedForm, SeenForm):
    """For a case, with the version that was on the screen."""


@access.staff(*access.RECORDS_PAYMENTS)
def record_payment(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    due = receivable_minor(order.charge)
    form = PaymentForm(
        request.POST if request.method == "POST" else None,
        version=order.version,
        currency=order.currency,
        open_minor=due,
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with RefusalsAt(form):
            record(
                order_id=order.pk,
                actor=actor,
                expected_version=given["version"],
                amount_minor=given["amount"],
                currency=order.currency,
                reference=given["reference"],
                key=given["key"],
                now=timezone.now(),
            )
            words = gettext("The payment for %s is recorded.") % order.number
            return done(request, words, reverse("console:order", args=[order.number]))
    context = {"order": order, "form": form, "due": from_minor(due, order.currency)}
    return render(request, "console/orders/record_payment.html", context, status=422 if form.errors else 200)


@access.staff(*access.RECORDS_PAYMENTS)
def record_invoice_payment(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """Write down what came for an invoice. Where another amount is open by now, that is shown first."""
    found = document_by_name(actor, name)
    invoice, open_minor, has_changed = found.invoice, invoice_money(found).recordable_minor, False
    data = request.POST.copy() if request.method == "POST" else None
    form = InvoicePaymentForm(data, currency=invoice.currency, open_minor=open_minor)
    if data is not None and form.is_valid():
        given = form.cleaned_data
        data["shown"] = str(open_minor)  # what the page shows next, if it is shown again
        try:
            record_for_invoice(
                invoice_id=invoice.pk,
                actor=actor,
                amount_minor=given["amount"],
                currency=invoice.currency,
                reference=given["reference"],
                expected_open_minor=given["shown"],
                beyond_open=given["beyond_open"],
                key=given["key"],
                now=timezone.now(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        except OpenAmountChanged as refusal:
            form.add_error(None, f"{refusal.why} {refusal.remedy}")
            has_changed = True
        else:
            words = gettext("The payment for %s is recorded.") % invoice.name
            return done(request, words, reverse("console:document", args=[invoice.name]))
    context = {"document": found, "form": form, "open": from_minor(open_minor, invoice.currency)}
    status = 409 if has_changed else 422 if form.errors else 200
    return render(request, "console/invoices/record_payment.html", context, status=status)


@access.staff(*access.DECIDES_REFUNDS)
def request_invoice_refund(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """Begin a refund of what was paid too much for an invoice: it is then approved like any other."""
    invoice = document_by_name(actor, name).invoice
    form = RefundForm(request.POST if request.method == "POST" else None, currency=invoice.currency)
    if form.is_valid():
        given = form.cleaned_data
        with RefusalsAt(form):
            ask_for_invoice(
                invoice_id=invoice.pk,
                actor=actor,
                reason=given["reason"],
                amount_minor=given["amount"],
                now=timezone.now(),
            )
            return done(request, gettext("The refund waits to be approved."), reverse("console:refunds"))
    left_minor, _payments = refundable(invoice)
    if not left_minor:
        raise NothingToRefund(gettext("Nothing was paid too much for %s, or it is on its way back.") % invoice.name)
    context = {"invoice": invoice, "form": form, "left": from_minor(left_minor, invoice.currency)}
    return render(request, "console/invoices/request_refund.html", context, status=422 if form.errors else 200)


@access.staff(*access.DECIDES_REFUNDS)
def request_refund(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Begin a refund of what is left of a cancelled case: it is then approved like any other."""
    order = order_by_number(actor, number)
    form = RefundForm(request.POST if request.method == "POST" else None, currency=order.currency)
    if form.is_valid():
        given = form.cleaned_data
        with RefusalsAt(form):
            ask_for(
                order_id=order.pk, actor=actor, reason=given["reason"], amount_minor=given["amount"], now=timezone.now()
            )
            return done(request, gettext("The refund waits to be approved."), reverse("console:refunds"))
    left, _payments = refundable(order.charge)
    if not left:
        raise NothingToRefund(gettext("Nothing of %s is left to refund.") % order.number)
    context = {"order": order, "form": form, "left": from_minor(left, order.currency)}
    return render(request, "console/orders/request_refund.html", context, status=422 if form.errors else 200)
