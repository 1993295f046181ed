"""The life of the lab's rules: what was tried as a shadow, what was taken back again, what waits for the director."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reprieve.accounts.actors import Actor
from reprieve.actions.activate_version import activate_version
from reprieve.actions.approve_draft import approve_draft
from reprieve.actions.ask_for_approval import ask_for_approval
from reprieve.actions.call_off_activation import call_off_activation
from reprieve.actions.discard_draft import discard_draft
from reprieve.actions.draft_policy import draft_policy
from reprieve.actions.edit_draft import edit_draft
from reprieve.actions.end_shadow import end_shadow
from reprieve.actions.send_back_draft import send_back_draft
from reprieve.actions.simulate_draft import simulate_draft
from reprieve.actions.take_back_draft import take_back_draft
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Row
from reprieve.dmn.values import ValueType
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.lifecycle.drafts import table_of
from reprieve.policies.lifecycle.simulations import run_simulation
from reprieve.policies.models import Activation, Draft, Mode

CANCELLING, PAUSING, RESUMING = "order-cancellation", "order-pause", "order-resume"
IN_WORK = ("made-in-design", "made-in-fabrication")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

type Change = Callable[[Row], Row]


@dataclass(frozen=True, slots=True)
class Managers:
    """Who writes rules, and who approves them."""

    writer: Actor
    approver: Actor


def live_until_lately(managers: Managers, now: datetime) -> None:
    """What had happened before most of the cases came: versions that were superseded, and a shadow that listens."""
    _longer_pauses(managers, now - 200 * DAY)
    _work_by_request(managers, now - 45 * DAY)
    discarded = draft_policy(policy_key=RESUMING, actor=managers.writer, now=now - 20 * DAY, why="Only an idea.")
    discard_draft(draft_id=discarded.pk, actor=managers.writer, now=now - 19 * DAY, expected_version=discarded.version)


def leave_one_in_review(managers: Managers, now: datetime) -> None:
    """The draft that the director finds: a longer time in which a made product can be cancelled for nothing."""
    draft = _draft(
        managers,
        CANCELLING,
        now - 2 * DAY,
        change=_two_free_hours,
        why="Practices notice the wrong shade while they file the paperwork, within two hours rather than one. "
        "Nothing is milled before that.",
    )
    draft = edit_draft(
        draft_id=draft.pk,
        actor=managers.writer,
        now=now - DAY - 2 * HOUR,
        expected_version=draft.version,
        scenarios=[_two_hours_later(scenario) for scenario in scenarios_from_data(draft.scenarios)],
    )
    _ask(managers, draft, now - DAY)


def _longer_pauses(managers: Managers, begun: datetime) -> None:
    """150 days of pauses in all: first a shadow, then live for three weeks, then back; a second try is called off."""
    why = "Implant cases wait for healing longer than the 120 days that we allow in all."
    draft = _draft(managers, PAUSING, begun, change=_150_days, why=why)
    draft = edit_draft(
        draft_id=draft.pk,
        actor=managers.writer,
        now=begun + HOUR,
        expected_version=draft.version,
        scenarios=[_150_days_later(scenario) for scenario in scenarios_from_data(draft.scenarios)],
    )
    shadow = _approve(managers, _ask(managers, draft, begun + 2 * HOUR), begun + DAY, mode=Mode.SHADOW)
    end_shadow(activation_id=shadow.pk, actor=managers.approver, now=begun + 15 * DAY)
    _activate(managers.approver, 2, begun + 16 * DAY)
    _activate(managers.approver, 1, begun + 37 * DAY)
    again = _activate(managers.approver, 2, begun + 60 * DAY, starts_at=begun + 90 * DAY)
    call_off_activation(activation_id=again.pk, actor=managers.writer, now=begun + 70 * DAY)


def _work_by_request(managers: Managers, begun: datetime) -> None:
    """What has been begun is for support to decide. Sent back once, taken back once, and now a shadow."""
    draft = _draft(managers, CANCELLING, begun, change=_by_request, why="Milled crowns end in the bin.")
    draft = edit_draft(
        draft_id=draft.pk,
        actor=managers.writer,
        now=begun + HOUR,
        expected_version=draft.version,
        scenarios=[_asked_instead(scenario) for scenario in scenarios_from_data(draft.scenarios)],
    )
    draft = _ask(managers, draft, begun + 2 * HOUR)
    draft = send_back_draft(
        draft_id=draft.pk,
        actor=managers.approver,
        now=begun + DAY,
        expected_version=draft.version,
        why="Please say how many cases this is about, then let us only listen to it first.",
    )
    draft = edit_draft(
        draft_id=draft.pk,
        actor=managers.writer,
        now=begun + 2 * DAY,
        expected_version=draft.version,
        why="Milled crowns end in the bin: about one case a week. Let us see as a shadow first whom it would stop.",
    )
    draft = _ask(managers, draft, begun + 2 * DAY + HOUR)
    draft = take_back_draft(
        draft_id=draft.pk, actor=managers.writer, now=begun + 2 * DAY + 2 * HOUR, expected_version=draft.version
    )
    draft = _ask(managers, draft, begun + 2 * DAY + 3 * HOUR)
    _approve(managers, draft, begun + 3 * DAY, mode=Mode.SHADOW)


def _draft(managers: Managers, key: str, now: datetime, *, change: Change, why: str) -> Draft:
    live = Activation.objects.select_related("version").get(policy__key=key, mode=Mode.LIVE, ends_at=None)
    table = table_of(live.version)
    table = replace(table, rows=tuple(change(row) for row in table.rows))
    return draft_policy(policy_key=key, actor=managers.writer, now=now, table=table, why=why)


def _ask(managers: Managers, draft: Draft, now: datetime) -> Draft:
    """Simulated over the month before, and sent to the other manager."""
    simulation = simulate_draft(
        draft_id=draft.pk, actor=managers.writer, now=now, period_from=now - 30 * DAY, period_to=now
    )
    run_simulation(simulation.pk, now)
    return ask_for_approval(
        draft_id=draft.pk,
        actor=managers.writer,
        now=now,
        expected_version=draft.version,
        seen_simulation_id=simulation.pk,
    )


def _approve(managers: Managers, draft: Draft, now: datetime, *, mode: Mode) -> Activation:
    return approve_draft(
        draft_id=draft.pk,
        actor=managers.approver,
        now=now,
        expected_version=draft.version,
        seen_simulation_id=draft.seen_id,
        mode=mode,
    )


def _activate(actor: Actor, number: int, now: datetime, *, starts_at: datetime | None = None) -> Activation:
    live = Activation.objects.get(policy__key=PAUSING, mode=Mode.LIVE, ends_at=None)
    return activate_version(
        policy_key=PAUSING, number=number, actor=actor, now=now, seen_activation_id=live.pk, starts_at=starts_at
    )


def _150_days(row: Row) -> Row:
    if row.id != "paused-too-long":
        return row
    cell = parse_cell('>= duration("P150D")', ValueType.DURATION)
    message = str(row.outputs["message"]).replace("120 days", "150 days")
    return replace(row, cells={**row.cells, "paused_in_all": cell}, outputs={**row.outputs, "message": message})


def _150_days_later(scenario: Scenario) -> Scenario:
    paused = str(scenario.facts["paused_in_all"]).replace("P119D", "P149D").replace("P120D", "P150D")
    name = scenario.name.replace("120 days", "150 days")
    return replace(scenario, name=name, facts={**scenario.facts, "paused_in_all": paused})


def _by_request(row: Row) -> Row:
    if row.id not in IN_WORK:
        return row
    message = "We have begun with this case, so support will look at your request and tell you what can be stopped."
    return replace(row, outputs={"outcome": "request", "message": message})


def _asked_instead(scenario: Scenario) -> Scenario:
    return replace(scenario, outcome="request") if scenario.row in IN_WORK else scenario


def _two_free_hours(row: Row) -> Row:
    if row.id != "made-first-hour":
        return row
    cell = parse_cell('<= duration("PT2H")', ValueType.DURATION)
    message = str(row.outputs["message"]).replace("one hour", "two hours").replace("first hour", "first two hours")
    return replace(row, cells={**row.cells, "since_submission": cell}, outputs={**row.outputs, "message": message})


def _two_hours_later(scenario: Scenario) -> Scenario:
    submitted = str(scenario.facts.get("since_submission", ""))
    if not (str(scenario.row).startswith("made") and submitted.startswith("PT1H")):
        return scenario
    name = scenario.name.replace("the hour", "two hours")
    return replace(scenario, name=name, facts={**scenario.facts, "since_submission": submitted.replace("PT1H", "PT2H")})
