"""Taking on a member of staff, and the link by which somebody sets their first password."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from reprieve.accounts.models import Person, StaffRole
from reprieve.lib.errors import Invalid


class StaffInvalid(Invalid):
    """Somebody cannot be taken on like this; `field` is `email`, `name` or `password`."""

    code = "staff_invalid"


@transaction.atomic
def add_staff(*, email: str, name: str, role: StaffRole, password: str | None = None) -> Person:
    """A new member of staff with a verified address: whoever adds them vouches for it.

    Without a password they cannot sign in until they have set one through `password_link`. Raises StaffInvalid.
    """
    email, name = email.strip().lower(), name.strip()
    _check(email, name)
    person = Person(email=email, name=name, staff_role=role)
    if password is not None:
        _check_password(password, person)
    person.set_password(password)
    person.save()
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person


def password_link(person: Person) -> str:
    """Where the person sets a password, once, within Django's PASSWORD_RESET_TIMEOUT."""
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    path = reverse("account_reset_password_from_key", kwargs=key)
    return f"{settings.BASE_URL}{path}"


def _check(email: str, name: str) -> None:
    try:
        validate_email(email)
    except ValidationError as problem:
        raise StaffInvalid(f"“{email}” is no e-mail address.", field="email") from problem
    if not name:
        raise StaffInvalid("Please give a name; customers read it in the history of their cases.", field="name")
    if Person.objects.filter(email=email).exists():
        raise StaffInvalid(f"{email} can sign in already.", field="email")


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, person)
    except ValidationError as problem:
        raise StaffInvalid(" ".join(problem.messages), field="password") from problem
