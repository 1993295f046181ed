"""The lifecycle as a state machine: commands in any order, by anybody, cannot get around the one table."""

from datetime import timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reprieve.accounts.actors import SYSTEM, ActorKind
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.decline_cancellation import decline_cancellation
from reprieve.actions.move_order import EVENTS, move_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.restore_order import restore_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.cancellations.models import EFFECTIVE, Cancellation, CancellationState
from reprieve.history.models import Event
from reprieve.lib.errors import Refused
from reprieve.orders import lifecycle
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import TRANSITIONS, Verb
from reprieve.orders.models import Order, Pause, Status
from reprieve.policies.facts.registry import Asking
from reprieve.policies.facts.stored import Plain, Scaled
from tests.examples import how_many
from tests.factories.people import Cast, make_cast
from tests.factories.things import FAMILIES, MINUTE, NOON, Catalog, an_order, make_catalog, put_rules_in_force

PLACES = {Status.PAUSED, Status.SLATED_FOR_DELETION}


def test_every_verb_has_a_transition_and_none_but_undo_leaves_cancelled() -> None:
    assert set(TRANSITIONS) == set(Verb)
    leaving = {verb for verb, steps in TRANSITIONS.items() for step in steps if Status.CANCELLED in step.sources}
    assert leaving == {Verb.UNDO}


def test_every_status_can_be_reached() -> None:
    reached = {step.to for steps in TRANSITIONS.values() for step in steps if step.to is not None}
    assert reached | {Status.PROCESSING} == set(Status)


