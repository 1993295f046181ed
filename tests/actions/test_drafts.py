"""Writing rules: draft_policy, edit_draft, discard_draft."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.discard_draft import discard_draft
from reprieve.actions.draft_policy import NothingToStartFrom, draft_policy
from reprieve.actions.edit_draft import edit_draft
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, Output, Row, Table, content_hash
from reprieve.dmn.values import ValueType
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.lib.notes import NoteTooLong
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.lifecycle.drafts import DraftChanged, DraftClosed, DraftInReview, DraftInvalid, table_of
from reprieve.policies.models import Draft, DraftState, Policy, PolicyVersion
from tests.factories.people import Cast
from tests.factories.things import NOON

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=1)
KEY = "order-pause"


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return draft_policy(policy_key=KEY, actor=cast.actor("manager"), now=NOON)


def without(table: Table, row: str) -> Table:
    return replace(table, rows=tuple(each for each in table.rows if each.id != row))


def places(invalid: pytest.ExceptionInfo[DraftInvalid]) -> list[str]:
    return [problem.place for problem in invalid.value.problems]


def test_starts_from_the_version_in_force(cast: Cast, draft: Draft) -> None:
    live = PolicyVersion.objects.get(policy__key=KEY)
    assert (draft.based_on, draft.state, draft.version) == (live, DraftState.EDITING, 1)
    assert (draft.definition, draft.content_hash, draft.basis) == (live.definition, live.content_hash, live.basis)
    assert draft.scenarios == live.scenarios != []
    assert (draft.author, list(draft.editors.all())) == (cast.manager, [cast.manager])
    event = Event.objects.get(type=EventType.POLICY_DRAFTED)
    assert (event.subject, event.subject_id, event.data) == ("policy", live.policy_id, {"draft": draft.pk})
    assert (event.actor, event.at, event.for_staff_only) == (cast.manager, NOON, True)


def test_starts_from_a_table_with_all_its_parts(cast: Cast) -> None:
    live = PolicyVersion.objects.get(policy__key=KEY)
    table = without(table_of(live), "aligners")
    scenario = Scenario("aligners can wait", {"product_family": ["aligners"]}, None, "allow")
    draft = draft_policy(
        policy_key=KEY,
        actor=cast.actor("director"),
        now=NOON,
        based_on=1,
        table=table,
        scenarios=[scenario],
        basis="submission",
        dmn_ids={"table": "t1"},
        why=" Aligners may be paused. ",
    )
    draft.refresh_from_db()
    assert table_of(draft) == table
    assert draft.content_hash == content_hash(table) != live.content_hash
    assert scenarios_from_data(draft.scenarios) == (scenario,)
    assert (draft.basis, draft.dmn_ids, draft.why) == ("submission", {"table": "t1"}, "Aligners may be paused.")


def test_the_product_itself_may_draft_and_is_no_editor() -> None:
    draft = draft_policy(policy_key=KEY, actor=SYSTEM, now=NOON)
    assert (draft.author, draft.editors.count()) == (None, 0)


@pytest.mark.parametrize("name", ["owner", "stranger", "support", "production"])
def test_is_work_for_managers(cast: Cast, draft: Draft, name: str) -> None:
    actor = cast.actor(name)
    with pytest.raises(NotAllowed):
        draft_policy(policy_key=KEY, actor=actor, now=LATER)
    with pytest.raises(NotAllowed):
        edit_draft(draft_id=draft.pk, actor=actor, now=LATER, expected_version=1, why="mine")
    with pytest.raises(NotAllowed):
        discard_draft(draft_id=draft.pk, actor=actor, now=LATER, expected_version=1)
    unchanged(draft)
    assert Draft.objects.count() == 1


def unchanged(draft: Draft) -> None:
    stored = Draft.objects.get(pk=draft.pk)
    seen = (stored.definition, stored.scenarios, stored.basis, stored.why, stored.state, stored.version)
    assert seen == (draft.definition, draft.scenarios, draft.basis, draft.why, draft.state, draft.version)
    assert set(stored.editors.all()) == set(draft.editors.all())


def test_names_what_is_not_there(cast: Cast) -> None:
    manager = cast.actor("manager")
    with pytest.raises(NotFound):
        draft_policy(policy_key="order-deletion", actor=manager, now=NOON)
    with pytest.raises(NotFound):
        draft_policy(policy_key=KEY, actor=manager, now=NOON, based_on=7)
    with pytest.raises(NotFound):
        edit_draft(draft_id=4711, actor=manager, now=NOON, expected_version=1)
    assert not Draft.objects.exists()


def test_a_policy_without_versions_needs_a_table(cast: Cast) -> None:
    Policy.objects.create(key="order-undo", title="Undoing", subject="order", action="undo")
    with pytest.raises(NothingToStartFrom):
        draft_policy(policy_key="order-undo", actor=cast.actor("manager"), now=NOON)
    table = table_of(PolicyVersion.objects.get(policy__key="order-resume"))
    draft = draft_policy(policy_key="order-undo", actor=cast.actor("manager"), now=NOON, table=table)
    assert (draft.based_on, draft.basis, draft.scenarios) == (None, "decision", [])


def test_saves_what_a_second_manager_writes_and_remembers_both(cast: Cast, draft: Draft) -> None:
    table = without(table_of(draft), "aligners")
    saved = edit_draft(
        draft_id=draft.pk, actor=cast.actor("director"), now=LATER, expected_version=1, table=table, why="D6 is gone."
    )
    saved.refresh_from_db()
    assert table_of(saved) == table
    assert (saved.version, saved.changed_at, saved.why) == (2, LATER, "D6 is gone.")
    assert (saved.scenarios, saved.basis, saved.author) == (draft.scenarios, draft.basis, cast.manager)
    assert set(saved.editors.all()) == {cast.manager, cast.director}


def test_an_edit_from_an_old_page_overwrites_nothing(cast: Cast, draft: Draft) -> None:
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=LATER, expected_version=1, why="The director's.")
    with pytest.raises(DraftChanged):
        edit_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1, why="The manager's.")
    with pytest.raises(DraftChanged):
        discard_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1)
    stored = Draft.objects.get(pk=draft.pk)
    assert (stored.why, stored.version, stored.state) == ("The director's.", 2, DraftState.EDITING)


@pytest.mark.parametrize(
    ("state", "refusal"), [(DraftState.IN_REVIEW, DraftInReview), (DraftState.DISCARDED, DraftClosed)]
)
def test_only_what_is_being_written_can_be_edited(
    cast: Cast, draft: Draft, state: DraftState, refusal: type[Exception]
) -> None:
    Draft.objects.update(state=state)
    draft.refresh_from_db()
    with pytest.raises(refusal):
        edit_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1, why="changed")
    unchanged(draft)


def test_every_problem_is_named_and_nothing_is_saved(cast: Cast, draft: Draft) -> None:
    table = table_of(draft)
    twice = replace(table, rows=(*table.rows, Row("aligners", {}, {"outcome": "perhaps", "message": "x"})))
    with pytest.raises(DraftInvalid) as refusal:
        edit_draft(
            draft_id=draft.pk,
            actor=cast.actor("manager"),
            now=LATER,
            expected_version=1,
            table=twice,
            scenarios=[Scenario("", {"moon": "full"}, None, "allow")],
            basis="never",
            why="half",
        )
    last = len(table.rows)
    assert places(refusal) == [
        f"/rows/{last}/id",
        f"/rows/{last}/then/outcome",
        "/scenarios/0/name",
        "/scenarios/0/facts/moon",
        "/basis",
    ]
    unchanged(draft)


def test_a_reason_of_novel_length_is_refused(cast: Cast, draft: Draft) -> None:
    with pytest.raises(NoteTooLong) as refusal:
        edit_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1, why="x" * 2001)
    assert refusal.value.field == "why"
    unchanged(draft)


STRING, DURATION = ValueType.STRING, ValueType.DURATION


@pytest.mark.parametrize(
    ("column", "place"),
    [
        (Column("moon", STRING), "/inputs/1/name"),
        (Column("work_done", STRING), "/inputs/1/type"),
        (Column("since_submission", DURATION, clock=Clock.UNTIL), "/inputs/1/clock"),
        (Column("design_stage", STRING, several=True), "/inputs/1/several"),
        (Column("design_stage", STRING, domain=("dreaming",)), "/inputs/1/domain"),
    ],
)
def test_facts_are_those_of_the_registry(cast: Cast, draft: Draft, column: Column, place: str) -> None:
    table = table_of(draft)
    with pytest.raises(DraftInvalid) as refusal:
        save(cast, draft, replace(table, inputs=(table.inputs[0], column, *table.inputs[1:])))
    assert places(refusal) == [place]
    unchanged(draft)


def save(cast: Cast, draft: Draft, table: Table) -> Draft:
    version = Draft.objects.get(pk=draft.pk).version
    return edit_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=version, table=table)


@pytest.mark.parametrize(
    ("outputs", "places_named"),
    [
        ([Output("outcome", STRING), Output("mood", STRING)], ["/outputs/1/name"]),
        ([Output("outcome", STRING), Output("grace", STRING)], ["/outputs/1/type"]),
        ([Output("outcome", STRING, domain=("refuse", "perhaps"))], ["/outputs/0/domain"]),
        ([Output("message", STRING)], ["/outputs"]),
    ],
)
def test_answers_are_those_of_the_registry(
    cast: Cast, draft: Draft, outputs: list[Output], places_named: list[str]
) -> None:
    fallback = {"outcome": "refuse", "message": "no", "mood": "bad", "grace": "long"}
    names = {output.name for output in outputs}
    answer = {name: value for name, value in fallback.items() if name in names}
    table = Table("A table", (), tuple(outputs), (Row("all", {}, answer),), answer)
    with pytest.raises(DraftInvalid) as refusal:
        save(cast, draft, table)
    assert places(refusal) == places_named
    unchanged(draft)


def test_a_table_may_narrow_a_fact_and_has_the_rest_from_the_registry(cast: Cast, draft: Draft) -> None:
    bare = Column("since_submission", DURATION)
    narrow = Column("status", STRING, domain=("processing", "on_hold"))
    row = Row("early", {"since_submission": parse_cell('<= duration("PT1H")', DURATION)}, {"outcome": "allow"})
    table = Table("Pausing", (narrow, bare), (Output("outcome", STRING),), (row,), {"outcome": "refuse"})
    stored = table_of(save(cast, draft, table))
    status, since = stored.inputs
    assert (status.domain, status.label) == (("processing", "on_hold"), "Status")
    assert (since.clock, since.label) == (Clock.SINCE, "Time since submission")
    assert stored.outputs[0].domain == ("allow", "request", "refuse")
    assert save(cast, draft, stored).content_hash == content_hash(stored)


def test_is_discarded_and_stays_readable(cast: Cast, draft: Draft) -> None:
    director = cast.actor("director")
    discarded, again = (  # a double click
        discard_draft(draft_id=draft.pk, actor=director, now=LATER, expected_version=1) for _ in range(2)
    )
    assert again == discarded
    assert (discarded.state, discarded.definition) == (DraftState.DISCARDED, draft.definition)
    assert Event.objects.filter(type=EventType.DRAFT_DISCARDED).count() == 1


def test_what_waits_for_approval_is_not_discarded(cast: Cast, draft: Draft) -> None:
    Draft.objects.update(state=DraftState.IN_REVIEW)
    with pytest.raises(DraftInReview):
        discard_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=LATER, expected_version=1)
    assert Draft.objects.get().state == DraftState.IN_REVIEW
