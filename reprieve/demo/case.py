"""Telling the life of one case by the product's own commands, each at the moment when it is said to have happened."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import zip_longest
from random import Random
from typing import Concatenate
from zoneinfo import ZoneInfo

from django.conf import settings

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.actions.add_files import add_files
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.close_revision import close_revision
from reprieve.actions.decline_cancellation import decline_cancellation
from reprieve.actions.deliver_files import deliver_files
from reprieve.actions.move_order import move_order
from reprieve.actions.open_revision import open_revision
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.restore_order import restore_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.billing.charges import waits_for_run
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.demo import documents
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, Pause, Revision, Status

SATURDAY = 5


@dataclass(slots=True)
class Case:
    """An order and those who deal with it: one person of the practice, one technician, one of support."""

    order_id: int
    customer: Actor
    technician: Actor
    support: Actor

    @property
    def version(self) -> int:
        return Order.objects.values_list("version", flat=True).get(pk=self.order_id)

    @property
    def is_left_to_a_run(self) -> bool:
        """Whether an invoice run has moved it on already, or will."""
        order = Order.objects.select_related("charge").get(pk=self.order_id)
        return waits_for_run(order.charge) or order.status == Status.INVOICED

    @property
    def request(self) -> int:
        requests = Cancellation.objects.filter(order=self.order_id, state=CancellationState.REQUESTED)
        return requests.values_list("pk", flat=True).get()


type Tell = Callable[[Case, datetime], object]


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is at work, in the time zone of the business."""

    opens: time
    closes: time
    weekends: bool

    def includes(self, at: datetime) -> bool:
        here = _here(at)
        return self.opens <= here.time() < self.closes and (self.weekends or here.weekday() < SATURDAY)

    def next(self, at: datetime) -> datetime:
        """The moment itself if they are, else some time in the next morning that they are."""
        here = _here(at)
        while not self.includes(here):
            day = here if here.time() < self.opens else here + timedelta(days=1)
            here = day.replace(hour=self.opens.hour + here.minute % 3)
        return here.astimezone(at.tzinfo)

    def last(self, at: datetime) -> datetime:
        """The moment itself if they are, else some time before."""
        while not self.includes(at):
            at -= timedelta(hours=2, minutes=41)
        return at


