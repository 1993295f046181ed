"""Invoices in the console: of all practices, a run of a period that is over, and everything for the accountant."""

from datetime import date, datetime, time

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.run_invoices import run_invoices
from reprieve.billing.documents import document, named, with_amounts
from reprieve.billing.invoice_runs import PeriodNotOver, Run, preview
from reprieve.billing.models import Invoice, InvoiceKind, InvoiceLine
from reprieve.billing.periods import BILLED_IN_PERIODS, Period, PeriodUnreadable, business_zone
from reprieve.lib import identifiers, money
from reprieve.web import keyset
from reprieve.web.csv_export import csv_response, safe
from reprieve.web.documents import document_by_name, pdf_of
from reprieve.web.forms import done, show_refusal
from reprieve.web.order_search import searchable

PAGE_SIZE = 50
COLUMNS = (
    *("document", "kind", "corrects", "date", "due", "terms", "period", "practice", "practice name"),
    *("case", "reference", "carried over from", "currency", "amount", "tax percent", "tax", "total"),
)


class RunForm(forms.Form):
    """Which week or month."""

    terms = forms.ChoiceField(
        choices=[(terms.value, terms.label) for terms in BILLED_IN_PERIODS], widget=forms.HiddenInput
    )
    period = forms.CharField(max_length=10, widget=forms.HiddenInput)


class DayField(forms.DateField):
    """A day that an invoice can have."""

    default_validators = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
    widget = forms.DateInput(attrs={"type": "date", "class": "control"})


class ExportForm(forms.Form):
    """Documents of which days; both are part of it, and either may be left out."""

    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)


@access.staff()
def invoices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody's invoices and credit notes, newest first."""
    return _show(request, actor)


@access.staff(*access.RUNS_INVOICES)
def run(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What a run of a period would bill; a POST runs it."""
    form = RunForm(request.POST if request.method == "POST" else request.GET or None)
    if not form.is_valid():
        return _show(request, actor, form=form if form.is_bound else None)
    now, terms = timezone.now(), PaymentTerms(form.cleaned_data["terms"])
    try:
        period = Period.named(terms, form.cleaned_data["period"])
        if request.method == "POST":
            finished = run_invoices(terms=terms, period=period, actor=actor, now=now)
            return done(request, _done_in_words(finished), reverse("console:invoices"))
        foreseen = preview(terms, period, now=now)
    except PeriodUnreadable as refusal:
        show_refusal(form, refusal)
        return _show(request, actor, form=form)
    except PeriodNotOver as refusal:
        form.add_error(None, refusal.why)
        return _show(request, actor, form=form)
    return render(request, "console/invoices/run.html", {"form": form, "run": foreseen, "totals": _totals(foreseen)})


@access.staff()
def document_page(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """One invoice or credit note, and what became of it."""
    context = {
        "document": document_by_name(actor, name),
        "may_record": actor.role in access.RECORDS_PAYMENTS,
    }
    return render(request, "console/invoices/document.html", context)


@access.staff()
def document_pdf(_request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """The same, to be printed."""
    return pdf_of(document_by_name(actor, name))


@access.staff(*access.RUNS_INVOICES)
def export(request: HttpRequest, actor: Actor) -> HttpResponse | StreamingHttpResponse:
    """Each line of each document of some days, for the accountant's own system."""
    form = ExportForm(request.GET)
    if not form.is_valid():
        return _show(request, actor, export_form=form)
    lines = access.rows(actor, InvoiceLine).select_related("invoice__practice", "invoice__corrects", "charge__order")
    lines = lines.order_by("invoice__issued_at", "invoice", "pk")
    zone = business_zone()
    if since := form.cleaned_data["since"]:
        lines = lines.filter(invoice__issued_at__gte=datetime.combine(since, time.min, tzinfo=zone))
    if until := form.cleaned_data["until"]:
        lines = lines.filter(invoice__issued_at__lte=datetime.combine(until, time.max, tzinfo=zone))
    return csv_response("invoices.csv", COLUMNS, map(_cells, lines.iterator(chunk_size=2000)))


def _show(
    request: HttpRequest, actor: Actor, *, form: RunForm | None = None, export_form: ExportForm | None = None
) -> HttpResponse:
    words = searchable(request.GET.get("q", ""))
    rows = with_amounts(_found(access.rows(actor, Invoice), words)).select_related("practice", "corrects")
    page = keyset.page(rows, "issued_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    now, may_run = timezone.now(), actor.role in access.RUNS_INVOICES
    context = {
        "page": page,
        "documents": [document(row) for row in page.rows],
        "q": words,
        "may_run": may_run,
        "runs": [(terms, Period.last_ended(terms, now, business_zone())) for terms in BILLED_IN_PERIODS],
        "form": form,
        "export_form": export_form or ExportForm(),
    }
    failed = (form is not None and form.errors) or (export_form is not None and export_form.errors)
    return render(request, "console/invoices/list.html", context, status=422 if failed else 200)


def _found(rows: QuerySet[Invoice], words: str) -> QuerySet[Invoice]:
    if not words:
        return rows
    of_practice = Q(practice__name__icontains=words) | Q(practice=identifiers.practice_id(words))
    return rows.filter(of_practice | Q(pk__in=named(Invoice.objects.all(), words).values("pk")))


def _totals(foreseen: Run) -> list[Money]:
    return [money.from_minor(minor, currency) for currency, minor in foreseen.totals.items()]


def _done_in_words(finished: Run) -> str:
    if not finished.invoices:
        return gettext("Nothing was due in %s, so no invoice was written.") % finished.period.name
    return ngettext(
        "%(number)d invoice for %(period)s is written, and on its way by mail.",
        "%(number)d invoices for %(period)s are written, and on their way by mail.",
        finished.invoices,
    ) % {"number": finished.invoices, "period": finished.period.name}


def _cells(line: InvoiceLine) -> tuple[str, ...]:
    """What a credit note gives back has a minus, so that a column adds up."""
    invoice, order = line.invoice, line.charge.order
    sign = -1 if invoice.kind == InvoiceKind.CREDIT_NOTE else 1
    amounts = (money.from_minor(sign * minor, invoice.currency).amount for minor in _amounts(line))
    amount, tax, total = (f"{amount:f}" for amount in amounts)
    return (
        *(invoice.name, invoice.kind, invoice.corrects.name if invoice.corrects else ""),
        *(f"{invoice.issued_at.astimezone(business_zone()):%Y-%m-%d}", invoice.due_on.isoformat(), invoice.terms),
        *(invoice.period.name if invoice.period else "", invoice.practice.number, safe(invoice.practice.name)),
        *(order.number, safe(order.customer_reference)),
        line.carried_over_from.isoformat() if line.carried_over_from else "",
        *(invoice.currency, amount, f"{line.tax_rate.normalize():f}", tax, total),
    )


def _amounts(line: InvoiceLine) -> tuple[int, int, int]:
    return line.amount_minor, line.tax_minor, line.total_minor
