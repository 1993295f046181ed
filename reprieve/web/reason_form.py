"""Choosing a reason and leaving a note: the same form for every action that asks why."""

from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.catalog.models import Reason, ReasonFor
from reprieve.catalog.reasons import REASON_MISSING, reasons_for


class ReasonField(forms.ChoiceField):
    """One of the reasons that are offered when the form is shown; whether it still is, the command says."""

    def valid_value(self, value: Any) -> bool:  # noqa: ANN401, ARG002 - as Django has it
        return True


class ReasonForm(forms.Form):
    """Shape only: which reason there is, which needs a note, and how long one may be, is checked by the command."""

    reason = ReasonField(label=_("Reason"), widget=forms.RadioSelect, error_messages={"required": REASON_MISSING})
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        kind: ReasonFor,
        help_text: str,
        initial: MutableMapping[str, str] | None = None,
    ) -> None:
        """`help_text` says what the note is for."""
        super().__init__(data, initial=initial)
        offered = cache(lambda: [(reason.key, _choice(reason)) for reason in reasons_for(kind)])
        self.fields["reason"].choices = offered  # type: ignore[attr-defined]  # it is the field above
        self.fields["note"].help_text = help_text


def note_help(example: str) -> str:
    """What a customer's note is for, with words that it could say."""
    return gettext(
        "Recommended: a few words help the lab to help you. For example %(example)s "
        "Please do not write names or health details of patients."
    ) % {"example": example}


def _choice(reason: Reason) -> str:
    if not reason.note_required:
        return reason.label
    wanted = (
        gettext("Please say why in the note, in your own words, without names or health details of patients.")
        if reason.is_other
        else gettext("Please add a few words in the note.")
    )
    return format_html('{} <span class="choice__help">{}</span>', reason.label, wanted)
