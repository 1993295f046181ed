"""Opening the demo lab: everybody, everything that it offers, its rules, and half a year of cases."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter, itemgetter
from random import Random

from django.db import transaction

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms, Practice, StaffRole
from reprieve.actions.place_order import place_order
from reprieve.catalog.models import PricedPer, Product
from reprieve.demo import billing, documents, lives, offer, people, practices, rules, showcase
from reprieve.demo.case import PRACTICE, Case, Step, length, moments
from reprieve.orders.building import Details, LineDetails
from reprieve.orders.uploads import Upload
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.presets import files as preset_files

USUAL_CASES = 400
SEED = 1042
LATELY = timedelta(days=2)
OPENED_BEFORE = timedelta(days=300)
RULES_BEFORE = timedelta(days=290)

TEETH: Mapping[str, Sequence[tuple[int, ...]]] = {
    "bridges": ((3, 4, 5), (12, 13, 14), (18, 19, 20), (28, 29, 30), (7, 8, 9, 10)),
    "veneers": ((8, 9), (7, 8, 9, 10), (6, 7, 8, 9, 10, 11), (5, 6, 7, 8, 9, 10, 11, 12)),
}
SINGLE_TEETH: Sequence[tuple[int, ...]] = ((3,), (5,), (8,), (12,), (14,), (19,), (20,), (28,), (30,), (8, 9), (18, 19))
INITIALS = "ABCDEFGHJKLMNPRSTVW"
NOTES = (
    "",
    "",
    "",
    "Shade A2, please keep the contacts light.",
    "Shade B1 to match the neighbour.",
    "Opposing is a metal crown.",
    "Please call before milling if anything is unclear.",
    "Patient grinds; occlusion slightly open.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A case that is to have happened: who ordered what and when, and the steps of its life."""

    practice: Practice
    case: Case
    submitted_at: datetime
    wanted: Sequence[LineDetails]
    details: Details
    steps: Sequence[Step]


@transaction.atomic
def open_lab(*, now: datetime, cases: int = USUAL_CASES) -> None:
    """Fill an empty database, as if all had happened until `now`; nobody gets a mail about it.

    The same moment gives the same lab. `cases` scales how many have each life; every life is had at least once.
    """
    cast, products = found(now)
    live(cast, planned(cast, products, now, cases), now)
    rules.leave_one_in_review(rules.Managers(*cast.staff[StaffRole.MANAGER]), now)
    people.switch_mail_on()


def found(now: datetime) -> tuple[people.Cast, Mapping[str, Sequence[Product]]]:
    """Everybody, everything that the lab offers, and the rules as they were until `now`."""
    cast = people.invite(since=now - OPENED_BEFORE)
    products = offer.lay_out()
    for preset in preset_files.load("lab"):
        install(preset, starts_at=now - RULES_BEFORE)
    rules.live_until_lately(rules.Managers(*cast.staff[StaffRole.MANAGER]), now)
    return cast, products


def planned(cast: people.Cast, products: Mapping[str, Sequence[Product]], now: datetime, cases: int) -> list[Plan]:
    """The cases that are to have happened by `now`; nothing has happened yet."""
    planner = Planner(Random(SEED), cast, products, now)  # noqa: S311 - the same lab again, not a secret
    return [*planner.showcase(), *planner.everyday(cases)]


def live(cast: people.Cast, plans: Sequence[Plan], now: datetime) -> None:
    """Let the plans happen, and all that is dealt with beside them, each at its moment."""
    since = min(plan.submitted_at for plan in plans)
    happenings = [*_happenings(plans, now), *billing.dealings(cast, since, now), *practices.dealings(cast, now)]
    for _at, happen in sorted(happenings, key=itemgetter(0)):
        happen()


