"""Asking for a simulation, and the worker that carries it out."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_ox.models import OxTask
from django_ox.testing import run_tasks

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.discard_draft import discard_draft
from reprieve.actions.edit_draft import edit_draft
from reprieve.actions.simulate_draft import PeriodInvalid, simulate_draft
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from reprieve.policies.evidence.simulating import simulate
from reprieve.policies.evidence.simulation import Cell, Period, Simulated
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle import simulations
from reprieve.policies.lifecycle.drafts import DraftClosed, table_of
from reprieve.policies.lifecycle.reviews import DraftHasErrors, current_simulation
from reprieve.policies.lifecycle.simulations import (
    STALE,
    NothingToSimulate,
    StillRunning,
    run_simulation,
    simulate_in_background,
    simulate_table,
)
from reprieve.policies.models import Draft, Policy, Simulation, SimulationState
from tests.factories.drafts import CANCELLING, a_draft, reworded, stricter
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, an_order

DAY = timedelta(days=1)
LATER = NOON + 20 * DAY


@pytest.fixture
def draft(cast: Cast, catalog: Catalog, rules: None) -> Draft:
    """Nothing can be cancelled any more. In the past one case was, and one goes on."""
    owner = cast.actor("owner")
    order = an_order(catalog, owner)
    cancel_order(order_id=order.pk, actor=owner, reason="patient_away", now=NOON + MINUTE)
    an_order(catalog, owner, now=NOON + 10 * DAY + MINUTE)
    OxTask.objects.all().delete()  # the mails about them
    return a_draft(cast.actor("manager"), now=LATER, key=CANCELLING)


def asked(
    cast: Cast,
    draft: Draft,
    by: str = "manager",
    *,
    now: datetime = LATER,
    period: tuple[datetime, datetime] = (NOON - DAY, LATER),
) -> Simulation:
    return simulate_draft(draft_id=draft.pk, actor=cast.actor(by), now=now, period_from=period[0], period_to=period[1])


def now_is(simulation: Simulation) -> Simulation:
    return Simulation.objects.get(pk=simulation.pk)


def test_waits_for_the_worker_and_is_then_done(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    assert simulation.state == SimulationState.WAITING
    assert (simulation.content_hash, simulation.against) == (draft.content_hash, version_in_force(draft.policy, LATER))
    assert (simulation.asked_by, simulation.asked_at) == (cast.manager, LATER)
    run_tasks()
    done = now_is(simulation)
    assert (done.state, done.done, done.total, done.problem) == (SimulationState.DONE, 2, 2, "")
    assert done.finished_at is not None
    found = Simulated.from_data(done.result)
    assert found.decisions.cells == (Cell("allow", "refuse", 1, 1),)
    assert found.days.cells == (Cell("allow", "refuse", 1 + 9, 2),)
    assert [(each.old_minor, each.new_minor) for each in found.refunds] == [(12000, 0)]
    assert current_simulation(draft, version_in_force(draft.policy, LATER)) == done


def test_asked_twice_while_it_is_under_way_it_is_one(cast: Cast, draft: Draft) -> None:
    first = asked(cast, draft)
    assert asked(cast, draft, now=LATER + MINUTE) == first
    assert OxTask.objects.count() == 1
    assert asked(cast, draft, period=(NOON, LATER)) != first
    run_simulation(first.pk, LATER)
    assert asked(cast, draft, now=LATER + MINUTE) != first


def test_one_whose_worker_has_died_can_be_asked_for_anew(cast: Cast, draft: Draft) -> None:
    first = asked(cast, draft)
    Simulation.objects.update(state=SimulationState.RUNNING, sign_at=LATER)
    assert asked(cast, draft, now=LATER + STALE) == first
    assert asked(cast, draft, now=LATER + STALE + MINUTE) != first


def test_running_twice_does_no_harm(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    run_simulation(simulation.pk, LATER)
    done = now_is(simulation)
    run_simulation(simulation.pk, LATER + DAY)
    assert now_is(simulation).finished_at == done.finished_at
    assert now_is(simulation).result == done.result


def test_leaves_what_another_worker_is_at(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    Simulation.objects.update(state=SimulationState.RUNNING, sign_at=LATER, done=7)
    run_simulation(simulation.pk, LATER + STALE)
    assert (now_is(simulation).state, now_is(simulation).done) == (SimulationState.RUNNING, 7)


def test_the_worker_looks_again_at_what_seems_to_be_under_way(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    Simulation.objects.update(state=SimulationState.RUNNING, sign_at=timezone.now())
    with pytest.raises(StillRunning):
        simulate_in_background.func(simulation.pk)
    Simulation.objects.update(sign_at=timezone.now() - STALE - MINUTE)
    simulate_in_background.func(simulation.pk)
    assert now_is(simulation).state == SimulationState.DONE


def test_begins_again_where_a_worker_was_killed(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    Simulation.objects.update(state=SimulationState.RUNNING, sign_at=LATER, done=1, total=2)
    run_simulation(simulation.pk, LATER + STALE + MINUTE)
    assert (now_is(simulation).state, now_is(simulation).done) == (SimulationState.DONE, 2)


def test_a_worker_that_was_taken_for_dead_writes_nothing_more(
    cast: Cast, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulation = asked(cast, draft)

    def slowly(*asked: Any, **how: Any) -> Simulated:  # noqa: ANN401 - whatever it was given
        Simulation.objects.update(sign_at=LATER + DAY, done=1)
        return simulate(*asked, **how)

    monkeypatch.setattr(simulations, "simulate", slowly)
    run_simulation(simulation.pk, LATER)
    row = now_is(simulation)
    assert (row.state, row.sign_at, row.done, row.result) == (SimulationState.RUNNING, LATER + DAY, 1, {})


def test_a_draft_that_was_changed_meanwhile_is_not_simulated(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    table = stricter(table_of(draft), than="request")
    edit_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1, table=table)
    run_simulation(simulation.pk, LATER)
    row = now_is(simulation)
    assert (row.state, row.problem) == (SimulationState.FAILED, "The draft was changed before this began.")
    assert (row.result, row.finished_at is not None) == ({}, True)


def test_other_words_about_a_draft_do_not_count_as_a_change(cast: Cast, draft: Draft) -> None:
    simulation = asked(cast, draft)
    reworded(draft, cast.actor("manager"), why="Because.", now=LATER)
    run_simulation(simulation.pk, LATER)
    assert now_is(simulation).state == SimulationState.DONE


def test_says_in_words_that_it_broke_off(
    cast: Cast, draft: Draft, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    simulation = asked(cast, draft)

    def fail(*_asked: object, **_how: object) -> Simulated:
        raise ZeroDivisionError

    monkeypatch.setattr(simulations, "simulate", fail)
    with caplog.at_level(logging.ERROR):
        run_simulation(simulation.pk, LATER)
    row = now_is(simulation)
    assert row.state == SimulationState.FAILED
    assert row.problem == "It broke off by a fault of the product; the log says more."
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("period", "field", "words"),
    [
        ((NOON, NOON), "period_from", "begin before it ends"),
        ((LATER, NOON), "period_from", "begin before it ends"),
        ((NOON, LATER + MINUTE), "period_to", "still to come"),
        ((LATER - 732 * DAY, LATER), "period_from", "two years at most"),
    ],
)
def test_refuses_a_period_that_the_past_does_not_have(
    cast: Cast, draft: Draft, period: tuple[datetime, datetime], field: str, words: str
) -> None:
    with pytest.raises(PeriodInvalid, match=words) as refusal:
        asked(cast, draft, period=period)
    assert refusal.value.field == field
    nothing_was_begun()


def nothing_was_begun() -> None:
    assert not Simulation.objects.exists()
    assert not OxTask.objects.exists()


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("support", NotAllowed), ("production", NotAllowed), ("owner", NotAllowed), ("stranger", NotAllowed)],
)
def test_is_a_managers_work(cast: Cast, draft: Draft, who: str, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        asked(cast, draft, who)
    nothing_was_begun()


def test_simulates_no_draft_that_is_not_there_or_closed(cast: Cast, draft: Draft) -> None:
    with pytest.raises(NotFound):
        asked(cast, Draft(pk=999_999))
    discard_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1)
    with pytest.raises(DraftClosed):
        asked(cast, draft)
    nothing_was_begun()


def test_simulates_no_draft_that_cannot_decide(cast: Cast, draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(definition=draft.definition | {"rows": []})
    with pytest.raises(DraftHasErrors, match="The table has no rows"):
        asked(cast, draft)
    nothing_was_begun()


def test_simulates_nothing_whose_past_cannot_be_asked(cast: Cast, draft: Draft) -> None:
    Policy.objects.filter(pk=draft.policy_id).update(subject="appointment")
    with pytest.raises(NothingToSimulate):
        asked(cast, draft)
    nothing_was_begun()


def test_a_table_of_ones_own_is_simulated_without_a_draft(cast: Cast, draft: Draft) -> None:
    against = version_in_force(draft.policy, LATER)
    assert against is not None
    period = Period(NOON - DAY, LATER)
    found = simulate_table(draft.policy, table_of(draft), against, period)
    simulation = asked(cast, draft)
    run_simulation(simulation.pk, LATER)
    assert found == Simulated.from_data(now_is(simulation).result)
    same = simulate_table(draft.policy, table_of(against), against, period)
    assert (same.decisions.same, same.days.same) == (1, 10)
    first = replace(table_of(draft), rows=table_of(draft).rows[:1])
    assert simulate_table(draft.policy, first, None, period).decisions.cells == (Cell("", "request", 1, 1),)
