"""The cast: two practices, two people in one of them, a stranger in the other, four of staff, two of them managers."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, Practice, StaffRole
from tests.factories.written_again import written_again

PASSWORD = "a-long-enough-secret"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody. The owner placed the orders of most tests; the stranger is of another practice."""

    practice: Practice
    other_practice: Practice
    owner: Person
    colleague: Person
    stranger: Person
    support: Person
    production: Person
    manager: Person
    director: Person

    def actor(self, name: str) -> Actor:
        """One of them as the actor of a command."""
        return Actor.of(getattr(self, name))


@written_again
def make_cast() -> Cast:
    """Put everybody into the database, with verified addresses."""
    practice = Practice.objects.create(name="Elm Street Dental")
    other = Practice.objects.create(name="Harbour Smiles")
    return Cast(
        practice=practice,
        other_practice=other,
        owner=_person("owner", practice=practice),
        colleague=_person("colleague", practice=practice),
        stranger=_person("stranger", practice=other),
        support=_person("support", staff_role=StaffRole.SUPPORT),
        production=_person("production", staff_role=StaffRole.PRODUCTION),
        manager=_person("manager", staff_role=StaffRole.MANAGER),
        director=_person("director", staff_role=StaffRole.MANAGER),
    )


def _person(name: str, **fields: object) -> Person:
    person = Person.objects.create_user(f"{name}@example.test", PASSWORD, name=name.title(), **fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person
