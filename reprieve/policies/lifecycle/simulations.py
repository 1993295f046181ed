"""Carry out a simulation that was asked for: in the background, or at once for the demo and the command line."""

import logging
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext

from reprieve.dmn.decide import compile_table
from reprieve.dmn.table import Table, TableError
from reprieve.history.own_words import BROKE_OFF
from reprieve.lib.errors import Refused
from reprieve.policies.evidence.simulating import Progress, simulate
from reprieve.policies.evidence.simulation import Comparison, Period, Simulated
from reprieve.policies.in_force import compiled_version
from reprieve.policies.lifecycle.drafts import DraftChanged, table_of
from reprieve.policies.models import Policy, PolicyVersion, Simulation, SimulationState
from reprieve.policies.subjects import SubjectKind, known_subjects

logger = logging.getLogger(__name__)

STALE: Final = timedelta(minutes=2)
"""After so long without a sign of life, whoever ran a simulation is taken for dead. A worker signs once a second."""
BETWEEN_SIGNS: Final = timedelta(seconds=1)


class NothingToSimulate(Refused):
    """There is no history of what the policy is about."""


class _Overtaken(Exception):  # noqa: N818 - no failure: somebody else has gone on with it
    """Another worker has taken the simulation over."""


def simulate_table(
    policy: Policy,
    table: Table,
    against: PolicyVersion | None,
    period: Period,
    *,
    progress: Progress = lambda _done, _total: None,
) -> Simulated:
    """What a table would have decided, beside a version, if both had answered all of a period.

    Nothing is stored. Raises NothingToSimulate, TableError (`check` finds errors in the table).
    """
    about = subject_with_a_past(policy)
    old = compiled_version(against.pk, against.content_hash) if against else None
    return simulate(
        about,
        Comparison(old, compile_table(table)),
        policy.action,
        period,
        zone=ZoneInfo(settings.BUSINESS_TIME_ZONE),
        progress=progress,
    )


def subject_with_a_past(policy: Policy) -> SubjectKind[Any]:
    """What the policy is about. Raises NothingToSimulate where there is none of it whose past could be asked."""
    about = known_subjects().get(policy.subject)
    if about is None:
        raise NothingToSimulate(gettext("Only rules about orders can be simulated."))
    return about


class StillRunning(Exception):  # noqa: N818 - no failure: the worker looks again later
    """Somebody else seems to be at it, who may have been killed."""


@task()
def simulate_in_background(simulation_id: int) -> None:
    """Carry it out. Done already: nothing happens. The worker repeats it if it was killed.

    Raises StillRunning, and the worker then tries again later.
    """
    run_simulation(simulation_id, timezone.now())
    if Simulation.objects.filter(pk=simulation_id, state=SimulationState.RUNNING).exists():
        raise StillRunning


def run_simulation(simulation_id: int, now: datetime) -> None:
    """Carry it out, if it waits or whoever ran it gave no sign for `STALE`. Its row tells the progress and the result.

    Nothing is changed but that row, so that it does no harm to begin again.
    """
    signs = _Signs(simulation_id, now)
    if not signs.claim():
        return
    try:
        _carry_out(Simulation.objects.select_related("draft__policy", "against").get(pk=simulation_id), signs)
    except _Overtaken:
        logger.warning("Simulation %s was taken over by another worker", simulation_id)


def _carry_out(simulation: Simulation, signs: "_Signs") -> None:
    try:
        found = simulate_table(
            simulation.draft.policy,
            _table(simulation),
            simulation.against,
            Period(simulation.period_from, simulation.period_to),
            progress=signs.progress,
        )
    except _Overtaken:
        raise
    except (Refused, TableError) as refusal:
        signs.end(SimulationState.FAILED, problem=str(refusal))
    except Exception:
        logger.exception("Simulation %s broke off", simulation.pk)
        signs.end(SimulationState.FAILED, problem=BROKE_OFF)
    else:
        signs.end(SimulationState.DONE, result=found.to_data())


def _table(simulation: Simulation) -> Table:
    """The draft's table. Raises DraftChanged where it is not the one that was to be simulated."""
    draft = simulation.draft
    if draft.content_hash != simulation.content_hash:
        raise DraftChanged(gettext("The draft was changed before this began."))
    return table_of(draft)


class _Signs:
    """One worker's signs of life on a simulation. The last one is also its claim: who finds another has lost it."""

    def __init__(self, simulation_id: int, now: datetime) -> None:
        self._row = Simulation.objects.filter(pk=simulation_id)
        self._now, self._started = now, monotonic()
        self._last = now

    def claim(self) -> bool:
        dead = Q(state=SimulationState.RUNNING) & (Q(sign_at=None) | Q(sign_at__lt=self._now - STALE))
        waiting = self._row.filter(Q(state=SimulationState.WAITING) | dead)
        return bool(waiting.update(state=SimulationState.RUNNING, sign_at=self._now, done=0, total=0))

    def progress(self, done: int, total: int) -> None:
        """Say how far it is: at the beginning, at the end, and once a second between. Raises _Overtaken."""
        if done in {0, total} or self._instant() - self._last >= BETWEEN_SIGNS:
            self._sign(done=done, total=total)

    def end(self, state: SimulationState, **outcome: object) -> None:
        self._sign(state=state, finished_at=self._instant(), **outcome)

    def _sign(self, **values: object) -> None:
        instant = self._instant()
        mine = self._row.filter(state=SimulationState.RUNNING, sign_at=self._last)
        if not mine.update(sign_at=instant, **values):
            raise _Overtaken
        self._last = instant

    def _instant(self) -> datetime:
        return self._now + timedelta(seconds=monotonic() - self._started)
