"""A draft becomes a version in force: approve_draft."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.approve_draft import approve_draft
from reprieve.actions.ask_for_approval import ask_for_approval
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.draft_policy import draft_policy
from reprieve.actions.take_back_draft import take_back_draft
from reprieve.cancellations.requests import CancellationRefused
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from reprieve.orders.models import Status
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import DraftChanged, DraftClosed, DraftNotInReview
from reprieve.policies.lifecycle.publishing import AlreadyScheduled, ShadowIsRunning, StartsInThePast
from reprieve.policies.lifecycle.reviews import NothingChanged, NotSimulated, ScenarioFails, WroteIt
from reprieve.policies.models import Activation, Draft, DraftState, Mode, PolicyVersion
from tests.factories.drafts import (
    CANCELLING,
    DAY,
    PAUSING,
    a_draft,
    approved,
    in_review,
    reworded,
    simulated,
    the_policy,
)
from tests.factories.people import Cast
from tests.factories.things import LONG_AGO, NOON, Catalog, an_order

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return in_review(cast)


def approve(cast: Cast, draft: Draft, *, by: str = "director", **changes: object) -> Activation:
    draft = Draft.objects.get(pk=draft.pk)
    values = {"expected_version": draft.version, "seen_simulation_id": draft.seen_id, "now": LATER} | changes
    return approve_draft(draft_id=draft.pk, actor=cast.actor(by), **values)  # type: ignore[arg-type]


def refused(cast: Cast, draft: Draft, refusal: type[Refused], **changes: object) -> Refused:
    before = in_force()
    with pytest.raises(refusal) as caught:
        approve(cast, draft, **changes)  # type: ignore[arg-type]
    nothing_published(draft)
    assert in_force() == before
    return caught.value


def in_force() -> list[tuple[object, ...]]:
    return [*PolicyVersion.objects.values_list("pk", "number"), *Activation.objects.values_list("pk", "ends_at")]


def nothing_published(draft: Draft) -> None:
    stored = Draft.objects.get(pk=draft.pk)
    assert (stored.published, stored.answered_by) == (None, None)
    assert stored.state != DraftState.PUBLISHED
    assert not Event.objects.filter(type=EventType.POLICY_APPROVED, data__draft=draft.pk).exists()


def test_becomes_the_next_version_and_ends_the_one_before(cast: Cast, draft: Draft) -> None:
    activation = approve(cast, draft)
    version = PolicyVersion.objects.get(policy__key=PAUSING, number=2)
    assert (activation.version, activation.mode, activation.starts_at, activation.ends_at) == (
        version,
        Mode.LIVE,
        LATER,
        None,
    )
    assert (version.definition, version.content_hash) == (draft.definition, draft.content_hash)
    assert (version.scenarios, version.basis, version.why) == (draft.scenarios, draft.basis, "We are too busy.")
    assert (version.author, version.approver, version.published_at) == (cast.manager, cast.director, LATER)
    before = Activation.objects.get(policy__key=PAUSING, version__number=1)
    assert (before.starts_at, before.ends_at) == (LONG_AGO, LATER)
    assert version_in_force(version.policy, LATER) == version
    draft.refresh_from_db()
    assert (draft.state, draft.published, draft.answered_by) == (DraftState.PUBLISHED, version, cast.director)
    told = Event.objects.filter(subject="policy", subject_id=draft.policy_id, actor=cast.director)
    assert [(event.type, event.data) for event in told] == [
        ("policy_approved", {"draft": draft.pk, "number": 2}),
        ("policy_activated", {"number": 2, "starts_at": LATER.isoformat()}),
    ]


def test_decides_from_then_on(cast: Cast, catalog: Catalog) -> None:
    before = an_order(catalog, cast.actor("owner"))
    approved(cast, key=CANCELLING, now=LATER)
    after = an_order(catalog, cast.actor("owner"), now=LATER)
    with pytest.raises(CancellationRefused, match="Not any more"):
        cancel_order(order_id=after.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    cancel_order(order_id=before.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    after.refresh_from_db()
    before.refresh_from_db()
    assert (before.status, after.status) == (Status.CANCELLED, Status.PROCESSING)  # the rules at submission hold


def test_starts_on_a_date(cast: Cast, draft: Draft) -> None:
    starts_at = LATER + 7 * DAY
    approve(cast, draft, starts_at=starts_at)
    policy = the_policy()
    one, two = (policy.versions.get(number=number) for number in (1, 2))
    assert version_in_force(policy, starts_at - timedelta(microseconds=1)) == one
    assert version_in_force(policy, starts_at) == two


def test_listens_as_a_shadow_and_leaves_what_is_live(cast: Cast, draft: Draft) -> None:
    activation = approve(cast, draft, mode=Mode.SHADOW)
    assert (activation.mode, activation.version.number) == (Mode.SHADOW, 2)
    assert Activation.objects.get(policy__key=PAUSING, version__number=1).ends_at is None
    assert Event.objects.get(type=EventType.SHADOW_STARTED).data == {"number": 2, "starts_at": LATER.isoformat()}
    assert Event.objects.filter(type=EventType.POLICY_ACTIVATED, actor=cast.director).count() == 0


def test_one_shadow_at_a_time(cast: Cast) -> None:
    approved(cast, mode=Mode.SHADOW)
    second = in_review(cast, now=LATER)
    refused(cast, second, ShadowIsRunning, mode=Mode.SHADOW)
    assert Activation.objects.filter(mode=Mode.SHADOW).count() == 1


@pytest.mark.parametrize("name", ["owner", "stranger", "support", "production"])
def test_is_work_for_managers(cast: Cast, draft: Draft, name: str) -> None:
    refused(cast, draft, NotAllowed, by=name)


def test_its_author_does_not_approve_it(cast: Cast, draft: Draft) -> None:
    refusal = refused(cast, draft, WroteIt, by="manager")
    assert refusal.remedy == "Another manager has to look at it."


def test_whoever_wrote_on_it_does_not_approve_it(cast: Cast, draft: Draft) -> None:
    taken = take_back_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=NOON, expected_version=draft.version)
    written = reworded(taken, cast.actor("director"), why="And a word of mine.")
    ask(cast, written, by="manager")
    refused(cast, draft, WroteIt, by="director")


def ask(cast: Cast, draft: Draft, *, by: str) -> Draft:
    return ask_for_approval(
        draft_id=draft.pk,
        actor=cast.actor(by),
        now=NOON,
        expected_version=draft.version,
        seen_simulation_id=simulated(draft).pk,
    )


def test_whoever_asked_does_not_approve_it(cast: Cast) -> None:
    draft = ask(cast, a_draft(cast.actor("manager")), by="director")
    refused(cast, draft, WroteIt, by="director")


def test_whoever_asked_once_does_not_approve_it_after_another_asked(cast: Cast) -> None:
    draft = ask(cast, a_draft(cast.actor("manager")), by="director")
    take_back_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=NOON, expected_version=draft.version)
    draft = ask(cast, Draft.objects.get(pk=draft.pk), by="manager")
    assert draft.asked_by == cast.manager
    refused(cast, draft, WroteIt, by="director")
    nothing_published(draft)


def test_nobody_in_particular_does_not_approve_it(cast: Cast, draft: Draft) -> None:
    with pytest.raises(WroteIt):
        approve_draft(
            draft_id=draft.pk,
            actor=SYSTEM,
            now=LATER,
            expected_version=draft.version,
            seen_simulation_id=draft.seen_id,
        )
    nothing_published(draft)


def test_what_a_program_wrote_a_manager_may_approve(cast: Cast) -> None:
    theirs = a_draft(SYSTEM)
    draft = ask(cast, theirs, by="manager")
    version = approve(cast, draft).version
    assert (version.author, version.approver) == (None, cast.director)


def test_the_database_knows_no_version_approved_by_its_author(cast: Cast, draft: Draft) -> None:
    with pytest.raises(IntegrityError, match="version_approved_by_another"):
        PolicyVersion.objects.create(
            policy=draft.policy,
            number=7,
            definition={},
            content_hash="",
            author=cast.manager,
            approver=cast.manager,
            created_at=NOON,
        )


def test_an_old_page_approves_nothing(cast: Cast, draft: Draft) -> None:
    refused(cast, draft, DraftChanged, expected_version=1)


def test_approves_once(cast: Cast, draft: Draft) -> None:
    approve(cast, draft)
    with pytest.raises(DraftClosed):
        approve(cast, draft)
    assert PolicyVersion.objects.filter(policy=draft.policy).count() == 2


def test_only_what_waits_is_approved(cast: Cast) -> None:
    refused(cast, a_draft(cast.actor("manager")), DraftNotInReview)
    with pytest.raises(NotFound):
        approve_draft(
            draft_id=4711, actor=cast.actor("director"), now=LATER, expected_version=1, seen_simulation_id=None
        )


def test_checks_everything_again(cast: Cast, draft: Draft) -> None:
    refused(cast, draft, NotSimulated, seen_simulation_id=None)
    Draft.objects.filter(pk=draft.pk).update(scenarios=[{"name": "x", "facts": {}, "outcome": "allow"}])
    refused(cast, draft, ScenarioFails)


def test_another_version_in_force_since_makes_the_simulation_old(cast: Cast) -> None:
    first = in_review(cast)
    policy = first.policy
    other = draft_policy(policy_key=PAUSING, actor=cast.actor("manager"), now=NOON, basis="submission")
    approve(cast, ask(cast, other, by="manager"))
    refused(cast, first, NotSimulated, now=LATER + DAY)
    assert policy.versions.count() == 2


def test_the_same_again_is_not_published_twice(cast: Cast) -> None:
    first, second = in_review(cast), in_review(cast)
    approve(cast, first)
    again = simulated(second, now=LATER + DAY)
    refused(cast, second, NothingChanged, seen_simulation_id=again.pk, now=LATER + DAY)


def test_never_begins_in_the_past(cast: Cast, draft: Draft) -> None:
    refusal = refused(cast, draft, StartsInThePast, starts_at=LATER - timedelta(seconds=1))
    assert isinstance(refusal, StartsInThePast)
    assert refusal.field == "starts_at"


def test_what_is_scheduled_has_to_be_called_off_first(cast: Cast) -> None:
    approved(cast, starts_at=NOON + 7 * DAY)
    second = in_review(cast, now=LATER)
    refusal = refused(cast, second, AlreadyScheduled)
    assert refusal.why == "Version 2 is to start on 11 Mar 2026, 12:00."
    assert refusal.remedy == "Call it off first."


def test_a_published_version_is_never_changed_or_deleted(cast: Cast, draft: Draft) -> None:
    version = approve(cast, draft).version
    with pytest.raises(DatabaseError, match="never updated"):
        PolicyVersion.objects.filter(pk=version.pk).update(why="I never said that.")
