"""Take on a member of staff."""

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts.models import Person, StaffRole
from reprieve.accounts.people import tidy_email, tidy_name
from reprieve.lib.errors import Invalid


class StaffInvalid(Invalid):
    """Somebody cannot be taken on like this; `field` is `email` or `password`."""


@transaction.atomic
def add_staff(*, email: str, name: str, role: StaffRole, password: str | None = None) -> Person:
    """A new member of staff with a verified address, or one who is back: whoever adds them vouches for it.

    Without a password they cannot sign in until they have set one through `accounts.people.password_link`. Raises
    PersonInvalid, StaffInvalid.
    """
    email, name = tidy_email(email), tidy_name(name)
    person = Person.objects.filter(email=email).first() or Person(email=email, is_active=False, staff_role=role)
    if person.is_active or person.practice_id is not None:
        raise StaffInvalid(gettext("%(email)s belongs to somebody already.") % {"email": email}, field="email")
    person.name, person.staff_role, person.is_active = name, role, True
    if password is not None:
        _check_password(password, person)
    person.set_password(password)
    person.save()
    EmailAddress.objects.get_or_create(user=person, email=email, defaults={"verified": True, "primary": True})
    return person


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, person)
    except ValidationError as problem:
        raise StaffInvalid(" ".join(problem.messages), field="password") from problem
