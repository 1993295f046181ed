"""A person adds a colleague to their practice, who then chooses a password by mail."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, Practice
from reprieve.accounts.people import tidy_email, tidy_name, with_unverified_address
from reprieve.lib.errors import Invalid
from reprieve.notifications.invitations import invite

MOST_UNANSWERED = 10


class TooManyInvitations(Invalid):
    """So many were invited and have not answered that it might be mail that nobody asked for."""


class AddressTaken(Invalid):
    """Somebody has this address already. It does not say who or where."""

    usual_remedy = _("Use another address, or ask support.")


@transaction.atomic
def add_colleague(*, actor: Actor, name: str, email: str) -> Person:
    """Add them. Added already to this practice, with this address: the same answer again, and no second mail.

    Who was removed from it may come in again, by a new password. Raises NotFound (the actor is of no practice),
    PersonInvalid, AddressTaken, TooManyInvitations.
    """
    practice = access.find(actor, Practice, pk=actor.practice_id)
    name, email = tidy_name(name), tidy_email(email)
    there = Person.objects.filter(practice=practice, email=email).first()
    if there is not None and there.is_active:
        return there
    if there is None and EmailAddress.objects.filter(email=email, verified=True).exists():
        raise AddressTaken(gettext("This address cannot be added."), field="email")
    _require_answers(practice)
    person = _create(practice, name, email) if there is None else _let_in_again(there, name)
    invite(person, invited_by=actor.name)
    return person


def _require_answers(practice: Practice) -> None:
    unanswered = with_unverified_address().filter(practice=practice, is_active=True).count()
    if unanswered >= MOST_UNANSWERED:
        why = gettext("%d of your colleagues have not answered yet. Please wait for them, or remove a wrong address.")
        raise TooManyInvitations(why % unanswered, field="email")


def _let_in_again(person: Person, name: str) -> Person:
    person.name, person.is_active = name, True
    person.save(update_fields=["name", "is_active"])
    return person


def _create(practice: Practice, name: str, email: str) -> Person:
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, None, name=name, practice=practice)
            EmailAddress.objects.create(user=person, email=email, primary=True, verified=False)
    except IntegrityError as twin:
        raise AddressTaken(gettext("This address cannot be added."), field="email") from twin
    return person
