"""A person adds a colleague to their practice, who then chooses a password by mail."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, Practice
from reprieve.accounts.people import tidy_email, tidy_name
from reprieve.lib.errors import Invalid
from reprieve.notifications.invitations import invite


class AddressTaken(Invalid):
    """Somebody has this address already. It does not say who or where."""

    code = "address_taken"
    usual_remedy = "Use another address, or ask support."


@transaction.atomic
def add_colleague(*, actor: Actor, name: str, email: str) -> Person:
    """Add them. Added already to this practice, with this address: the same answer again, and no second mail.

    Raises NotFound (the actor is of no practice), PersonInvalid, AddressTaken.
    """
    practice = access.find(actor, Practice, pk=actor.practice_id)
    name, email = tidy_name(name), tidy_email(email)
    if (there := Person.objects.filter(practice=practice, email=email).first()) is not None:
        return there
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        raise AddressTaken("This address cannot be added.", field="email")
    person = _create(practice, name, email)
    invite(person, invited_by=actor.name)
    return person


def _create(practice: Practice, name: str, email: str) -> Person:
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, None, name=name, practice=practice)
            EmailAddress.objects.create(user=person, email=email, primary=True, verified=False)
    except IntegrityError as twin:
        raise AddressTaken("This address cannot be added.", field="email") from twin
    return person