def _happenings(plans: Sequence[Plan], now: datetime) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Everything that happens, with its moment; what happens to one case comes in its order."""
    for plan in sorted(plans, key=attrgetter("submitted_at")):
        yield plan.submitted_at, partial(_place, plan)
        for at, step in moments(plan.steps, since=plan.submitted_at, now=now):
            yield at, partial(step.tell, plan.case, at)


def _place(plan: Plan) -> None:
    order = place_order(
        practice_id=plan.practice.pk,
        actor=plan.case.customer,
        wanted=plan.wanted,
        details=plan.details,
        now=plan.submitted_at,
    )
    plan.case.order_id = order.pk


class Planner:
    """Decides what is to have happened, before any of it does: cases are numbered in the order of their submission."""

    def __init__(
        self, rng: Random, cast: people.Cast, products: Mapping[str, Sequence[Product]], now: datetime
    ) -> None:
        self.rng = rng
        self.cast = cast
        self.products = products
        self.by_name = {product.name: product for family in products.values() for product in family}
        self.family_of = {product.name: key for key, family in products.items() for product in family}
        self.now = now
        self.last_reference = 4000

    def showcase(self) -> Iterator[Plan]:
        """The latest cases of the practice that visitors sign in to."""
        for shown in showcase.shown(self.rng):
            yield self._plan(
                self.cast.showcase,
                [self.by_name[name] for name in shown.products],
                shown.steps,
                submitted_at=self.now - shown.age,
                patient=shown.patient,
                note=shown.note,
                files=shown.files,
                terms=shown.terms,
            )

    def everyday(self, cases: int) -> Iterator[Plan]:
        for life in lives.LIVES:
            for _ in range(max(1, round(life.share * cases / USUAL_CASES))):
                yield self._everyday(life)

    def _everyday(self, life: lives.Life) -> Plan:
        rng = self.rng
        steps = life.plot(rng)
        submitted_at = self.now - life.idle(rng) - length(steps)
        if submitted_at < self.now - LATELY:
            submitted_at = PRACTICE.last(submitted_at)
        recent = submitted_at > self.now - showcase.SPAN
        candidates = [
            practice
            for practice in self.cast.practices
            if not (recent and practice == self.cast.showcase) and life.terms in {None, practice.payment_terms}
        ]
        family = rng.choice(life.families)
        return self._plan(
            rng.choice(candidates),
            [rng.choice(self.products[family])],
            steps,
            submitted_at=submitted_at,
            patient=f"{rng.choice(INITIALS)}.{rng.choice(INITIALS)}. {rng.randint(1000, 3999)}",
            note=rng.choice(NOTES),
            files=life.files,
        )

    def _plan(  # noqa: PLR0913 - a plan is just these facts
        self,
        practice: Practice,
        products: Sequence[Product],
        steps: Sequence[Step],
        *,
        submitted_at: datetime,
        patient: str,
        note: str,
        files: bool,
        terms: PaymentTerms | None = None,
    ) -> Plan:
        rng = self.rng
        self.last_reference += 1
        return Plan(
            practice=practice,
            case=self._case(practice),
            submitted_at=submitted_at,
            wanted=[self._wanted_line(product) for product in products],
            details=Details(
                patient_reference=patient,
                customer_reference=f"PO-{self.last_reference}" if rng.random() < 0.3 else "",  # noqa: PLR2004
                note=note,
                requested_delivery=(submitted_at + timedelta(days=rng.randint(9, 21))).date(),
                payment_terms=terms or "",
                files=self._scans() if files else (),
            ),
            steps=steps,
        )

    def _case(self, practice: Practice) -> Case:
        return Case(
            order_id=0,
            customer=self._one_of(self.cast.practices[practice]),
            technician=self._one_of(self.cast.staff[StaffRole.PRODUCTION]),
            support=self._one_of(self.cast.staff[StaffRole.SUPPORT]),
        )

    def _one_of(self, actors: Sequence[Actor]) -> Actor:
        """The first more often than the others."""
        return actors[0] if self.rng.random() < 0.5 else self.rng.choice(actors)  # noqa: PLR2004

    def _wanted_line(self, product: Product) -> LineDetails:
        match product.priced_per:
            case PricedPer.TOOTH:
                choices = TEETH.get(self.family_of[product.name], SINGLE_TEETH)
                return LineDetails(product.pk, self.rng.choice(choices))
            case PricedPer.ARCH:
                return LineDetails(product.pk, quantity=self.rng.choice((1, 1, 2)))
        return LineDetails(product.pk)

    def _scans(self) -> list[Upload]:
        names = ("upper.stl", "lower.stl", "bite.stl")[: self.rng.choice((1, 2, 3))]
        return [documents.stl(name, self.rng.randrange(12)) for name in names]