def test_a_refused_verb_changes_nothing(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(lifecycle.WrongState):
        lifecycle.apply(order, Verb.SHIP, now=NOON + MINUTE)
    assert (order.status, order.version) == (Status.PROCESSING, 1)
    assert Order.objects.get(pk=order.pk).version == 1


class OrderMachine(RuleBasedStateMachine):
    """One order, everybody's commands, a clock that only goes forward."""

    cast: ClassVar[Cast]
    catalog: ClassVar[Catalog]

    @initialize(families=st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=2, unique=True))
    def place(self, families: list[str]) -> None:
        self.now = NOON
        self.order = an_order(self.catalog, self.cast.actor("owner"), *families, now=self.now)
        self.before = self.seen()

    def seen(self) -> Order:
        return Order.objects.get(pk=self.order.pk)

    def attempt(self, verbs: set[Verb], command: object, **arguments: object) -> None:
        """Run a command; whatever it does, the order has made one of these verbs' transitions, or none."""
        self.now += MINUTE
        before, events = self.seen(), Event.objects.count()
        allowed = {
            (step.to or before.status) for verb in verbs for step in TRANSITIONS[verb] if before.status in step.sources
        }
        try:
            command(now=self.now, **arguments)  # type: ignore[operator]
        except Refused:
            after = self.seen()
            assert (after.status, after.version) == (before.status, before.version)
            assert Event.objects.count() == events
        else:
            after = self.seen()
            assert after.status == before.status or after.status in allowed
            assert after.version >= before.version
            assert after.status == before.status or after.version > before.version

    @rule(verb=st.sampled_from(sorted(EVENTS)), who=st.sampled_from(["production", "owner"]), override=st.booleans())
    def staff_move(self, verb: Verb, who: str, override: bool) -> None:  # noqa: FBT001
        self.attempt(
            {verb},
            move_order,
            order_id=self.order.pk,
            verb=verb,
            actor=self.cast.actor(who),
            expected_version=self.seen().version,
            why="Because.",
            override=override,
        )

    @rule(who=st.sampled_from(["owner", "stranger", "support"]), override=st.booleans())
    def cancel(self, who: str, override: bool) -> None:  # noqa: FBT001
        self.attempt(
            {Verb.CANCEL},
            cancel_order,
            order_id=self.order.pk,
            actor=self.cast.actor(who),
            reason="patient_away",
            expected_version=self.seen().version,
            override=override,
        )

    @rule(who=st.sampled_from(["owner", "stranger"]))
    def request(self, who: str) -> None:
        self.attempt(
            set(), request_cancellation, order_id=self.order.pk, actor=self.cast.actor(who), reason="patient_away"
        )

    @precondition(lambda self: Cancellation.objects.filter(order=self.order).exists())
    @rule(answer=st.sampled_from(["withdraw", "approve", "decline"]))
    def answer_request(self, answer: str) -> None:
        pk = Cancellation.objects.filter(order=self.order).order_by("-pk").values_list("pk", flat=True)[0]
        if answer == "withdraw":
            self.attempt(set(), withdraw_cancellation, cancellation_id=pk, actor=self.cast.actor("colleague"))
        elif answer == "decline":
            self.attempt(
                set(),
                decline_cancellation,
                cancellation_id=pk,
                actor=self.cast.actor("support"),
                expected_version=self.seen().version,
                answer="No",
            )
        else:
            self.attempt(
                {Verb.CANCEL},
                approve_cancellation,
                cancellation_id=pk,
                actor=self.cast.actor("support"),
                expected_version=self.seen().version,
            )

    @rule(who=st.sampled_from(["owner", "stranger", "manager"]), override=st.booleans())
    def pause(self, who: str, override: bool) -> None:  # noqa: FBT001
        self.attempt(
            {Verb.PAUSE},
            pause_order,
            order_id=self.order.pk,
            actor=self.cast.actor(who),
            reason="patient_away",
            expected_version=self.seen().version,
            override=override,
        )

    @rule(who=st.sampled_from(["owner", "stranger"]))
    def resume(self, who: str) -> None:
        self.attempt({Verb.RESUME}, resume_order, order_id=self.order.pk, actor=self.cast.actor(who))

    @rule()
    def let_the_pause_run_out(self) -> None:
        self.now += timedelta(days=46)
        self.attempt({Verb.SLATE}, slate_order, order_id=self.order.pk, actor=SYSTEM)

    @rule(who=st.sampled_from(["support", "production"]))
    def restore(self, who: str) -> None:
        self.attempt(
            {Verb.RESTORE},
            restore_order,
            order_id=self.order.pk,
            actor=self.cast.actor(who),
            expected_version=self.seen().version,
        )

    @invariant()
    def what_is_paused_has_an_open_pause_and_nothing_else_has(self) -> None:
        if hasattr(self, "order"):
            paused = self.seen().status in PLACES
            assert Pause.objects.filter(order=self.order, ended_at=None).count() == int(paused)

    @invariant()
    def what_is_cancelled_has_one_effective_cancellation_and_nothing_else_has(self) -> None:
        if hasattr(self, "order"):
            effective = Cancellation.objects.filter(order=self.order, state__in=EFFECTIVE).count()
            assert effective == int(self.seen().status == Status.CANCELLED)

    @invariant()
    def its_own_row_says_what_its_lines_files_revisions_and_pauses_say(self) -> None:
        if hasattr(self, "order"):
            asking = Asking(now=self.now, who=ActorKind.SYSTEM, reason=None, zone=ZoneInfo("UTC"))
            order = self.seen()
            for name in ("work_done", "amount", "pauses", "paused_in_all", "status_before_pause", "files_submitted"):
                fact = ORDER_FACTS.facts[name]
                stored = fact.stored(asking)
                assert isinstance(stored, Plain | Scaled)
                value = Order.objects.values_list(stored.expression, flat=True).get(pk=order.pk)
                assert (None if value is None else stored.read(value)) == fact.read(order, asking), name

    @invariant()
    def a_cancelled_order_has_no_open_request(self) -> None:
        if hasattr(self, "order") and self.seen().status == Status.CANCELLED:
            assert not Cancellation.objects.filter(order=self.order, state=CancellationState.REQUESTED).exists()


class TestLifecycle(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        OrderMachine.cast, OrderMachine.catalog = make_cast(), make_catalog()
        put_rules_in_force()

    def test_no_sequence_of_commands_gets_around_the_transitions(self) -> None:
        run_state_machine_as_test(
            OrderMachine,
            settings=settings(
                max_examples=how_many(25),
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
