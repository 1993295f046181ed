"""The part of the sign-up form that is ours: who you are and for which practice."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.models import LONGEST_NAME, Person
from reprieve.accounts.people import PersonInvalid, tidy_name


class NameField(forms.CharField):
    def clean(self, value: object) -> str:
        typed: str = super().clean(value)
        try:
            return tidy_name(typed)
        except PersonInvalid as refusal:
            raise ValidationError(refusal.why) from refusal


class PracticeSignupForm(forms.Form):
    """allauth adds the address and the password."""

    name = NameField(label=_("Your name"), max_length=LONGEST_NAME)
    practice_name = NameField(
        label=_("Practice"),
        max_length=LONGEST_NAME,
        help_text=_("Opens a new practice. If yours is already with us, ask a colleague there to add you instead."),
    )

    field_order = ("name", "practice_name", "email", "password1")

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Allauth calls this after the adapter has saved the person; there is nothing left to do."""
