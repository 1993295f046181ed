"""Whoever runs the product takes somebody's access away: a person's of a practice, or a member of staff's."""

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts.models import Person
from reprieve.accounts.people import take_access, tidy_email
from reprieve.lib.errors import NotFound


@transaction.atomic
def deactivate_person(*, email: str) -> Person:
    """They are signed out and can sign in no more. Done already: the same answer.

    Raises PersonInvalid (no address), NotFound (nobody has it).
    """
    email = tidy_email(email)
    person = Person.objects.filter(email=email).first()
    if person is None:
        raise NotFound(gettext("Nobody has the address %(email)s.") % {"email": email})
    take_access(person)
    return person
