"""Choosing a password on the page that a mailed link leads to."""

from allauth.account.forms import ResetPasswordKeyForm
from allauth.account.models import EmailAddress

from reprieve.accounts.models import Person


class ChoosePasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    """Whoever holds the link has read the mail, so the address needs no second proof."""

    user: Person

    def save(self) -> None:
        super().save()
        address = EmailAddress.objects.filter(user=self.user, email=self.user.email, verified=False).first()
        if address is not None:
            address.set_verified()
