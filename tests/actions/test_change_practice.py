import pytest

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.actions.change_practice import change_practice
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound
from tests.factories.people import Cast
from tests.factories.things import NOON


def change(cast: Cast, actor: Actor, practice_id: int | None = None) -> Practice:
    return change_practice(
        practice_id=practice_id or cast.practice.pk,
        actor=actor,
        plan="premium",
        tags=["vip"],
        payment_terms="weekly",
        now=NOON,
    )


def test_keeps_what_rules_knew_of_the_practice_before(cast: Cast) -> None:
    change(cast, cast.actor("manager"))
    cast.practice.refresh_from_db()
    assert (cast.practice.plan, cast.practice.tags, cast.practice.payment_terms) == ("premium", ["vip"], "weekly")
    event = Event.objects.get()
    assert (event.type, event.subject, event.subject_id) == (
        EventType.PRACTICE_CHANGED,
        Practice.SUBJECT,
        cast.practice.pk,
    )
    assert (event.at, event.actor_id, event.for_staff_only) == (NOON, cast.manager.pk, True)
    assert event.data == {
        "before": {"plan": "standard", "tags": [], "payment_terms": "per_case"},
        "after": {"plan": "premium", "tags": ["vip"], "payment_terms": "weekly"},
    }


def test_writes_nothing_down_where_nothing_is_new(cast: Cast) -> None:
    for _ in range(2):
        change(cast, cast.actor("manager"))
    assert Event.objects.count() == 1


@pytest.mark.parametrize("name", ["support", "production", "owner", "stranger"])
def test_is_a_managers_work(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        change(cast, cast.actor(name))
    assert Practice.objects.get(pk=cast.practice.pk).plan == "standard"
    assert not Event.objects.exists()


def test_changes_no_practice_that_is_not_there(cast: Cast) -> None:
    with pytest.raises(NotFound):
        change(cast, cast.actor("manager"), practice_id=999_999)
    assert not Event.objects.exists()
