"""What is said on screen when something is done."""

from django.http import HttpRequest
from django.utils.translation import gettext

from reprieve.accounts.models import Person
from reprieve.notifications.recipients import who_gets_mail


def with_mail(request: HttpRequest, words: str) -> str:
    """The words, and where the confirmation goes if the reader gets mail (C10)."""
    person = request.user
    if not isinstance(person, Person) or not who_gets_mail().filter(pk=person.pk).exists():
        return words
    return gettext("%(words)s A confirmation is on its way to %(email)s.") % {"words": words, "email": person.email}
