"""The same with many orders at once: chosen on the list, looked at, then done, each by its own command."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.act_on_orders import Acted, SeenOrder, act_on_orders
from reprieve.catalog.models import ReasonFor
from reprieve.console.bulk_page import preview
from reprieve.console.bulk_words import Eligibility, words_of
from reprieve.console.order_filter import OrderFilter
from reprieve.lib.errors import Invalid, NotFound
from reprieve.lib.identifiers import order_id, order_number
from reprieve.lib.money import LARGEST_MINOR
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.orders.subject import ORDERS
from reprieve.policies.sql.outcomes import ask_for_reason
from reprieve.web.forms import RefusalsAt
from reprieve.web.reason_form import ReasonForm

MOST: Final = 200  # at once: cancelling so many takes seconds, also on SQLite, and no more than a person looks through
LARGEST_VERSION: Final = 2**31 - 1
NEWEST_FIRST: Final = ("-submitted_at", "-pk")
FILTERS: Final = ("q", "status", "family")
PAGE, FOUND = "page", "found"


class SeenOrdersField(forms.Field):
    """Orders as they stood on the page: each its row, version, eligibility, and what was shown to go back."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[tuple[Eligibility, SeenOrder]]:  # noqa: ANN401 - whatever was sent
        """Each with its eligibility. Raises ValidationError for what no page of ours has sent, and for too many."""
        try:
            found = [self._read(text) for text in value or ()]
        except ValueError as problem:
            raise ValidationError("unreadable") from problem
        if not 0 < len(found) <= MOST:
            raise ValidationError("none, or too many")
        return found

    @staticmethod
    def _read(text: str) -> tuple[Eligibility, SeenOrder]:
        pk, version, eligibility, refund = text.split(":")
        numbers = [_whole(pk, LARGEST_MINOR), _whole(version, LARGEST_VERSION)]
        shown = _whole(refund, LARGEST_MINOR) if refund else None
        return Eligibility(eligibility), SeenOrder(order_id=numbers[0], version=numbers[1], refund_minor=shown)


