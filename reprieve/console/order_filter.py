"""Finding orders: by words, by status, by product family."""

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.catalog.models import ProductFamily
from reprieve.lib import identifiers
from reprieve.orders.models import Order, OrderLine, Status

CANCELLATION_REQUESTED = "cancellation_requested"


def has_open_request() -> Exists:
    """Whether the customer waits for an answer to a cancellation request."""
    return Exists(Cancellation.objects.filter(order=OuterRef("pk"), state=CancellationState.REQUESTED))


class OrderFilter(forms.Form):
    """What staff look for. A value that cannot be used is left out rather than refused: an old link still works."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("Any")), (CANCELLATION_REQUESTED, _("Cancellation requested")), *Status.choices],
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

    def apply(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        """The orders that fit."""
        self.is_valid()
        wanted = self.cleaned_data
        if words := wanted.get("q"):
            orders = orders.filter(_found_by(words))
        if family := wanted.get("family"):
            orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), family=family)))
        status = wanted.get("status")
        if status == CANCELLATION_REQUESTED:
            return orders.filter(has_open_request())
        return orders.filter(status=status) if status else orders

    @property
    def is_used(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.cleaned_data.values())


def _found_by(words: str) -> Q:
    found = (
        Q(patient_reference__icontains=words)
        | Q(customer_reference__icontains=words)
        | Q(practice__name__icontains=words)
    )
    pk = identifiers.order_id(words)
    return found if pk is None else found | Q(pk=pk)
