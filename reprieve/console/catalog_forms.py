"""What a manager types about products, families and reasons. Nothing is ever deleted: it is switched off."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from moneyed import CurrencyDoesNotExist, get_currency

from reprieve.catalog.models import Product, ProductFamily, Reason
from reprieve.lib import money

KEY_HELP = _("Small letters, digits, dashes. Decision tables and reports name it, so it never changes afterwards.")


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker alone
    price = forms.CharField(label=_("Price"), max_length=40, help_text=_("Such as 120.00, for one unit."))

    class Meta:
        model = Product
        fields = ["name", "family", "priced_per", "price", "currency", "active", "position"]
        help_texts = {
            "active": _("Switch off what is no longer offered. Orders that have it keep it."),
            "currency": _("Three letters, such as USD."),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.pk:
            self.initial["price"] = f"{self.instance.price.amount:f}"

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        try:
            get_currency(code)
        except CurrencyDoesNotExist as problem:
            raise ValidationError(gettext("%s is no currency code such as USD.") % code) from problem
        return code

    def clean(self) -> None:
        """The price, once its currency says how many decimals it has."""
        super().clean()
        text, currency = self.cleaned_data.get("price"), self.cleaned_data.get("currency")
        if not text or not currency:
            return
        try:
            minor = money.parse_minor(text, currency)
        except ValueError as problem:
            self.add_error("price", str(problem))
            return
        if minor < 0:
            self.add_error("price", gettext("The price cannot be negative."))
            return
        self.instance.price_minor = minor


class FamilyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker alone
    """A product family. Its key is fixed once it exists."""

    class Meta:
        model = ProductFamily
        fields = ["name", "key", "fabricated", "position"]
        help_texts = {"key": KEY_HELP}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["key"].disabled = bool(self.instance.pk)


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker alone
    """A reason. What it is for, its key, and whether it is “Other” are fixed once it exists."""

    FIXED = ("reason_for", "key", "is_other")

    class Meta:
        model = Reason
        fields = ["label", "reason_for", "key", "is_other", "note_required", "active", "position"]
        help_texts = {
            "key": KEY_HELP,
            "note_required": _("“Other” always asks for words."),
            "active": _("Switch off what should no longer be offered. What was done for this reason keeps it."),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not self.instance.pk:
            return
        for name in self.FIXED:
            self.fields[name].disabled = True
        if self.instance.is_other:
            self.fields["note_required"].disabled = self.fields["active"].disabled = True
            self.fields["active"].help_text = _("“Other” stays: everybody can say it in their own words.")

    def clean(self) -> None:
        """“Other” asks for words, and there is one for each."""
        super().clean()
        if not self.cleaned_data.get("is_other"):
            return
        self.cleaned_data["note_required"] = self.cleaned_data["active"] = True
        others = Reason.objects.filter(reason_for=self.cleaned_data.get("reason_for"), is_other=True)
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("is_other", gettext("There is an “Other” for this already."))
