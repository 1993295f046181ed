"""Who takes part in the demo: seven practices, and the lab's staff. All of them are invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms, Person, Practice, StaffRole

PASSWORD = "reprieve-demo"  # noqa: S105 - everybody may know it
WEEKLY, PER_CASE, MONTHLY = PaymentTerms.WEEKLY, PaymentTerms.PER_CASE, PaymentTerms.MONTHLY
SHOWCASE = "Maple Street Dental"

# The first person of the first two practices and the first of each role are whom visitors sign in as.
PRACTICES: dict[str, tuple[PaymentTerms, str, dict[str, str]]] = {
    SHOWCASE: (
        WEEKLY,
        "plus",
        {
            "doctor@maple.example": "Dr. Hannah Okafor",
            "colleague@maple.example": "Luis Ferreira",
            "imogen@maple.example": "Imogen Walsh",
        },
    ),
    "Harborview Dental Arts": (
        PER_CASE,
        "standard",
        {"doctor@harbor.example": "Dr. Daniel Kim", "aisha@harbor.example": "Aisha Bello"},
    ),
    "Juniper Family Dentistry": (
        MONTHLY,
        "standard",
        {"ruth@juniper.example": "Dr. Ruth Abelson", "caleb@juniper.example": "Caleb Moreno"},
    ),
    "Northgate Prosthodontics": (
        WEEKLY,
        "plus",
        {
            "vikram@northgate.example": "Dr. Vikram Shah",
            "elena@northgate.example": "Dr. Elena Petrova",
            "joan@northgate.example": "Joan Little",
        },
    ),
    "Cedar & Main Dental": (
        PER_CASE,
        "standard",
        {"marcus@cedarmain.example": "Dr. Marcus Webb", "naomi@cedarmain.example": "Naomi Tran"},
    ),
    "Lakeshore Smiles": (
        WEEKLY,
        "standard",
        {"sofia@lakeshore.example": "Dr. Sofia Lindqvist", "peter@lakeshore.example": "Peter Nwosu"},
    ),
    "Old Mill Orthodontics": (
        MONTHLY,
        "plus",
        {"yusuf@oldmill.example": "Dr. Yusuf Demir", "clara@oldmill.example": "Clara Jensen"},
    ),
}
STAFF: dict[str, tuple[str, StaffRole]] = {
    "support@lab.example": ("Priya Raman", StaffRole.SUPPORT),
    "owen@lab.example": ("Owen Gallagher", StaffRole.SUPPORT),
    "production@lab.example": ("Tomasz Zielinski", StaffRole.PRODUCTION),
    "mei@lab.example": ("Mei Tanaka", StaffRole.PRODUCTION),
    "bruno@lab.example": ("Bruno Costa", StaffRole.PRODUCTION),
    "manager@lab.example": ("Grace Alder", StaffRole.MANAGER),
    "director@lab.example": ("Samuel Achterberg", StaffRole.MANAGER),
}
SIGN_INS: dict[str, str] = {
    "doctor@maple.example": "a doctor: start here",
    "colleague@maple.example": "her colleague: the same cases",
    "doctor@harbor.example": "a doctor of another practice: none of them",
    "support@lab.example": "support: answers cancellation requests",
    "production@lab.example": "production: moves cases along",
    "manager@lab.example": "the manager: rules, products, reasons, practices",
    "director@lab.example": "a second manager: approves the first one's rules",
}
WANTS_NO_MAIL = ("imogen@maple.example", "peter@lakeshore.example")


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody as actors: the people of each practice, by its row, and the staff by role."""

    practices: Mapping[Practice, list[Actor]]
    staff: Mapping[StaffRole, list[Actor]]

    @property
    def showcase(self) -> Practice:
        """The practice whose first page shows everything."""
        return next(practice for practice in self.practices if practice.name == SHOWCASE)


def invite(*, since: datetime) -> Cast:
    """Put everybody into the database, with the lab since an instant. `switch_mail_on` lets them have mail."""
    secret = make_password(PASSWORD)  # slow by design, so once for all of them
    practices = {}
    for name, (terms, plan, people) in PRACTICES.items():
        practice = Practice.objects.create(name=name, payment_terms=terms, plan=plan)
        practices[practice] = [Person(email=email, name=person, practice=practice) for email, person in people.items()]
    staff = {
        role: [Person(email=email, name=name, staff_role=role) for email, (name, at) in STAFF.items() if at is role]
        for role in StaffRole
    }
    everybody = [person for group in (*practices.values(), *staff.values()) for person in group]
    for person in everybody:
        # The past is told by the real commands, and nobody is to get a mail about it.
        person.password, person.emails_enabled = secret, False
    Person.objects.bulk_create(everybody)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in everybody
    )
    Practice.objects.update(created_at=since)
    Person.objects.update(created_at=since)
    return Cast(
        {practice: [Actor.of(person) for person in people] for practice, people in practices.items()},
        {role: [Actor.of(person) for person in people] for role, people in staff.items()},
    )


def switch_mail_on() -> None:
    """From now on what happens is told by mail, to those who want it."""
    Person.objects.exclude(email__in=WANTS_NO_MAIL).update(emails_enabled=True)
