"""The form on which an order is placed: its lines, and everything else. Shape only; the command knows the rules."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.billing.models import Card
from reprieve.catalog.models import Product
from reprieve.lib.money import display
from reprieve.orders.building import PATIENT_MISSING, LineDetails, LineInvalid
from reprieve.orders.teeth import parse_teeth
from reprieve.orders.uploads import ACCEPTED
from reprieve.web.forms import FilesField

MOST_LINES = 30

type Choices = list[tuple[str, str | list[tuple[str, str]]]]


class CardField(forms.TypedChoiceField):
    """One of the practice's cards, the one that is used first."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Without cards until they are offered."""
        missing = _("Please choose one of your cards.")
        errors = {"required": missing, "invalid_choice": missing}
        super().__init__(coerce=int, empty_value=None, widget=forms.RadioSelect, error_messages=errors, **kwargs)

    def offer(self, cards: Iterable[Card], *besides: tuple[str, str]) -> None:
        """Offer these cards, and what else there is besides."""
        known = sorted(cards, key=lambda card: not card.is_default)
        expires = gettext("expires")
        self.choices = [*((str(card.pk), f"{card} ({expires} {card.expires})") for card in known), *besides]
        self.initial = self.choices[0][0] if self.choices else None


class TeethField(forms.Field):
    """Tooth numbers as people write them: `3, 14-16` is 3, 14, 15, 16."""

    def to_python(self, value: Any) -> tuple[int, ...]:  # noqa: ANN401
        """The numbers in the order in which they were written, whichever they are."""
        try:
            return parse_teeth(value or "")
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem


class LineForm(forms.Form):
    """One product. A line in which nothing was chosen is left out."""

    product = forms.ChoiceField(
        label=_("Product"),
        required=False,
        error_messages={"invalid_choice": _("This product is no longer offered. Please choose another.")},
    )
    teeth = TeethField(label=_("Teeth"), required=False)
    quantity = forms.IntegerField(
        label=_("Quantity"),
        required=False,
        initial=1,
        error_messages={"invalid": _("Please write a number, such as 2.")},
        widget=forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = choices  # type: ignore[attr-defined]
        self.fields["teeth"].widget.attrs |= {"placeholder": _("3, 14-16"), "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """What was typed without a product would be lost in silence."""
        if self.cleaned_data.get("teeth") and not self.cleaned_data.get("product") and "product" not in self.errors:
            self.add_error("product", gettext("Please choose a product."))
        return self.cleaned_data

    @property
    def line_details(self) -> LineDetails | None:
        given = self.cleaned_data
        if not given["product"]:
            return None
        quantity = given["quantity"]
        return LineDetails(int(given["product"]), given["teeth"], 1 if quantity is None else quantity)


class LineFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # it takes none when it runs
    def total_form_count(self) -> int:
        """At least one, whatever count was sent: there is always a line to fill in, and to say what is wrong at."""
        return max(1, super().total_form_count())

    def wanted(self) -> tuple[list[LineDetails], list[LineForm]]:
        """The lines that ask for something, and the form of each."""
        asked = [(form.line_details, form) for form in self.forms]
        return [line for line, _form in asked if line], [form for line, form in asked if line]


class DetailsForm(forms.Form):
    """Everything about an order besides its lines. `command_key` makes sending it twice harmless."""

    command_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    patient_reference = forms.CharField(
        label=_("Patient reference"),
        help_text=_("Initials or a number."),
        error_messages={"required": PATIENT_MISSING},
    )
    customer_reference = forms.CharField(label=_("Your own reference"), required=False, help_text=_("If you use one."))
    requested_delivery = forms.DateField(
        label=_("Requested delivery"),
        required=False,
        help_text=_("The lab tries to keep it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Please write a date such as 2027-01-31.")},
    )
    note = forms.CharField(
        label=_("Note for the lab"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Unsure about something? Say so here, and the lab helps. No patient names, please."),
    )
    files = FilesField(  # type: ignore[assignment]  # no field is an attribute once the class is made
        label=_("Scans and photos"),
        required=False,
        help_text=format_lazy(_("{accepted}. A case without its scans waits, so add them all now."), accepted=ACCEPTED),
    )
    card = CardField(label=_("Pay with"), required=False)

    def __init__(self, *args: Any, cards: Sequence[Card] = (), **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if cards:
            self.fields["card"].offer(cards, ("", gettext("Pay later, by card or bank transfer")))  # type: ignore[attr-defined]
        else:
            del self.fields["card"]


def line_formset(
    data: Mapping[str, Any] | None = None, *, initial: Sequence[Mapping[str, str]] | None = None, lines: int = 1
) -> LineFormSet:
    """The lines to fill in; `lines` of them where nothing has been sent yet."""
    words = {"too_many_forms": gettext("An order has at most %d lines.") % MOST_LINES}
    made = forms.formset_factory(
        LineForm, LineFormSet, extra=lines, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
    )
    return cast(
        "LineFormSet",
        made(data, initial=initial, prefix="lines", form_kwargs={"choices": product_choices()}, error_messages=words),
    )


def product_choices() -> Choices:
    families: dict[str, list[tuple[str, str]]] = {}
    for product in Product.objects.filter(active=True).select_related("family"):
        price = f"{display(product.price)} {product.get_priced_per_display()}"
        families.setdefault(product.family.name, []).append((str(product.pk), f"{product.name} ({price})"))
    return [("", gettext("Choose a product")), *families.items()]


def show_line_refusal(forms_of_wanted: Sequence[LineForm], lines: LineFormSet, refusal: LineInvalid) -> None:
    """Put what is wrong with a line at its field. The command counts wanted lines, the page also empty ones."""
    line = refusal.line
    form = forms_of_wanted[line] if line < len(forms_of_wanted) else lines.forms[0]
    form.add_error(refusal.field, refusal.why)
