"""What is said on screen when something is done."""

from django.http import HttpRequest
from django.utils.translation import gettext

from reprieve.accounts.models import Person


def with_mail(request: HttpRequest, words: str) -> str:
    """The words, and where the confirmation goes if the reader gets mail (C10)."""
    person = request.user
    if not isinstance(person, Person) or not person.gets_mail:
        return words
    return gettext("%(words)s A confirmation is on its way to %(email)s.") % {"words": words, "email": person.email}
