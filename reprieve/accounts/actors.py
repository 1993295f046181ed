"""Who does something: an argument of every command, never a global."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from reprieve.accounts.models import Person, StaffRole


class ActorKind(StrEnum):
    """What a rule may ask about who asks."""

    CUSTOMER = "customer"
    STAFF = "staff"
    PROGRAM = "program"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of a practice, a member of staff, a program with a key, or the product itself.

    `name` is kept in the history as it was at the time.
    """

    kind: ActorKind
    name: str
    person_id: int | None = None
    practice_id: int | None = None
    role: StaffRole | None = None

    @classmethod
    def of(cls, person: Person) -> Self:
        """The actor that this person is when signed in."""
        if person.staff_role:
            return cls(ActorKind.STAFF, person.name, person.pk, role=StaffRole(person.staff_role))
        return cls(ActorKind.CUSTOMER, person.name, person.pk, practice_id=person.practice_id)

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF

    @property
    def is_customer(self) -> bool:
        return self.kind is ActorKind.CUSTOMER


SYSTEM = Actor(ActorKind.SYSTEM, "Reprieve")
