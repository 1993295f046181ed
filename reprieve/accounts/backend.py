"""Whom a session belongs to."""

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef

from reprieve.accounts.models import Person
from reprieve.accounts.recipients import who_gets_mail


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth comes without types
    """Finds the reader of a page with their practice, which every page names, and whether they get mail."""

    def get_user(self, user_id: int) -> Person | None:
        """The person, unless they may no longer sign in."""
        people = Person.objects.select_related("practice").filter(pk=user_id)
        found = people.annotate(gets_mail=Exists(who_gets_mail().filter(pk=OuterRef("pk")))).first()  # type: ignore[no-redef]
        return found if found is not None and self.user_can_authenticate(found) else None
