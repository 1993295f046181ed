"""What holds for everybody who signs in: how their name and address are written, and the link to a first password."""

import logging
import unicodedata

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from reprieve.accounts.models import LONGEST_EMAIL, LONGEST_NAME, Person
from reprieve.lib.errors import Invalid

logger = logging.getLogger(__name__)
# They make text read other than it is stored: embeddings, overrides and isolates of the writing direction.
TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class PersonInvalid(Invalid):
    """Nobody can have this name or this address; `field` is `name` or `email`."""


def tidy_name(name: str, *, field: str = "name") -> str:
    """A person's or a practice's name with single spaces and none around it.

    Names stand in mails to others, as plain text: no name may pass for a line or a link of ours. Raises PersonInvalid
    if it is empty, too long, or holds a web address or a character that is not written.
    """
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME:
        raise PersonInvalid(
            gettext("Please write a name of up to %(longest_name)s characters.") % {"longest_name": LONGEST_NAME},
            field=field,
        )
    if "://" in tidy or "www." in tidy.lower():
        raise PersonInvalid(gettext("Please write a name without a web address."), field=field)
    if any(unicodedata.category(char) == "Cc" or char in TURNS_TEXT for char in tidy):
        raise PersonInvalid(
            gettext("This name holds a character that cannot be seen. Please type it anew."), field=field
        )
    return tidy


def tidy_email(email: str) -> str:
    """The address in small letters, so that one address is one person. Raises PersonInvalid if it is none."""
    tidy = email.strip().lower()
    try:
        validate_email(tidy)
    except ValidationError as problem:
        raise PersonInvalid(gettext("“%(tidy)s” is no e-mail address.") % {"tidy": tidy}, field="email") from problem
    if len(tidy) > LONGEST_EMAIL:
        raise PersonInvalid(
            gettext("An e-mail address has up to %(longest_email)s characters.") % {"longest_email": LONGEST_EMAIL},
            field="email",
        )
    return tidy


def with_unverified_address() -> QuerySet[Person]:
    """Everybody who was given an address, by a colleague or by themselves, and has never shown that it is theirs."""
    return Person.objects.filter(last_login=None).exclude(emailaddress__verified=True)


def release_address(address: EmailAddress) -> None:
    """Remove another person who has this address and never proved it; the one who does shall have it.

    Nothing else is theirs: who has not proved an address has never signed in. Has to run in the caller's transaction.
    """
    for other in with_unverified_address().filter(email=address.email).exclude(pk=address.user_id):
        logger.info("Person %s gives way to person %s, who proved the address.", other.pk, address.user_id)
        other.delete()


def take_access(person: Person) -> None:
    """Let the person in no more. Has to run in the caller's transaction.

    Without the password every session and every link to set a new one is void as well; the sessions are removed all
    the same, so that nobody has to trust in that.
    """
    person.is_active = False
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


def password_link(person: Person) -> str:
    """Where the person sets a password, once, within Django's PASSWORD_RESET_TIMEOUT."""
    key = {
        "uidb36": user_pk_to_url_str(person),
        "key": app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person),
    }
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=key)
