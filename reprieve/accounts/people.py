"""What holds for everybody who signs in: how their name and address are written, and the link to a first password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from reprieve.accounts.models import LONGEST_EMAIL, LONGEST_NAME, Person
from reprieve.lib.errors import Invalid


class PersonInvalid(Invalid):
    """Nobody can have this name or this address; `field` is `name` or `email`."""

    code = "person_invalid"


def tidy_name(name: str) -> str:
    """The name with single spaces and none around it. Raises PersonInvalid if it is empty or too long."""
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME:
        raise PersonInvalid(f"Please write a name of up to {LONGEST_NAME} characters.", field="name")
    return tidy


def tidy_email(email: str) -> str:
    """The address in small letters, so that one address is one person. Raises PersonInvalid if it is none."""
    tidy = email.strip().lower()
    try:
        validate_email(tidy)
    except ValidationError as problem:
        raise PersonInvalid(f"“{tidy}” is no e-mail address.", field="email") from problem
    if len(tidy) > LONGEST_EMAIL:
        raise PersonInvalid(f"An e-mail address has up to {LONGEST_EMAIL} characters.", field="email")
    return tidy


def password_link(person: Person) -> str:
    """Where the person sets a password, once, within Django's PASSWORD_RESET_TIMEOUT."""
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=key)
