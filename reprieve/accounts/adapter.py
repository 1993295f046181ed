"""What allauth asks of us: how a person who signs up becomes a row."""

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest

from reprieve.accounts.models import Person, Practice


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Signing up opens a practice with its first person."""

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: Person, form: BaseForm, commit: bool = True) -> Person:  # noqa: FBT001, FBT002
        """Give the new person their name and practice, then let allauth save them."""
        user.name = form.cleaned_data["name"]
        user.practice = Practice.objects.create(name=form.cleaned_data["practice_name"])
        saved: Person = super().save_user(request, user, form, commit)
        return saved
