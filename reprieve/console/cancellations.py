"""Cancelling a case, and answering the requests that wait."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.decline_cancellation import ANSWER_MISSING, decline_cancellation
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.quotes import Quote, RefundChanged, quote
from reprieve.billing.quotes_in_words import quoted_in_words
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.catalog.models import ReasonFor
from reprieve.console.decisions import shown_decision
from reprieve.console.overriding import CancellationForm, Task, perform
from reprieve.console.seen import SeenForm
from reprieve.lib.errors import Invalid, Refused
from reprieve.lib.money import LARGEST_MINOR
from reprieve.orders.actions import Action
from reprieve.web.forms import RefusalsAt, done, show_refusal
from reprieve.web.order_search import order_by_number

QUEUE_LENGTH = 100
STAFF_NOTE = _("Staff note")
STAFF_NOTE_HELP = _("Only colleagues read this, never the customer.")


class ApprovalForm(SeenForm):
    """Yes, with the refund that was on the screen, in minor units."""

    refund = forms.IntegerField(min_value=0, max_value=LARGEST_MINOR, required=False, widget=forms.HiddenInput)
    staff_note = forms.CharField(
        label=STAFF_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=STAFF_NOTE_HELP
    )


class DeclineForm(SeenForm):
    answer = forms.CharField(
        label=_("Answer to the customer"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The practice reads this on the case and in its e-mail. Say why it cannot be cancelled."),
        error_messages={"required": ANSWER_MISSING},
    )
    staff_note = forms.CharField(
        label=STAFF_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=STAFF_NOTE_HELP
    )


@access.staff(*access.ACTS_FOR_CUSTOMERS)
def cancel(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    form = CancellationForm(request.POST if request.method == "POST" else None, kind=ReasonFor.CANCEL)
    done_words = gettext("%(number)s is cancelled, and the practice is told.")
    task = Task(Action.CANCEL, done_words, gettext("Keep the order"), cancel_order)
    return perform(request, actor, order, task, form)


@access.staff(*access.ACTS_FOR_CUSTOMERS)
@require_POST
def undo(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    undo_cancellation(order_id=order.pk, actor=actor, now=timezone.now())
    words = gettext("The cancellation is undone: %s goes on, and the practice is told.") % order.number
    return done(request, words, reverse("console:order", args=[order.number]))


@access.staff()
def requests(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The queue: who has waited longest comes first."""
    waiting = (
        access.rows(actor, Cancellation)
        .filter(state=CancellationState.REQUESTED)
        .select_related("order__practice", "reason", "decision__version__policy")
        .defer("decision__version__definition")
        .prefetch_related("order__lines")
        .order_by("asked_at", "pk")[:QUEUE_LENGTH]
    )
    context = {
        "waiting": [(row, shown_decision(row.decision)) for row in waiting],
        "queue_length": QUEUE_LENGTH,
        "may_decide": actor.role in access.DECIDES_REQUESTS,
    }
    return render(request, "console/requests/queue.html", context)


@access.staff(*access.DECIDES_REQUESTS)
def approve(request: HttpRequest, actor: Actor, cancellation_id: int) -> HttpResponse:
    """Approve: the case is cancelled on the terms that stood when the customer asked."""
    asked = _find(actor, cancellation_id)
    quoted = quote(asked.subject.charge, asked.decision.outputs)
    initial = {"version": asked.subject.version, "refund": quoted.promised_minor}
    form = ApprovalForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            approve_cancellation(
                cancellation_id=asked.pk,
                actor=actor,
                expected_version=form.cleaned_data["version"],
                staff_note=form.cleaned_data["staff_note"],
                expected_refund_minor=form.cleaned_data["refund"],
                now=timezone.now(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        except RefundChanged as refusal:
            form = ApprovalForm(initial=initial | {"staff_note": form.cleaned_data["staff_note"]})
            return _answer_page(request, asked, form, "approve", quoted, changed=refusal)
        else:
            words = gettext("The request is approved: %(number)s is cancelled, and the practice is told.")
            return done(request, words % {"number": asked.subject.number}, reverse("console:requests"))
    return _answer_page(request, asked, form, "approve", quoted)


@access.staff(*access.DECIDES_REQUESTS)
def decline(request: HttpRequest, actor: Actor, cancellation_id: int) -> HttpResponse:
    asked = _find(actor, cancellation_id)
    form = DeclineForm(request.POST if request.method == "POST" else None, initial={"version": asked.subject.version})
    if request.method == "POST" and form.is_valid():
        with RefusalsAt(form):
            decline_cancellation(
                cancellation_id=asked.pk,
                actor=actor,
                expected_version=form.cleaned_data["version"],
                answer=form.cleaned_data["answer"],
                staff_note=form.cleaned_data["staff_note"],
                now=timezone.now(),
            )
            words = gettext("The request is declined: %(number)s goes on, and the practice is told why.")
            return done(request, words % {"number": asked.subject.number}, reverse("console:requests"))
    return _answer_page(request, asked, form, "decline", quote(asked.subject.charge, asked.decision.outputs))


def _find(actor: Actor, cancellation_id: int) -> Cancellation:
    return access.find(actor, Cancellation, pk=cancellation_id)


def _answer_page(  # noqa: PLR0913 - what one page is made of
    request: HttpRequest,
    asked: Cancellation,
    form: forms.Form,
    answer: str,
    quoted: Quote,
    *,
    changed: Refused | None = None,
) -> HttpResponse:
    context = {
        "asked": asked,
        "order": asked.order,
        "form": form,
        "decision": shown_decision(asked.decision),
        "refund": quoted_in_words(asked.subject.charge, quoted),
        "changed": changed,
    }
    status = 409 if changed else 422 if form.errors else 200
    return render(request, f"console/requests/{answer}.html", context, status=status)
