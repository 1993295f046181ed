"""Drafts and versions that tests act on, reached through the real commands; only the simulation's run is made up."""

from dataclasses import replace
from datetime import datetime, timedelta

from reprieve.accounts.actors import Actor
from reprieve.actions.approve_draft import approve_draft
from reprieve.actions.ask_for_approval import ask_for_approval
from reprieve.actions.draft_policy import draft_policy
from reprieve.actions.edit_draft import edit_draft
from reprieve.dmn.table import Table
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import table_of
from reprieve.policies.models import Activation, Draft, Mode, Policy, PolicyVersion, Simulation, SimulationState
from tests.factories.people import Cast
from tests.factories.things import NOON

CANCELLING, PAUSING = "order-cancellation", "order-pause"
DAY = timedelta(days=1)


def live_table(key: str = PAUSING) -> Table:
    """The table of the first version, which the tests begin with."""
    return table_of(PolicyVersion.objects.get(policy__key=key, number=1))


def stricter(table: Table, *, than: str = "allow", message: str = "Not any more, says support.") -> Table:
    """The table with every row that says so refusing instead."""
    refusal = {"outcome": "refuse", "message": message}
    rows = (replace(row, outputs=refusal) if row.outputs["outcome"] == than else row for row in table.rows)
    return replace(table, rows=tuple(rows))


REFUSED = Scenario(
    "a crown cannot be paused any more",
    {
        "status": "in_production",
        "product_family": ["crowns"],
        "files_delivered": False,
        "pauses": 0,
        "paused_in_all": "PT0S",
    },
    "before-shipping",
    "refuse",
)


def a_draft(actor: Actor, *, now: datetime = NOON, key: str = PAUSING) -> Draft:
    """A draft by which nothing can be paused, or cancelled, any more, and whose scenarios say so."""
    first = PolicyVersion.objects.get(policy__key=key, number=1)
    scenarios = [
        replace(scenario, outcome="refuse") if scenario.outcome == "allow" else scenario
        for scenario in scenarios_from_data(first.scenarios)
    ]
    table = stricter(table_of(first))
    return draft_policy(policy_key=key, actor=actor, now=now, table=table, scenarios=scenarios, why="We are too busy.")


def simulated(draft: Draft, *, now: datetime = NOON, **changed: object) -> Simulation:
    """A finished simulation of the draft as it is, against what is in force."""
    values = {
        "draft": draft,
        "content_hash": draft.content_hash,
        "against": version_in_force(draft.policy, now),
        "period_from": now - 30 * DAY,
        "period_to": now,
        "asked_at": now,
        "state": SimulationState.DONE,
        "finished_at": now,
    }
    return Simulation.objects.create(**values | changed)


def in_review(cast: Cast, *, now: datetime = NOON, key: str = PAUSING, author: str = "manager") -> Draft:
    """A draft by the manager, or another author, that waits for approval."""
    draft = a_draft(cast.actor(author), now=now, key=key)
    return ask_for_approval(
        draft_id=draft.pk,
        actor=cast.actor(author),
        now=now,
        expected_version=draft.version,
        seen_simulation_id=simulated(draft, now=now).pk,
    )


def approved(
    cast: Cast,
    *,
    now: datetime = NOON,
    mode: Mode = Mode.LIVE,
    starts_at: datetime | None = None,
    key: str = PAUSING,
) -> Activation:
    """A draft by the manager that the director has approved."""
    draft = in_review(cast, now=now, key=key)
    assert draft.seen is not None
    return approve_draft(
        draft_id=draft.pk,
        actor=cast.actor("director"),
        now=now,
        expected_version=draft.version,
        seen_simulation_id=draft.seen.pk,
        mode=mode,
        starts_at=starts_at,
    )


def reworded(draft: Draft, actor: Actor, *, why: str, now: datetime = NOON) -> Draft:
    """The draft after somebody has written on it."""
    return edit_draft(draft_id=draft.pk, actor=actor, now=now, expected_version=draft.version, why=why)


def the_policy(key: str = PAUSING) -> Policy:
    """The policy of that key."""
    return Policy.objects.get(key=key)
