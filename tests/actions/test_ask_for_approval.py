"""From writing to waiting for approval, and back: ask_for_approval, take_back_draft, send_back_draft."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reprieve.actions.ask_for_approval import ask_for_approval
from reprieve.actions.discard_draft import discard_draft
from reprieve.actions.edit_draft import edit_draft
from reprieve.actions.send_back_draft import ReasonForSendingBackMissing, send_back_draft
from reprieve.actions.take_back_draft import take_back_draft
from reprieve.dmn.table import Row
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from reprieve.lib.notes import NoteTooLong
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.lifecycle.drafts import DraftChanged, DraftClosed, DraftInReview, DraftNotInReview, table_of
from reprieve.policies.lifecycle.reviews import DraftHasErrors, NoScenarios, NothingChanged, NotSimulated, ScenarioFails
from reprieve.policies.models import Draft, DraftState, PolicyVersion, Simulation, SimulationState
from tests.factories.drafts import REFUSED, a_draft, in_review, live_table, reworded, simulated
from tests.factories.people import Cast
from tests.factories.things import NOON

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return a_draft(cast.actor("manager"))


def ask(cast: Cast, draft: Draft, simulation: Simulation | None, *, by: str = "manager") -> Draft:
    version = Draft.objects.get(pk=draft.pk).version
    return ask_for_approval(
        draft_id=draft.pk,
        actor=cast.actor(by),
        now=LATER,
        expected_version=version,
        seen_simulation_id=simulation.pk if simulation else None,
    )


def refused(cast: Cast, draft: Draft, simulation: Simulation | None, refusal: type[Refused]) -> Refused:
    """What refuses to ask; after which the draft is still being written, and nobody has asked for anything."""
    with pytest.raises(refusal) as caught:
        ask(cast, draft, simulation)
    still_written(draft)
    return caught.value


def still_written(draft: Draft) -> None:
    stored = Draft.objects.get(pk=draft.pk)
    assert (stored.state, stored.asked_by, stored.asked_at, stored.seen) == (DraftState.EDITING, None, None, None)
    assert not Event.objects.filter(type=EventType.POLICY_REVIEW_ASKED).exists()


def rewritten(cast: Cast, draft: Draft, **changes: object) -> Draft:
    return edit_draft(
        draft_id=draft.pk,
        actor=cast.actor("manager"),
        now=NOON,
        expected_version=Draft.objects.get(pk=draft.pk).version,
        **changes,  # type: ignore[arg-type]
    )


def test_waits_for_approval_with_what_was_seen(cast: Cast, draft: Draft) -> None:
    simulation = simulated(draft)
    ask(cast, draft, simulation)
    draft.refresh_from_db()
    assert (draft.state, draft.version, draft.seen) == (DraftState.IN_REVIEW, 2, simulation)
    assert (draft.asked_by, draft.asked_at) == (cast.manager, LATER)
    event = Event.objects.get(type=EventType.POLICY_REVIEW_ASKED)
    assert (event.subject_id, event.data, event.for_staff_only) == (draft.policy_id, {"draft": draft.pk}, True)
    assert PolicyVersion.objects.filter(policy=draft.policy).count() == 1


@pytest.mark.parametrize("name", ["owner", "stranger", "support", "production"])
def test_is_work_for_managers(cast: Cast, draft: Draft, name: str) -> None:
    with pytest.raises(NotAllowed):
        ask(cast, draft, simulated(draft), by=name)
    still_written(draft)


def test_refuses_a_table_with_a_row_that_never_decides(cast: Cast, draft: Draft) -> None:
    table = table_of(draft)
    rows = (*table.rows, Row("too-late", {}, {"outcome": "refuse", "message": "Never said, not even by support."}))
    draft = rewritten(cast, draft, table=replace(table, rows=rows))
    refusal = refused(cast, draft, simulated(draft), DraftHasErrors)
    assert "“Too late” never decides" in refusal.why
    assert "remove it" in refusal.remedy


def test_refuses_a_fallback_that_allows(cast: Cast, draft: Draft) -> None:
    table = table_of(draft)
    draft = rewritten(cast, draft, table=replace(table, fallback={**table.fallback, "outcome": "allow"}))
    assert "must never allow" in refused(cast, draft, simulated(draft), DraftHasErrors).why


def test_names_the_scenario_that_does_not_hold(cast: Cast, draft: Draft) -> None:
    wrong = replace(REFUSED, name="a crown can be paused", outcome="allow")
    draft = rewritten(cast, draft, scenarios=[REFUSED, wrong])
    refusal = refused(cast, draft, simulated(draft), ScenarioFails)
    assert refusal.why == (
        "The example “a crown can be paused” does not hold. "
        "Rule “Before shipping” answers “Refuse”; expected was “Allow” by rule “Before shipping”."
    )


def test_says_how_many_more_scenarios_do_not_hold(cast: Cast, draft: Draft) -> None:
    live = PolicyVersion.objects.get(policy=draft.policy)
    draft = rewritten(cast, draft, scenarios=scenarios_from_data(live.scenarios))
    refusal = refused(cast, draft, simulated(draft), ScenarioFails)
    assert refusal.why.startswith("The example “a crown can be paused after the files of its design are delivered”")
    allowed = [each for each in live.scenarios if each["outcome"] == "allow"]
    assert refusal.why.endswith(f"{len(allowed) - 1} more do not hold.")


def test_refuses_a_draft_without_scenarios(cast: Cast, draft: Draft) -> None:
    draft = rewritten(cast, draft, scenarios=[])
    refused(cast, draft, simulated(draft), NoScenarios)


def test_refuses_what_is_in_force_already(cast: Cast, draft: Draft) -> None:
    live = PolicyVersion.objects.get(policy=draft.policy)
    draft = rewritten(cast, draft, table=live_table(), scenarios=scenarios_from_data(live.scenarios))
    refused(cast, draft, simulated(draft), NothingChanged)
    other_basis = rewritten(cast, draft, basis="submission")
    assert ask(cast, other_basis, simulated(other_basis)).state == DraftState.IN_REVIEW


def test_refuses_what_nobody_has_simulated(cast: Cast, draft: Draft) -> None:
    other = a_draft(cast.actor("manager"))
    refused(cast, draft, None, NotSimulated)
    refused(cast, draft, simulated(other), NotSimulated)


@pytest.mark.parametrize("state", [SimulationState.WAITING, SimulationState.RUNNING, SimulationState.FAILED])
def test_refuses_an_unfinished_simulation(cast: Cast, draft: Draft, state: SimulationState) -> None:
    assert "not finished" in refused(cast, draft, simulated(draft, state=state), NotSimulated).why


def test_refuses_a_simulation_of_an_earlier_draft(cast: Cast, draft: Draft) -> None:
    before = simulated(draft)
    table = table_of(draft)
    draft = rewritten(cast, draft, table=replace(table, rows=tuple(reversed(table.rows[:2])) + table.rows[2:]))
    assert "earlier draft" in refused(cast, draft, before, NotSimulated).why


def test_refuses_a_simulation_against_what_is_no_longer_in_force(cast: Cast, draft: Draft) -> None:
    other = PolicyVersion.objects.exclude(policy=draft.policy).earliest("pk")
    refused(cast, draft, simulated(draft, against=other), NotSimulated)
    refused(cast, draft, simulated(draft, against=None), NotSimulated)


def test_an_old_page_asks_for_nothing(cast: Cast, draft: Draft) -> None:
    simulation = simulated(draft)
    reworded(draft, cast.actor("director"), why="Something else.")
    with pytest.raises(DraftChanged):
        ask_for_approval(
            draft_id=draft.pk,
            actor=cast.actor("manager"),
            now=LATER,
            expected_version=1,
            seen_simulation_id=simulation.pk,
        )
    still_written(draft)


def test_asks_once(cast: Cast) -> None:
    draft = in_review(cast)
    with pytest.raises(DraftInReview):
        ask(cast, draft, draft.seen)
    assert Event.objects.filter(type=EventType.POLICY_REVIEW_ASKED).count() == 1


def test_what_waits_stands_still(cast: Cast) -> None:
    draft = in_review(cast)
    with pytest.raises(DraftInReview):
        rewritten(cast, draft, why="Changed behind the reviewer's back.")
    with pytest.raises(DraftInReview):
        discard_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=2)
    stored = Draft.objects.get(pk=draft.pk)
    assert (stored.why, stored.state, stored.version) == ("We are too busy.", DraftState.IN_REVIEW, 2)


def test_is_taken_back_and_can_be_written_on(cast: Cast) -> None:
    draft = in_review(cast)
    taken = take_back_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=2)
    assert (taken.state, taken.version) == (DraftState.EDITING, 3)
    assert Event.objects.filter(type=EventType.POLICY_TAKEN_BACK).count() == 1
    assert reworded(taken, cast.actor("manager"), why="Better.").why == "Better."


def test_is_sent_back_with_a_reason(cast: Cast) -> None:
    draft = in_review(cast)
    send_back_draft(
        draft_id=draft.pk, actor=cast.actor("director"), now=LATER, expected_version=2, why=" Spare the dentures. "
    )
    draft.refresh_from_db()
    assert (draft.state, draft.answer, draft.answered_by) == (DraftState.EDITING, "Spare the dentures.", cast.director)
    event = Event.objects.get(type=EventType.POLICY_SENT_BACK)
    assert event.data == {"draft": draft.pk, "why": "Spare the dentures."}
    assert PolicyVersion.objects.filter(policy=draft.policy).count() == 1


@pytest.mark.parametrize(
    ("why", "refusal"), [(" ", ReasonForSendingBackMissing), ("x" * 2001, NoteTooLong)], ids=["blank", "a novel"]
)
def test_is_not_sent_back_without_a_readable_reason(cast: Cast, why: str, refusal: type[Exception]) -> None:
    draft = in_review(cast)
    with pytest.raises(refusal) as caught:
        send_back_draft(draft_id=draft.pk, actor=cast.actor("director"), now=LATER, expected_version=2, why=why)
    assert caught.value.field == "why"  # type: ignore[attr-defined]
    assert Draft.objects.get(pk=draft.pk).state == DraftState.IN_REVIEW


@pytest.mark.parametrize("name", ["owner", "stranger", "support", "production"])
def test_only_managers_take_or_send_back(cast: Cast, name: str) -> None:
    draft = in_review(cast)
    with pytest.raises(NotAllowed):
        take_back_draft(draft_id=draft.pk, actor=cast.actor(name), now=LATER, expected_version=2)
    with pytest.raises(NotAllowed):
        send_back_draft(draft_id=draft.pk, actor=cast.actor(name), now=LATER, expected_version=2, why="No.")
    assert Draft.objects.get(pk=draft.pk).state == DraftState.IN_REVIEW


def test_an_old_page_takes_and_sends_nothing_back(cast: Cast) -> None:
    draft = in_review(cast)
    with pytest.raises(DraftChanged):
        take_back_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1)
    with pytest.raises(DraftChanged):
        send_back_draft(draft_id=draft.pk, actor=cast.actor("director"), now=LATER, expected_version=1, why="No.")
    assert Draft.objects.get(pk=draft.pk).state == DraftState.IN_REVIEW


def test_what_does_not_wait_is_not_answered(cast: Cast, draft: Draft) -> None:
    manager = cast.actor("manager")
    with pytest.raises(DraftNotInReview):
        take_back_draft(draft_id=draft.pk, actor=manager, now=LATER, expected_version=1)
    with pytest.raises(DraftNotInReview):
        send_back_draft(draft_id=draft.pk, actor=manager, now=LATER, expected_version=1, why="No.")
    discard_draft(draft_id=draft.pk, actor=manager, now=LATER, expected_version=1)
    with pytest.raises(DraftClosed):
        ask(cast, draft, simulated(draft))
    with pytest.raises(NotFound):
        take_back_draft(draft_id=4711, actor=manager, now=LATER, expected_version=1)
    assert Draft.objects.get().state == DraftState.DISCARDED


def test_a_scenario_about_a_fact_of_no_use_here_is_no_hindrance(cast: Cast, draft: Draft) -> None:
    wide = Scenario("also of a shipped one", {**REFUSED.facts, "shipped": False}, None, "refuse")
    draft = rewritten(cast, draft, scenarios=[wide])
    assert ask(cast, draft, simulated(draft)).state == DraftState.IN_REVIEW
