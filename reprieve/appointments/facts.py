"""What rules may ask about an appointment.

A table about appointments can be written, checked and asked about any appointment that is described to it. None is kept
in the database yet, so the database cannot be asked: the twin of each fact says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NoReturn

from django.utils.translation import gettext_noop

from reprieve.dmn.table import Clock, Column
from reprieve.dmn.values import ValueType
from reprieve.policies.facts import wall_clock
from reprieve.policies.facts.registry import Asking, Fact, Registry, facts_of_the_question, register
from reprieve.policies.facts.stored import NoTwinError

STRING, NUMBER = ValueType.STRING, ValueType.NUMBER
BOOLEAN, DURATION = ValueType.BOOLEAN, ValueType.DURATION
NO_TIME: Final = timedelta()

SUBJECT: Final = "appointment"
LOOK_BACK: Final = timedelta(days=365)
"""How long late cancellations and missed appointments count against a customer. Its last instant no longer does."""


class AppointmentStatus(StrEnum):
    BOOKED = "booked"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class CustomerKind(StrEnum):
    NEW = "new"
    RETURNING = "returning"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAppointment:
    """What is known of an appointment. Instants are aware.

    `service`, `category`, `provider` and `plan` are the business's own keys. `late_cancellations` and `no_shows` are
    when the same customer's other appointments were cancelled too late, or began without them.
    """

    status: AppointmentStatus
    service: str
    category: str
    provider: str
    booked_at: datetime
    starts_at: datetime
    deposit_paid: bool
    plan: str
    customer: CustomerKind
    late_cancellations: tuple[datetime, ...] = ()
    no_shows: tuple[datetime, ...] = ()


def _counting(instants: Iterable[datetime], now: datetime) -> list[datetime]:
    return [instant for instant in instants if timedelta() <= now - instant < LOOK_BACK]


def _next_to_expire(instants: Iterable[datetime], now: datetime) -> datetime | None:
    """When the number of those that count falls next."""
    return min((instant + LOOK_BACK for instant in _counting(instants, now)), default=None)


def _not_stored(_asking: Asking) -> NoReturn:
    raise NoTwinError("appointments are not kept in the database yet, so it cannot be asked about them")


APPOINTMENT_FACTS: Registry[KnownAppointment] = register(
    Registry(
        SUBJECT,
        [
            Fact(
                Column("status", STRING, gettext_noop("Status"), tuple(status.value for status in AppointmentStatus)),
                lambda it, _: it.status.value,
                _not_stored,
            ),
            Fact(Column("service", STRING, gettext_noop("Service")), lambda it, _: it.service, _not_stored),
            Fact(
                Column("service_category", STRING, gettext_noop("Category of the service")),
                lambda it, _: it.category,
                _not_stored,
            ),
            Fact(Column("provider", STRING, gettext_noop("Provider")), lambda it, _: it.provider, _not_stored),
            Fact(
                Column("notice", DURATION, gettext_noop("Notice before the start"), clock=Clock.UNTIL),
                lambda it, _: it.starts_at,
                _not_stored,
            ),
            Fact(
                Column(
                    "since_booking", DURATION, gettext_noop("Time since booking"), clock=Clock.SINCE, minimum=NO_TIME
                ),
                lambda it, _: it.booked_at,
                _not_stored,
            ),
            Fact(
                Column("lead", DURATION, gettext_noop("Time between booking and start"), minimum=NO_TIME),
                lambda it, _: wall_clock.elapsed(it.booked_at, it.starts_at),
                _not_stored,
            ),
            Fact(
                Column("start_weekday", STRING, gettext_noop("Weekday of the start"), wall_clock.WEEKDAYS),
                lambda it, asking: wall_clock.weekday(it.starts_at, asking.zone),
                _not_stored,
            ),
            Fact(
                Column("deposit_paid", BOOLEAN, gettext_noop("Deposit paid")),
                lambda it, _: it.deposit_paid,
                _not_stored,
            ),
            Fact(
                Column(
                    "late_cancellations", NUMBER, gettext_noop("Late cancellations in a year"), integer=True, minimum=0
                ),
                lambda it, asking: len(_counting(it.late_cancellations, asking.now)),
                _not_stored,
                turns=lambda it, asking: _next_to_expire(it.late_cancellations, asking.now),
            ),
            Fact(
                Column("no_shows", NUMBER, gettext_noop("Appointments missed in a year"), integer=True, minimum=0),
                lambda it, asking: len(_counting(it.no_shows, asking.now)),
                _not_stored,
                turns=lambda it, asking: _next_to_expire(it.no_shows, asking.now),
            ),
            Fact(Column("plan", STRING, gettext_noop("Customer's plan")), lambda it, _: it.plan, _not_stored),
            Fact(
                Column(
                    "customer",
                    STRING,
                    gettext_noop("New or returning customer"),
                    tuple(kind.value for kind in CustomerKind),
                ),
                lambda it, _: it.customer.value,
                _not_stored,
            ),
            *facts_of_the_question(),
        ],
    )
)
