"""A person changes what the product knows of them."""

from django.core.exceptions import ValidationError
from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, check_time_zone
from reprieve.accounts.people import tidy_name
from reprieve.lib.errors import Invalid


class AccountInvalid(Invalid):
    """The time zone cannot be used."""


@transaction.atomic
def change_my_account(*, actor: Actor, name: str, emails_enabled: bool, time_zone: str) -> Person:
    """Change the actor's own name, mails and time zone; the history keeps the name of its day.

    Raises NotFound (the actor is no person), PersonInvalid, AccountInvalid.
    """
    person = access.find(actor, Person, pk=actor.person_id)
    name = tidy_name(name)
    try:
        check_time_zone(time_zone)
    except ValidationError as problem:
        raise AccountInvalid(problem.messages[0], field="time_zone") from problem
    person.name, person.emails_enabled, person.time_zone = name, emails_enabled, time_zone
    person.save(update_fields=["name", "emails_enabled", "time_zone"])
    return person
