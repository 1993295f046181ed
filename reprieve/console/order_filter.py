"""Finding orders: by words, by status, by product family."""

from datetime import datetime

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.catalog.models import ProductFamily
from reprieve.orders.models import Order, OrderLine, Status
from reprieve.web.order_search import CANCELLABLE_NOW, CANCELLATION_REQUESTED, LONGEST_SEARCH, named_by, narrowed


class OrderFilter(forms.Form):
    """What staff look for. A value that cannot be used is left out rather than refused: an old link still works."""

    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("Any")),
            (CANCELLATION_REQUESTED, _("Cancellation requested")),
            (CANCELLABLE_NOW, _("Can be cancelled now")),
            *Status.choices,
        ],
    )
    family = forms.ChoiceField(label=_("Product family"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        families = ProductFamily.objects.values_list("key", "name")
        self.fields["family"].choices = [("", _("Any")), *families]  # type: ignore[attr-defined]
        self.fields["q"].widget.attrs |= {
            "class": "control",
            "type": "search",
            "placeholder": _("Number, patient, reference, practice"),
        }

    def apply(self, orders: QuerySet[Order], actor: Actor, *, now: datetime) -> QuerySet[Order]:
        self.is_valid()
        wanted = self.cleaned_data
        if words := wanted.get("q"):
            orders = orders.filter(named_by(words, "practice__name"))
        if family := wanted.get("family"):
            orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), family=family)))
        return narrowed(orders, wanted.get("status", ""), actor, now=now)

    @property
    def is_used(self) -> bool:
        return any(self.cleaned_data.values())