def _whole(text: str, most: int) -> int:
    """Raises ValueError for anything but a number from 0 to `most`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most):
        raise ValueError(text)
    return int(text)


class BulkForm(forms.Form):
    """The orders that were seen, under which reason the rules were asked, and whether to go against them."""

    seen = SeenOrdersField()
    asked_with = forms.CharField(required=False, widget=forms.HiddenInput)
    override = forms.BooleanField(
        label=_("Also those that would need an override"),
        required=False,
        help_text=_("Each is recorded as an override, with your name."),
    )

    def wanted(self) -> list[SeenOrder]:
        """What is to be done: what was shown as allowed, by the rules alone; and what they are overridden for."""
        kinds = {Eligibility.ALLOWED: False} | (
            {Eligibility.AGAINST: True} if self.cleaned_data.get("override") else {}
        )
        seen = self.cleaned_data["seen"]
        return [replace(order, override=kinds[eligibility]) for eligibility, order in seen if eligibility in kinds]

    def has_another_reason(self) -> bool:
        """Whether the reason is another than that with which the rules were asked for the page."""
        return bool(self.cleaned_data.get("reason", "") != self.cleaned_data["asked_with"])

    def require_work(self) -> None:
        """An error at the tick, or on top of the form, unless something is left to do."""
        if self.wanted():
            return
        if self.left():
            self.add_error(
                "override", gettext("The rules allow it for none of these. Tick this to do it all the same.")
            )
        else:
            self.add_error(None, gettext("Nothing can be done with these."))

    def left(self) -> list[int]:
        """The rows of the orders that would need an override and get none."""
        if self.cleaned_data.get("override"):
            return []
        return [
            order.order_id for eligibility, order in self.cleaned_data["seen"] if eligibility is Eligibility.AGAINST
        ]


class BulkReasonForm(ReasonForm, BulkForm):
    def __init__(self, data: Mapping[str, object] | None, *, kind: ReasonFor) -> None:
        help_text = gettext("Every practice reads this on its case. Please name no patients and no other practice.")
        super().__init__(data, kind=kind, help_text=help_text)


@access.staff(*access.ACTS_FOR_CUSTOMERS)
def bulk(request: HttpRequest, actor: Actor, action: str) -> HttpResponse:
    """Show what the rules say about the chosen orders; on POST do it."""
    if action not in Action:
        raise NotFound(gettext("There is nothing at this address."))
    task = Action(action)
    if request.method == "POST":
        return _carry_out(request, actor, task)
    return _page(request, actor, task, _chosen(request.GET, actor), form=_form(task, None))


def _form(action: Action, data: QueryDict | None) -> BulkForm:
    kind = action.reason_kind
    form = BulkForm(data) if kind is None else BulkReasonForm(data, kind=kind)
    if action is Action.CANCEL:
        form.fields["override"].help_text = gettext(
            "Each is recorded as an override, with your name. What was paid for it then waits under Refunds."
        )
    return form


def _chosen(asked: QueryDict, actor: Actor) -> QuerySet[Order]:
    """The orders that were ticked, those of the page, or all that the filter finds; the newest first."""
    orders = access.rows(actor, Order).order_by(*NEWEST_FIRST)
    which = asked.get("which")
    if which == FOUND:
        return OrderFilter(asked).apply(orders, actor, now=timezone.now())
    numbers = asked.getlist("shown" if which == PAGE else "order")[: MOST + 1]
    return orders.filter(pk__in=[pk for pk in map(order_id, numbers) if pk is not None])


def _carry_out(request: HttpRequest, actor: Actor, action: Action) -> HttpResponse:
    form = _form(action, request.POST)
    if "seen" in form.errors:
        raise Invalid(gettext("This form is incomplete. Please choose the orders again."), field="seen")
    seen = [order.order_id for _eligibility, order in form.cleaned_data["seen"]]
    chosen = access.rows(actor, Order).filter(pk__in=seen).order_by(*NEWEST_FIRST)
    if form.is_valid() and form.has_another_reason() and ask_for_reason(ORDERS, action, now=timezone.now()):
        return _page(request, actor, action, chosen, form=form, is_changed=True)
    if form.is_valid():
        form.require_work()
    acted = _acted(action, form, actor) if form.is_valid() else None
    if acted is None:
        return _page(request, actor, action, chosen, form=form)
    return _result(request, action, acted, {order.pk: order for order in chosen.select_related("practice")}, form)


def _acted(action: Action, form: BulkForm, actor: Actor) -> list[Acted] | None:
    """What became of each order; None where the form says what is missing, and nothing was done."""
    given = form.cleaned_data
    with RefusalsAt(form):
        return act_on_orders(
            action=action,
            orders=form.wanted(),
            actor=actor,
            reason=given.get("reason", ""),
            note=given.get("note", ""),
            now=timezone.now(),
        )
    return None


def _page(  # noqa: PLR0913 - what one page is made of
    request: HttpRequest,
    actor: Actor,
    action: Action,
    orders: QuerySet[Order],
    *,
    form: BulkForm,
    is_changed: bool = False,
) -> HttpResponse:
    """The rules are asked with the reason that is chosen by then, and the form says with which they were."""
    reason = form["reason"].value() if form.is_bound and "reason" in form.fields else None
    chosen = list(orders.values_list("pk", flat=True)[: MOST + 1])
    among = access.rows(actor, Order).filter(pk__in=chosen[:MOST]).order_by(*NEWEST_FIRST)
    found = preview(among, action, actor, now=timezone.now(), reason=reason or None)
    words = words_of(action)
    context = {
        "preview": found,
        "form": form,
        "action": action,
        "title": words.title(len(chosen[:MOST])),
        "button": words.button,
        "number": len(chosen[:MOST]),
        "is_too_many": len(chosen) > MOST,
        "most": MOST,
        "asked_with": reason or "",
        "is_changed": is_changed,
        "may_be_done": bool(found.eligibilities - {Eligibility.NEVER}),
        "asks_for_override": Eligibility.AGAINST in found.eligibilities,
        "list_url": _list_url(request),
    }
    status = 409 if is_changed else 422 if form.errors else 200
    return render(request, "console/orders/bulk.html", context, status=status)


def _result(
    request: HttpRequest, action: Action, acted: Sequence[Acted], orders: Mapping[int, Order], form: BulkForm
) -> HttpResponse:
    words = words_of(action)
    done = [each for each in acted if each.refusal is None and not each.already]
    already = [each for each in acted if each.already]
    context = {
        "title": words.done(len(done)),
        "already_title": words.already(len(already)),
        "done": [orders[each.order_id] for each in done],
        "already": [orders[each.order_id] for each in already],
        "refused": [(order_number(each.order_id), each.refusal) for each in acted if each.refusal],
        "left": [orders[pk] for pk in form.left() if pk in orders],
        "list_url": _list_url(request),
    }
    return render(request, "console/orders/bulk_result.html", context)


def _list_url(request: HttpRequest) -> str:
    """Back to the list as it was: with its filter, on its page."""
    query = QueryDict(mutable=True)
    query.update({name: request.GET[name] for name in (*FILTERS, "cursor") if request.GET.get(name)})
    return f"{reverse('console:orders')}?{query.urlencode()}" if query else reverse("console:orders")