LAB = Hours(time(8), time(18), weekends=False)
PRACTICE = Hours(time(7), time(21), weekends=True)  # some do their paperwork at home
ALWAYS = Hours(time.min, time.max, weekends=True)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next, how long after the step before, and when whoever does it is at work.

    `sets_off` is how long what follows from it takes by itself: neither the next step nor `now` comes before that.
    """

    after: timedelta
    tell: Tell
    by: Hours = LAB
    sets_off: timedelta = timedelta()


def step[**P](
    *, by: Hours = LAB
) -> Callable[[Callable[Concatenate[Case, datetime, P], None]], Callable[Concatenate[timedelta, P], Step]]:
    """Makes a step of what happens to a case: called with after how long it does, and with what else it is told."""

    def made(tell: Callable[Concatenate[Case, datetime, P], None]) -> Callable[Concatenate[timedelta, P], Step]:
        def make(after: timedelta, /, *args: P.args, **kwargs: P.kwargs) -> Step:
            return Step(after, lambda case, now: tell(case, now, *args, **kwargs), by)

        return make

    return made


def length(steps: Sequence[Step]) -> timedelta:
    return sum((step.after for step in steps), timedelta())


def moments(steps: Sequence[Step], *, since: datetime, now: datetime) -> Iterator[tuple[datetime, Step]]:
    """When each of the steps happens, one after the other and none of them after `now`."""
    at = ideal = since
    for step, following in zip_longest(steps, steps[1:]):
        ideal += step.after
        latest = (ideal + following.after if following else now) - step.sets_off
        at_work = step.by.next(ideal)
        at = max(at, at_work if at_work <= latest else ideal)
        yield at, step


def _here(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE))


def hours(rng: Random, least: float, most: float) -> timedelta:
    """A length of time between the two, to the second."""
    return timedelta(seconds=round(rng.uniform(least, most) * 3600))


# The steps.


@step()
def move(case: Case, now: datetime, verb: Verb, *, why: str = "", override: bool = False) -> None:
    """Production moves the case; what an invoice run has invoiced, or will, is left to it."""
    if verb is Verb.INVOICE and case.is_left_to_a_run:
        return
    move_order(
        order_id=case.order_id,
        verb=verb,
        actor=case.technician,
        expected_version=case.version,
        now=now,
        why=why,
        override=override,
    )


@step(by=PRACTICE)
def send_files(case: Case, now: datetime, name: str) -> None:
    uploads = [documents.stl(name, case.order_id)]
    add_files(order_id=case.order_id, actor=case.customer, uploads=uploads, now=now)


@step()
def deliver(case: Case, now: datetime, *, override: bool = False) -> None:
    """Production delivers the design with its report."""
    deliver_files(
        order_id=case.order_id,
        actor=case.technician,
        uploads=[documents.stl("design.stl", case.order_id + 1), documents.pdf("design-report.pdf")],
        expected_version=case.version,
        now=now,
        override=override,
    )


@step()
def revise(case: Case, now: datetime, note: str) -> None:
    open_revision(order_id=case.order_id, actor=case.technician, expected_version=case.version, note=note, now=now)


@step()
def finish_revision(case: Case, now: datetime) -> None:
    revision = Revision.objects.get(order=case.order_id, closed_at=None)
    close_revision(revision_id=revision.pk, actor=case.technician, expected_version=case.version, now=now)


@step(by=PRACTICE)
def pause(case: Case, now: datetime, reason: str, note: str = "") -> None:
    pause_order(order_id=case.order_id, actor=case.customer, reason=reason, note=note, now=now)


@step(by=PRACTICE)
def resume(case: Case, now: datetime) -> None:
    resume_order(order_id=case.order_id, actor=case.customer, now=now)


@step(by=ALWAYS)
def slate(case: Case, now: datetime) -> None:
    """The pause has run out: `after` it has begun, and never before its end."""
    ends = Pause.objects.get(order=case.order_id, ended_at=None).until
    slate_order(order_id=case.order_id, actor=SYSTEM, now=max(now, ends))


@step()
def restore(case: Case, now: datetime) -> None:
    restore_order(order_id=case.order_id, actor=case.support, expected_version=case.version, now=now)


@step(by=PRACTICE)
def cancel(case: Case, now: datetime, reason: str, note: str = "") -> None:
    cancel_order(order_id=case.order_id, actor=case.customer, reason=reason, note=note, now=now)


@step(by=ALWAYS)
def undo(case: Case, now: datetime) -> None:
    """The practice takes the cancellation back while there is time, at whatever hour that is."""
    undo_cancellation(order_id=case.order_id, actor=case.customer, now=now)


@step()
def override_cancel(case: Case, now: datetime, reason: str, note: str) -> None:
    """Support cancels it, although the practice could not have."""
    cancel_order(
        order_id=case.order_id,
        actor=case.support,
        reason=reason,
        note=note,
        now=now,
        expected_version=case.version,
        override=True,
    )


@step(by=PRACTICE)
def ask(case: Case, now: datetime, reason: str, note: str = "") -> None:
    request_cancellation(order_id=case.order_id, actor=case.customer, reason=reason, note=note, now=now)


@step(by=PRACTICE)
def withdraw(case: Case, now: datetime) -> None:
    withdraw_cancellation(cancellation_id=case.request, actor=case.customer, now=now)


@step()
def approve(case: Case, now: datetime, staff_note: str = "") -> None:
    approve_cancellation(
        cancellation_id=case.request,
        actor=case.support,
        expected_version=case.version,
        staff_note=staff_note,
        now=now,
    )


@step()
def decline(case: Case, now: datetime, answer: str, staff_note: str = "") -> None:
    decline_cancellation(
        cancellation_id=case.request,
        actor=case.support,
        expected_version=case.version,
        answer=answer,
        staff_note=staff_note,
        now=now,
    )
