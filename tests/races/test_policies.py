"""Rules that two managers change at once: one wins, and two versions are never live at one time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, StaffRole
from reprieve.actions import approve_draft as approving
from reprieve.actions import edit_draft as editing
from reprieve.actions import take_back_draft as taking_back
from reprieve.actions.activate_version import activate_version
from reprieve.actions.approve_draft import approve_draft
from reprieve.actions.edit_draft import edit_draft
from reprieve.actions.take_back_draft import take_back_draft
from reprieve.history.models import Event, EventType
from reprieve.policies.lifecycle import publishing
from reprieve.policies.lifecycle.drafts import DraftChanged, DraftClosed, DraftNotInReview
from reprieve.policies.lifecycle.publishing import PolicyChanged
from reprieve.policies.lifecycle.reviews import NotSimulated
from reprieve.policies.models import Activation, Draft, DraftState, PolicyVersion
from tests.factories.drafts import PAUSING, a_draft, approved, in_review
from tests.factories.people import Cast
from tests.factories.things import NOON
from tests.races.race import Finish, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def third(cast: Cast) -> Actor:
    person = Person.objects.create_user("third@example.test", name="Third", staff_role=StaffRole.MANAGER)
    return Actor.of(person)


def approval(draft: Draft, actor: Actor, *, minutes: int = 0) -> Callable[[], object]:
    return lambda: approve_draft(
        draft_id=draft.pk,
        actor=actor,
        now=LATER + timedelta(minutes=minutes),
        expected_version=draft.version,
        seen_simulation_id=draft.seen_id,
    )


def refusal_of(finish: Finish) -> type[Exception]:
    assert finish.refusal is not None, f"not refused: {finish.result}"
    return type(finish.refusal)


def never_two_at_once() -> None:
    live = list(Activation.objects.filter(policy__key=PAUSING, mode="live").order_by("starts_at"))
    assert [one.ends_at for one in live] == [*(one.starts_at for one in live[1:]), None]


def test_two_approve_one_draft_and_one_version_comes_of_it(cast: Cast, third: Actor) -> None:
    draft = in_review(cast)
    won, lost = race(
        approval(draft, cast.actor("director")), approval(draft, third, minutes=1), hold=(approving, "activate")
    )
    assert isinstance(won.result, Activation)
    assert refusal_of(lost) is DraftClosed
    assert PolicyVersion.objects.filter(policy__key=PAUSING).count() == 2
    assert Event.objects.filter(type=EventType.POLICY_APPROVED).count() == 1
    never_two_at_once()


def test_two_drafts_are_approved_at_once_and_the_second_has_to_be_simulated_again(cast: Cast, third: Actor) -> None:
    first, second = in_review(cast), in_review(cast)
    Draft.objects.filter(pk=second.pk).update(basis="submission")
    won, lost = race(
        approval(first, cast.actor("director")), approval(second, third, minutes=1), hold=(approving, "activate")
    )
    assert isinstance(won.result, Activation)
    assert refusal_of(lost) is NotSimulated
    assert Draft.objects.get(pk=second.pk).state == DraftState.IN_REVIEW
    assert PolicyVersion.objects.filter(policy__key=PAUSING).count() == 2
    never_two_at_once()


def test_a_draft_taken_back_first_is_not_approved(cast: Cast) -> None:
    draft = in_review(cast)
    manager = cast.actor("manager")
    taken, lost = race(
        lambda: take_back_draft(draft_id=draft.pk, actor=manager, now=LATER, expected_version=draft.version),
        approval(draft, cast.actor("director")),
        hold=(taking_back, "change"),
    )
    assert isinstance(taken.result, Draft)
    assert refusal_of(lost) is DraftNotInReview
    assert PolicyVersion.objects.filter(policy__key=PAUSING).count() == 1


def test_two_go_back_at_once_and_one_activation_comes_of_it(cast: Cast, third: Actor) -> None:
    seen = approved(cast).pk

    def going_back(actor: Actor, minutes: int) -> Callable[[], object]:
        now = LATER + timedelta(minutes=minutes)
        return lambda: activate_version(policy_key=PAUSING, number=1, actor=actor, now=now, seen_activation_id=seen)

    won, lost = race(going_back(cast.actor("manager"), 0), going_back(third, 1), hold=(publishing, "record_on"))
    assert isinstance(won.result, Activation)
    assert refusal_of(lost) is PolicyChanged
    assert Activation.objects.filter(policy__key=PAUSING).count() == 3
    never_two_at_once()


def test_two_save_one_draft_and_the_second_overwrites_nothing(cast: Cast, third: Actor) -> None:
    draft = a_draft(cast.actor("manager"))

    def saving(actor: Actor, why: str) -> Callable[[], object]:
        return lambda: edit_draft(draft_id=draft.pk, actor=actor, now=LATER, expected_version=1, why=why)

    won, lost = race(
        saving(cast.actor("manager"), "The first."), saving(third, "The second."), hold=(editing, "change")
    )
    assert isinstance(won.result, Draft)
    assert refusal_of(lost) is DraftChanged
    stored = Draft.objects.get(pk=draft.pk)
    assert (stored.why, stored.version, list(stored.editors.all())) == ("The first.", 2, [cast.manager])
