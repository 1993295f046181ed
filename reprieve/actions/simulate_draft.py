"""Ask what a draft would have decided over a period of the past; a worker then works it out."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.dmn.check import check
from reprieve.dmn.table import Severity, TableError
from reprieve.lib.errors import Invalid
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import require_open, table_of
from reprieve.policies.lifecycle.locking import lock_draft
from reprieve.policies.lifecycle.reviews import DraftHasErrors
from reprieve.policies.lifecycle.simulations import STALE, simulate_in_background, subject_with_a_past
from reprieve.policies.models import Draft, Simulation, SimulationState

LONGEST: Final = timedelta(days=731)


class PeriodInvalid(Invalid):
    """The period is empty, too long, or not over; `field` is `period_from` or `period_to`."""


@transaction.atomic
def simulate_draft(
    *, draft_id: int, actor: Actor, now: datetime, period_from: datetime, period_to: datetime
) -> Simulation:
    """Queue a simulation of the draft as it is, against the version in force now, from one instant up to another.

    If the same is queued or running already, that one again. Raises NotFound, NotAllowed, DraftClosed, DraftHasErrors,
    NothingToSimulate, PeriodInvalid.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    draft = lock_draft(actor, draft_id)
    require_open(draft)
    subject_with_a_past(draft.policy)
    require_period(period_from, period_to, now)
    _require_decidable(draft)
    simulation = Simulation(
        draft=draft,
        content_hash=draft.content_hash,
        against=version_in_force(draft.policy, now),
        period_from=period_from,
        period_to=period_to,
        asked_by_id=actor.person_id,
        asked_at=now,
    )
    if (same := _under_way(simulation, now)) is not None:
        return same
    simulation.save()
    simulate_in_background.enqueue(simulation.pk)
    return simulation


def require_period(period_from: datetime, period_to: datetime, now: datetime) -> None:
    """Raises PeriodInvalid unless the past has such a period, of at most `LONGEST`."""
    if period_to > now:
        raise PeriodInvalid(
            gettext("The period has to be over: what is still to come cannot be asked."), field="period_to"
        )
    if period_from >= period_to:
        raise PeriodInvalid(gettext("The period has to begin before it ends."), field="period_from")
    if period_to - period_from > LONGEST:
        raise PeriodInvalid(gettext("Please choose a period of two years at most."), field="period_from")


def _require_decidable(draft: Draft) -> None:
    try:
        problems = [problem for problem in check(table_of(draft)) if problem.severity is Severity.ERROR]
    except TableError as error:
        problems = list(error.problems)
    if problems:
        raise DraftHasErrors(f"{problems[0].message}.", remedy=gettext("Correct the draft first."))


def _under_way(simulation: Simulation, now: datetime) -> Simulation | None:
    alive = Q(state=SimulationState.WAITING) | Q(state=SimulationState.RUNNING, sign_at__gte=now - STALE)
    return (
        Simulation.objects.filter(
            draft=simulation.draft,
            content_hash=simulation.content_hash,
            against=simulation.against,
            period_from=simulation.period_from,
            period_to=simulation.period_to,
        )
        .filter(alive)
        .first()
    )
