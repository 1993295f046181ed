"""The part of the sign-up form that is ours: who you are and for which practice."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.models import LONGEST_NAME, Person


class PracticeSignupForm(forms.Form):
    """allauth adds the address and the password."""

    name = forms.CharField(label=_("Your name"), max_length=LONGEST_NAME)
    practice_name = forms.CharField(
        label=_("Practice"),
        max_length=120,
        help_text=_("Opens a new practice. If yours is already with us, ask a colleague there to add you instead."),
    )

    field_order = ("name", "practice_name", "email", "password1")

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Allauth calls this after the adapter has saved the person; there is nothing left to do."""
