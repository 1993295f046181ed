"""Billing in the portal: the practice's invoices and credit notes, each as a page and as a PDF, or all as a table."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.billing.models import Card, Invoice
from reprieve.billing.receivables import Receivable, narrowed, with_open
from reprieve.web import keyset
from reprieve.web.documents import document_by_name, pdf_of
from reprieve.web.invoice_csv import csv_of_invoices
from reprieve.web.invoice_money import ListedInvoice, invoice_money, listed, to_be_paid, today_here
from reprieve.web.money import practice_money

PAGE_SIZE = 50
FEW = 5  # what a phone shows without scrolling past it all


@access.customer
def billing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is to be paid and the newest of the rest; the cards that pay, the store credit, and what came back."""
    rows = with_open(access.rows(actor, Invoice)).select_related("corrects")
    open_ones = listed(narrowed(rows, Receivable.OPEN, today=today_here()).order_by("due_on", "pk")[:PAGE_SIZE])
    newest = listed(rows.order_by("-issued_at", "-pk")[:FEW])
    context = {
        "invoices": [*open_ones, *_others(newest, open_ones)],
        "to_pay": len(open_ones),
        "to_pay_sums": to_be_paid(open_ones),
        "cards": access.rows(actor, Card).filter(removed_at=None),
        "takes_cards": bool(settings.CARD_GATEWAY),
        "money": practice_money(access.find(actor, Practice, pk=actor.practice_id).pk),
    }
    return render(request, "portal/billing/billing.html", context)


@access.customer
def invoices(request: HttpRequest, actor: Actor) -> HttpResponse:
    rows = with_open(access.rows(actor, Invoice)).select_related("corrects")
    page = keyset.page(rows, "issued_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    return render(request, "portal/billing/invoices.html", {"page": page, "invoices": listed(page.rows)})


@access.customer
def export(_request: HttpRequest, actor: Actor) -> StreamingHttpResponse:
    """Each line of each of them, for the practice's own books."""
    return csv_of_invoices(actor)


@access.customer
def document_page(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    found = document_by_name(actor, name)
    return render(request, "portal/billing/document.html", {"document": found, "money": invoice_money(found)})


@access.customer
def document_pdf(_request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    return pdf_of(document_by_name(actor, name))


def _others(newest: list[ListedInvoice], open_ones: list[ListedInvoice]) -> list[ListedInvoice]:
    known = {each.document.invoice.pk for each in open_ones}
    return [each for each in newest if each.document.invoice.pk not in known]
