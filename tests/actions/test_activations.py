"""Back to an old version, off with a scheduled one, an end to a shadow: what is in force when."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.activate_version import activate_version
from reprieve.actions.call_off_activation import call_off_activation
from reprieve.actions.end_shadow import end_shadow
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from reprieve.orders.models import Order
from reprieve.policies.in_force import effective_periods, in_force, version_in_force
from reprieve.policies.lifecycle.publishing import (
    AlreadyInForce,
    AlreadyScheduled,
    HasBegun,
    PolicyChanged,
    RulesOutdated,
    StartsInThePast,
    latest,
)
from reprieve.policies.lifecycle.reviews import WroteIt
from reprieve.policies.models import Activation, Mode, PolicyVersion
from tests.factories.drafts import CANCELLING, DAY, PAUSING, approved, the_policy
from tests.factories.people import Cast
from tests.factories.things import LONG_AGO, NOON

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=1)
SOON = NOON + 7 * DAY


def go_back(
    cast: Cast,
    number: int = 1,
    *,
    by: str = "manager",
    now: datetime = LATER,
    seen: int | None = None,
    starts_at: datetime | None = None,
) -> Activation:
    if seen is None:
        live = latest(the_policy(), Mode.LIVE)
        seen = live.pk if live else None
    return activate_version(
        policy_key=PAUSING,
        number=number,
        actor=cast.actor(by),
        now=now,
        starts_at=starts_at,
        seen_activation_id=seen,
    )


def times(mode: Mode = Mode.LIVE) -> list[tuple[int, datetime, datetime | None]]:
    found = Activation.objects.filter(policy__key=PAUSING, mode=mode).order_by("starts_at", "pk")
    return [(activation.version.number, activation.starts_at, activation.ends_at) for activation in found]


def refused(cast: Cast, refusal: type[Refused], **asked: object) -> Refused:
    before, events = times(), Event.objects.count()
    with pytest.raises(refusal) as caught:
        go_back(cast, **asked)  # type: ignore[arg-type]
    assert (times(), Event.objects.count()) == (before, events)
    return caught.value


def test_going_back_is_a_new_activation_of_the_old_version(cast: Cast) -> None:
    approved(cast)
    go_back(cast)
    assert times() == [(1, LONG_AGO, NOON), (2, NOON, LATER), (1, LATER, None)]
    assert PolicyVersion.objects.filter(policy__key=PAUSING).count() == 2
    event = Event.objects.filter(type=EventType.POLICY_ACTIVATED).last()
    assert event is not None
    assert (event.actor, event.data) == (cast.manager, {"number": 1, "starts_at": LATER.isoformat()})


def test_going_back_can_wait_for_a_date(cast: Cast) -> None:
    approved(cast)
    go_back(cast, starts_at=SOON)
    assert times() == [(1, LONG_AGO, NOON), (2, NOON, SOON), (1, SOON, None)]


@pytest.mark.parametrize("name", ["owner", "stranger", "support", "production"])
def test_is_work_for_managers(cast: Cast, name: str) -> None:
    scheduled = approved(cast, starts_at=SOON)
    shadow = Activation.objects.create(
        policy=scheduled.policy, version=scheduled.version, mode=Mode.SHADOW, starts_at=NOON
    )
    refused(cast, NotAllowed, by=name)
    with pytest.raises(NotAllowed):
        call_off_activation(activation_id=scheduled.pk, actor=cast.actor(name), now=LATER)
    with pytest.raises(NotAllowed):
        end_shadow(activation_id=shadow.pk, actor=cast.actor(name), now=LATER)
    assert times() == [(1, LONG_AGO, SOON), (2, SOON, None)]
    assert times(Mode.SHADOW) == [(2, NOON, None)]


def test_what_is_in_force_already_is_not_put_in_force(cast: Cast) -> None:
    refused(cast, AlreadyInForce)


def test_what_is_not_there_is_not_put_in_force(cast: Cast) -> None:
    refused(cast, NotFound, number=9)
    policy = the_policy()
    PolicyVersion.objects.create(policy=policy, number=3, definition={}, content_hash="", created_at=NOON)
    refused(cast, NotFound, number=3)  # never published
    with pytest.raises(NotFound):
        activate_version(
            policy_key="order-deletion", number=1, actor=cast.actor("manager"), now=LATER, seen_activation_id=None
        )


def test_what_asks_for_a_fact_that_is_gone_is_not_put_in_force(cast: Cast) -> None:
    first = PolicyVersion.objects.get(policy__key=PAUSING)
    inputs = [*first.definition["inputs"], {"name": "moon", "type": "string"}]
    PolicyVersion.objects.create(
        policy=first.policy,
        number=2,
        definition={**first.definition, "inputs": inputs},
        content_hash="",
        created_at=NOON,
        published_at=NOON,
    )
    assert refused(cast, RulesOutdated, number=2).why == "Version 2 cannot be used any more: There is no fact moon."


def test_an_old_page_puts_nothing_in_force(cast: Cast) -> None:
    first = Activation.objects.get(policy__key=PAUSING)
    approved(cast)
    refused(cast, PolicyChanged, seen=first.pk)


def test_never_begins_in_the_past(cast: Cast) -> None:
    approved(cast)
    refused(cast, StartsInThePast, starts_at=NOON)


def test_what_is_scheduled_has_to_be_called_off_first(cast: Cast) -> None:
    approved(cast, starts_at=SOON)
    refused(cast, AlreadyScheduled)


def test_a_shadow_becomes_live_and_is_no_shadow_any_more(cast: Cast) -> None:
    approved(cast, mode=Mode.SHADOW)
    go_back(cast, number=2, by="director", starts_at=SOON)
    assert times() == [(1, LONG_AGO, SOON), (2, SOON, None)]
    assert times(Mode.SHADOW) == [(2, NOON, SOON)]


def test_its_writer_does_not_make_a_shadow_live(cast: Cast) -> None:
    approved(cast, mode=Mode.SHADOW)
    refused(cast, WroteIt, number=2, by="manager")
    assert times(Mode.SHADOW) == [(2, NOON, None)]


def test_its_writer_may_go_back_to_what_was_live_before(cast: Cast) -> None:
    approved(cast)
    go_back(cast)
    go_back(cast, number=2, now=LATER + DAY)
    assert [number for number, _, _ in times()] == [1, 2, 1, 2]


def test_what_was_called_off_before_it_began_was_never_live(cast: Cast) -> None:
    scheduled = approved(cast, starts_at=SOON)
    call_off_activation(activation_id=scheduled.pk, actor=cast.actor("manager"), now=LATER)
    refused(cast, WroteIt, number=2, now=SOON + DAY)


def test_a_scheduled_version_is_called_off_and_the_one_before_goes_on(cast: Cast) -> None:
    scheduled = approved(cast, starts_at=SOON)
    manager = cast.actor("manager")
    called_off, again = (  # a double click
        call_off_activation(activation_id=scheduled.pk, actor=manager, now=LATER) for _ in range(2)
    )
    assert called_off.is_called_off
    assert again == called_off
    assert times() == [(1, LONG_AGO, None), (2, SOON, SOON)]
    policy = the_policy()
    assert [version_in_force(policy, at) for at in (LATER, SOON, SOON + DAY)] == 3 * [policy.versions.get(number=1)]
    event = Event.objects.get(type=EventType.POLICY_CALLED_OFF)
    assert (event.actor, event.data) == (cast.manager, {"number": 2, "starts_at": SOON.isoformat()})


def test_what_was_called_off_decides_nothing(cast: Cast) -> None:
    scheduled = approved(cast, starts_at=SOON, key=CANCELLING)
    call_off_activation(activation_id=scheduled.pk, actor=cast.actor("manager"), now=LATER)
    at = SOON + DAY
    rules = in_force(Order.SUBJECT, now=at).rules(at)["cancel"]
    assert rules.version_number == 1
    assert [period.rules.version_number for period in effective_periods(Order.SUBJECT, "cancel", now=at)] == [1]


def test_another_can_be_scheduled_after_it_was_called_off(cast: Cast) -> None:
    scheduled = approved(cast, starts_at=SOON)
    call_off_activation(activation_id=scheduled.pk, actor=cast.actor("manager"), now=LATER)
    go_back(cast, number=2, by="director", starts_at=SOON)
    assert times() == [(1, LONG_AGO, SOON), (2, SOON, SOON), (2, SOON, None)]


def test_a_shadow_listens_on_when_its_going_live_is_called_off(cast: Cast) -> None:
    approved(cast, mode=Mode.SHADOW)
    live = go_back(cast, number=2, by="director", starts_at=SOON)
    call_off_activation(activation_id=live.pk, actor=cast.actor("director"), now=LATER)
    assert times(Mode.SHADOW) == [(2, NOON, None)]
    assert times() == [(1, LONG_AGO, None), (2, SOON, SOON)]


def test_what_has_begun_is_not_called_off(cast: Cast) -> None:
    activation = approved(cast)
    for now in (NOON, LATER):
        with pytest.raises(HasBegun):
            call_off_activation(activation_id=activation.pk, actor=cast.actor("manager"), now=now)
    assert times() == [(1, LONG_AGO, NOON), (2, NOON, None)]
    with pytest.raises(NotFound):
        call_off_activation(activation_id=4711, actor=SYSTEM, now=NOON)


def test_a_shadow_is_ended_once(cast: Cast) -> None:
    shadow = approved(cast, mode=Mode.SHADOW)
    for hours in (1, 2):  # a double click
        end_shadow(activation_id=shadow.pk, actor=cast.actor("manager"), now=NOON + timedelta(hours=hours))
    assert times(Mode.SHADOW) == [(2, NOON, LATER)]
    assert Event.objects.get(type=EventType.SHADOW_ENDED).data == {"number": 2}


def test_a_shadow_that_has_not_begun_never_begins(cast: Cast) -> None:
    shadow = approved(cast, mode=Mode.SHADOW, starts_at=SOON)
    for _ in range(2):
        end_shadow(activation_id=shadow.pk, actor=cast.actor("manager"), now=LATER)
    assert times(Mode.SHADOW) == [(2, SOON, SOON)]
    assert Event.objects.filter(type=EventType.SHADOW_ENDED).count() == 1


def test_what_is_live_is_no_shadow_to_be_ended(cast: Cast) -> None:
    live = Activation.objects.get(policy__key=PAUSING)
    with pytest.raises(NotFound):
        end_shadow(activation_id=live.pk, actor=cast.actor("manager"), now=LATER)
    assert times() == [(1, LONG_AGO, None)]


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.SHADOW])
@pytest.mark.parametrize(("start", "end"), [(-1, 1), (1, None), (0, 2), (1, 2)])
def test_the_database_knows_no_overlap(cast: Cast, mode: Mode, start: int, end: int | None) -> None:
    policy = the_policy("order-resume")
    version = policy.versions.get()
    Activation.objects.filter(policy=policy).update(ends_at=NOON - 10 * DAY)
    known = {"policy": policy, "version": version, "mode": mode}
    Activation.objects.create(**known, starts_at=NOON, ends_at=NOON + 3 * DAY)
    with pytest.raises(DatabaseError, match="overlap"), transaction.atomic():
        Activation.objects.create(
            **known, starts_at=NOON + start * DAY, ends_at=None if end is None else NOON + end * DAY
        )
    beside = Activation.objects.create(**known, starts_at=NOON + 3 * DAY)
    with pytest.raises(DatabaseError, match="overlap"), transaction.atomic():
        Activation.objects.filter(policy=policy, starts_at=NOON).update(ends_at=NOON + 4 * DAY)
    other = Mode.SHADOW if mode is Mode.LIVE else Mode.LIVE
    Activation.objects.create(**known | {"mode": other}, starts_at=NOON)
    assert Activation.objects.get(pk=beside.pk).ends_at is None


def test_the_database_lets_nothing_of_an_activation_change_but_its_end(cast: Cast) -> None:
    activations = Activation.objects.filter(policy__key=PAUSING)
    changes: list[dict[str, object]] = [{"starts_at": NOON}, {"mode": Mode.SHADOW}]
    for change in changes:
        with pytest.raises(DatabaseError, match="never updated"), transaction.atomic():
            activations.update(**change)
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        activations.delete()
    assert times() == [(1, LONG_AGO, None)]
