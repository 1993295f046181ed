"""Billing in the portal: the practice's invoices and credit notes, each as a page and as a PDF."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.billing.documents import document, with_amounts
from reprieve.billing.models import Card, Invoice
from reprieve.web import keyset
from reprieve.web.documents import document_by_name, pdf_of
from reprieve.web.money import practice_money

PAGE_SIZE = 50


@access.customer
def billing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was billed, newest first; the cards that pay, the store credit, and what came back."""
    rows = with_amounts(access.rows(actor, Invoice)).select_related("corrects")
    page = keyset.page(rows, "issued_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    context = {
        "page": page,
        "documents": map(document, page.rows),
        "cards": access.rows(actor, Card).filter(removed_at=None),
        "takes_cards": bool(settings.CARD_GATEWAY),
        "money": practice_money(access.find(actor, Practice, pk=actor.practice_id).pk),
    }
    return render(request, "portal/billing/billing.html", context)


@access.customer
def document_page(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """One invoice or credit note, and what became of it."""
    return render(request, "portal/billing/document.html", {"document": document_by_name(actor, name)})


@access.customer
def document_pdf(_request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """The same, to be printed."""
    return pdf_of(document_by_name(actor, name))
