"""A form's field for money: what people type, as minor units of one currency."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from reprieve.lib.money import parse_minor


class AmountField(forms.CharField):
    """An amount such as 1,250.50 in the reader's form. Shape only: what it may be is checked by the command."""

    def __init__(self, currency: str, **options: Any) -> None:  # noqa: ANN401 - those of any field
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        options.setdefault("error_messages", {"required": gettext("Please write an amount.")})
        super().__init__(max_length=40, **options)
        self.currency = currency

    def clean(self, value: Any) -> int | None:  # noqa: ANN401 - whatever was sent
        """The minor units; None where it may be left empty. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_minor(text, self.currency)
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem
