"""Invoices in the console: of all practices, a run of a period that is over, and everything for the accountant."""

from collections.abc import Mapping
from datetime import date

from django import forms
from django.conf import settings
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
from reprieve.billing.documents import named
from reprieve.billing.invoice_runs import PeriodNotOver, Run, preview
from reprieve.billing.models import Invoice, InvoiceKind
from reprieve.billing.periods import BILLED_IN_PERIODS, Period, PeriodUnreadable, business_zone
from reprieve.billing.receivables import Receivable, counts, narrowed, with_open
from reprieve.history.record import events_of
from reprieve.lib import identifiers, money
from reprieve.web import keyset
from reprieve.web.documents import document_by_name, pdf_of
from reprieve.web.forms import done, show_refusal
from reprieve.web.invoice_csv import csv_of_invoices
from reprieve.web.invoice_money import invoice_money, listed, today_here
from reprieve.web.order_search import searchable
from reprieve.web.timeline import plain_timeline

PAGE_SIZE = 50


class RunForm(forms.Form):
    terms = forms.ChoiceField(
        choices=[(terms.value, terms.label) for terms in BILLED_IN_PERIODS], widget=forms.HiddenInput
    )
    period = forms.CharField(max_length=10, widget=forms.HiddenInput)


class DayField(forms.DateField):
    default_validators = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
    widget = forms.DateInput(attrs={"type": "date", "class": "control"})


class ExportForm(forms.Form):
    """Documents of which days; both are part of it, and either may be left out."""

    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)


@access.staff()
def invoices(request: HttpRequest, actor: Actor) -> HttpResponse:
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
    found = document_by_name(actor, name)
    money = invoice_money(found)
    context = {
        "document": found,
        "money": money,
        "entries": plain_timeline(events_of(Invoice.SUBJECT, found.invoice.pk, for_staff=True)),
        "may_record": actor.role in access.RECORDS_PAYMENTS and found.invoice.kind == InvoiceKind.INVOICE,
        "may_refund": actor.role in access.DECIDES_REFUNDS and found.overpaid_minor > 0,
    }
    return render(request, "console/invoices/document.html", context)


@access.staff()
def document_pdf(_request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    return pdf_of(document_by_name(actor, name))


@access.staff(*access.RUNS_INVOICES)
def export(request: HttpRequest, actor: Actor) -> HttpResponse | StreamingHttpResponse:
    """Each line of each document of some days, for the accountant's own system."""
    form = ExportForm(request.GET)
    if not form.is_valid():
        return _show(request, actor, export_form=form)
    return csv_of_invoices(actor, **form.cleaned_data)


def _show(
    request: HttpRequest, actor: Actor, *, form: RunForm | None = None, export_form: ExportForm | None = None
) -> HttpResponse:
    words, status = searchable(request.GET.get("q", "")), request.GET.get("status", "")
    found, today = with_open(_found(access.rows(actor, Invoice), words)), today_here()
    rows = narrowed(found, status, today=today).select_related("practice", "corrects")
    page = keyset.page(rows, "issued_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    now, may_run = timezone.now(), actor.role in access.RUNS_INVOICES
    context = {
        "page": page,
        "invoices": listed(page.rows),
        "q": words,
        "status": status if status in Receivable else "",
        "filters": _filters(counts(found, today=today)),
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


def _filters(found: Mapping[str, int]) -> list[tuple[str, str, int | None]]:
    """Each filter with how many it finds. Where no cards are taken, none was declined."""
    offered = [each for each in Receivable if settings.CARD_GATEWAY or each is not Receivable.DECLINED or found[each]]
    return [("", gettext("All"), None), *((each.value, str(each.label), found[each]) for each in offered)]


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
