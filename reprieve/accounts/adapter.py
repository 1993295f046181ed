"""What allauth asks of us: how a person who signs up becomes a row, and whose an address is."""

from functools import partial

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest

from reprieve.accounts.models import Person, Practice
from reprieve.accounts.people import release_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Signing up opens a practice with its first person. An address belongs to whoever first proves it by mail."""

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: Person, form: BaseForm, commit: bool = True) -> Person:  # noqa: FBT001, FBT002
        """Give the new person their name and practice, then let allauth save them."""
        user.name = form.cleaned_data["name"]
        user.practice = Practice.objects.create(name=form.cleaned_data["practice_name"])
        saved: Person = super().save_user(request, user, form, commit)
        return saved

    @transaction.atomic
    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The person has followed the link that was sent there. False if the address is another's by now."""
        if email_address.can_set_verified():
            release_address(email_address)
        confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def send_notification_mail(
        self, template_prefix: str, user: Person, context: dict[str, object] | None = None, email: str | None = None
    ) -> None:
        """Tell the person what has changed, once it has: no mail goes out while a transaction waits for it."""
        transaction.on_commit(partial(super().send_notification_mail, template_prefix, user, context, email))
