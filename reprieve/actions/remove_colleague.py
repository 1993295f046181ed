"""A person takes a colleague's access to their practice away."""

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, Practice
from reprieve.accounts.people import take_access
from reprieve.lib.errors import Refused


class ColleagueNotRemoved(Refused):
    """A practice keeps whoever asks: nobody removes themselves, so somebody always remains."""


@transaction.atomic
def remove_colleague(*, actor: Actor, person_id: int) -> Person:
    """They are signed out and can sign in no more, until somebody adds them again. Done already: the same answer.

    The practice is locked, so that two who remove each other do not both succeed. Raises NotFound, ColleagueNotRemoved.
    """
    practice = access.find(actor, Practice, pk=actor.practice_id)
    Practice.objects.select_for_update().get(pk=practice.pk)
    colleague = find_colleague(actor, person_id)
    if colleague.is_active:
        take_access(colleague)
    return colleague


def find_colleague(actor: Actor, person_id: int) -> Person:
    """The person whom the actor may remove. Raises NotFound, ColleagueNotRemoved."""
    practice = access.find(actor, Practice, pk=actor.practice_id)
    colleague = access.find(actor, Person, pk=person_id, practice=practice)
    if colleague.pk == actor.person_id:
        raise ColleagueNotRemoved(
            gettext("You cannot remove yourself."), remedy=gettext("Ask a colleague, or support.")
        )
    if actor.person_id not in practice.people.filter(is_active=True).values_list("pk", flat=True):
        raise ColleagueNotRemoved(
            gettext("Your own access has been taken away."), remedy=gettext("Ask a colleague, or support.")
        )
    return colleague
