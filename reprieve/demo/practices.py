"""What staff do for a practice rather than for one of its cases: store credit, and its plan."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from reprieve.accounts.models import StaffRole
from reprieve.actions.change_practice import change_practice
from reprieve.actions.grant_credit import grant_credit, take_back_credit
from reprieve.demo.offer import USD
from reprieve.demo.people import Cast

GROWING = "Lakeshore Smiles"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def dealings(cast: Cast, now: datetime) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Each with its moment.

    The first credit is granted before the veneer of the showcase that is paid with it. The last is spent on its case
    that was cancelled minutes ago, and back since then.
    """
    yield from _credit(cast, now)
    manager = cast.staff[StaffRole.MANAGER][0]
    growing = next(practice for practice in cast.practices if practice.name == GROWING)
    at = now - 100 * DAY
    yield (
        at,
        partial(
            change_practice,
            practice_id=growing.pk,
            actor=manager,
            plan="plus",
            tags=["two-offices"],
            payment_terms=growing.payment_terms,
            now=at,
        ),
    )


def _credit(cast: Cast, now: datetime) -> Iterator[tuple[datetime, Callable[[], object]]]:
    support, manager = cast.staff[StaffRole.SUPPORT][0], cast.staff[StaffRole.MANAGER][0]
    for ago, change, actor, amount_minor, why in (
        (7 * DAY + 11 * HOUR, grant_credit, support, 10000, "For the wait: the last bridge came a week late."),
        (26 * HOUR, grant_credit, manager, 75000, "Volume bonus for the third quarter."),
        (25 * HOUR, take_back_credit, manager, 25000, "The bonus is $500.00; it was mistyped."),
    ):
        at = now - ago
        yield (
            at,
            partial(
                change,
                practice_id=cast.showcase.pk,
                actor=actor,
                amount_minor=amount_minor,
                currency=USD,
                why=why,
                now=at,
            ),
        )
