"""Whom a session belongs to."""

from allauth.account.auth_backends import AuthenticationBackend

from reprieve.accounts.models import Person


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth comes without types
    """Finds the reader of a page together with their practice, which every page names."""

    def get_user(self, user_id: int) -> Person | None:
        """The person, unless they may no longer sign in."""
        found = Person.objects.select_related("practice").filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None
