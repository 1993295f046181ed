"""Asking for a refund of what is left: the same form for the practice and for staff in its place."""

from django import forms
from django.utils.translation import gettext_lazy as _

from reprieve.actions.request_refund import LONGEST_REASON
from reprieve.web.amounts import AmountField


class RefundForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The practice and support read this. Please do not write names or health details of patients."),
        error_messages={"required": _("Please write why, in a few words.")},
    )

    def __init__(self, data: object = None, *, currency: str) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["amount"] = AmountField(
            currency, label=_("Amount"), required=False, help_text=_("Leave it empty for all that is left.")
        )
