"""A shadow is asked what was decided, and never in the way of it, whatever becomes of it."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.resume_order import resume_order
from reprieve.cancellations.models import Cancellation
from reprieve.dmn.decide import CompiledTable
from reprieve.history.models import Event, EventType
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.models import Order, Status
from reprieve.policies import shadows
from reprieve.policies.facts.registry import Fact
from reprieve.policies.models import Activation, DecisionRecord, Mode, Policy, PolicyVersion, ShadowAnswer
from reprieve.policies.shadows import Tally, latest_differing, tally
from tests.factories.drafts import CANCELLING, PAUSING, approved, the_policy
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = pytest.mark.usefixtures("rules")
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    return an_order(catalog, cast.actor("owner"))


def cancel(cast: Cast, order: Order) -> Cancellation:
    return cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)


def a_shadow(key: str, definition: object) -> PolicyVersion:
    """A version with any definition at all, listening: what no command would let through."""
    policy = Policy.objects.get(key=key)
    version = PolicyVersion.objects.create(
        policy=policy,
        number=9,
        definition=definition,
        content_hash=2 * uuid4().hex,  # compiled tables are kept by it
        created_at=NOON,
        published_at=NOON,
    )
    Activation.objects.create(policy=policy, version=version, mode=Mode.SHADOW, starts_at=NOON)
    return version


def cancelled_once_by_the_live_rules(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    record = Cancellation.objects.get(order=order).decision
    assert (record.version.number, record.row, record.outputs["outcome"]) == (1, "made-before-design", "allow")
    assert DecisionRecord.objects.count() == 1
    assert Event.objects.filter(type=EventType.ORDER_CANCELLED).count() == 1


def test_keeps_what_it_would_have_said_beside_the_answer_that_stands(cast: Cast, order: Order) -> None:
    shadow = approved(cast, mode=Mode.SHADOW, key=CANCELLING).version
    record = cancel(cast, order).decision
    cancelled_once_by_the_live_rules(order)
    answer = ShadowAnswer.objects.get()
    assert (answer.record, answer.version, answer.agrees, answer.row) == (record, shadow, False, "made-before-design")
    assert (answer.outputs["outcome"], answer.problem) == ("refuse", "")
    assert answer.facts == record.facts
    assert latest_differing(shadow, 20) == [answer]
    assert tally(shadow) == Tally(asked=1, agreed=0, failed=0)
    assert tally(shadow).differed == 1


def test_agrees_where_every_answer_is_the_same(cast: Cast, order: Order) -> None:
    live = PolicyVersion.objects.get(policy__key=CANCELLING)
    version = a_shadow(CANCELLING, live.definition)
    cancel(cast, order)
    assert ShadowAnswer.objects.get().agrees
    assert tally(version) == Tally(asked=1, agreed=1, failed=0)
    assert latest_differing(version, 20) == []


def test_sees_the_case_as_it_was_when_it_was_decided(cast: Cast, order: Order) -> None:
    live = PolicyVersion.objects.get(policy__key=PAUSING)
    a_shadow(PAUSING, live.definition)
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    answer = ShadowAnswer.objects.get()
    assert (answer.agrees, answer.row) == (True, "before-shipping")
    assert (answer.facts["status"], answer.facts["pauses"]) == ("processing", 0)


def test_sees_a_paused_case_when_it_is_resumed(cast: Cast, order: Order) -> None:
    live = PolicyVersion.objects.get(policy__key="order-resume")
    a_shadow("order-resume", live.definition)
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER)
    resume_order(order_id=order.pk, actor=cast.actor("owner"), now=LATER)
    answer = ShadowAnswer.objects.get()
    assert (answer.agrees, answer.row, answer.facts["status"]) == (True, "paused", "paused")


@pytest.mark.parametrize(
    "definition",
    [{}, [], "garbage", {"rows": [{"id": 1}]}, {"name": "x", "inputs": [], "outputs": [], "rows": [], "fallback": {}}],
)
def test_a_definition_that_is_garbage_is_a_problem_of_the_shadow_alone(
    cast: Cast, order: Order, definition: object
) -> None:
    version = a_shadow(CANCELLING, definition)
    cancel(cast, order)
    cancelled_once_by_the_live_rules(order)
    answer = ShadowAnswer.objects.get()
    assert (answer.version, answer.agrees, answer.outputs, answer.facts) == (version, False, {}, {})
    assert answer.problem != ""
    assert tally(version) == Tally(asked=1, agreed=0, failed=1)


def failing_query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def raising() -> None:
    raise ZeroDivisionError("a fault in the shadow")


@pytest.mark.parametrize("fault", [raising, failing_query])
def test_a_fact_that_cannot_be_read_is_a_problem_of_the_shadow_alone(
    cast: Cast, order: Order, fault: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = PolicyVersion.objects.get(policy__key=CANCELLING)
    column = ORDER_FACTS.facts["shipped"].column
    a_shadow(
        CANCELLING,
        {**live.definition, "inputs": [*live.definition["inputs"], {"name": "shipped", "type": "boolean"}]},
    )
    stored = ORDER_FACTS.facts["shipped"].stored
    monkeypatch.setitem(ORDER_FACTS.facts, "shipped", Fact(column, lambda *_: fault(), stored))
    cancel(cast, order)
    cancelled_once_by_the_live_rules(order)
    answer = ShadowAnswer.objects.get()
    assert (answer.agrees, answer.outputs) == (False, {})
    kinds = ("ZeroDivisionError",) if fault is raising else ("OperationalError", "ProgrammingError")
    assert answer.problem.startswith(kinds)


def test_a_table_that_raises_is_a_problem_of_the_shadow_alone(
    cast: Cast, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(cast, mode=Mode.SHADOW, key=CANCELLING)

    def broken(*_: object) -> CompiledTable:
        raise RecursionError("deep")

    monkeypatch.setattr(shadows, "compiled_version", broken)
    cancel(cast, order)
    cancelled_once_by_the_live_rules(order)
    assert ShadowAnswer.objects.get().problem == "RecursionError: deep"


@pytest.mark.parametrize("error", [DatabaseError("disk full"), ValueError("A.B. 1234")])
def test_an_answer_that_cannot_be_kept_is_logged_without_what_is_in_it(
    cast: Cast,
    order: Order,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    approved(cast, mode=Mode.SHADOW, key=CANCELLING)

    def failing(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:  # a real fault of the database, which would end the transaction
            cursor.execute("INSERT INTO policies_shadowanswer (record_id) VALUES (NULL)")

    def refusing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ShadowAnswer, "save", failing if isinstance(error, DatabaseError) else refusing)
    with caplog.at_level(logging.ERROR, logger="reprieve.policies.shadows"):
        cancel(cast, order)
    cancelled_once_by_the_live_rules(order)
    assert not ShadowAnswer.objects.exists()
    (message,) = caplog.messages
    assert message.startswith("The shadow of decision")
    assert "A.B. 1234" not in caplog.text


def test_nobody_listens_before_it_begins_or_after_it_ended(cast: Cast, order: Order, catalog: Catalog) -> None:
    starts_at = LATER + timedelta(hours=1)
    shadow = approved(cast, mode=Mode.SHADOW, starts_at=starts_at, key=CANCELLING)
    cancel(cast, order)
    Activation.objects.filter(pk=shadow.pk).update(ends_at=starts_at + timedelta(hours=1))
    another = an_order(catalog, cast.actor("owner"))
    after = starts_at + timedelta(hours=1)
    cancel_order(order_id=another.pk, actor=cast.actor("owner"), reason="patient_away", now=after)
    assert not ShadowAnswer.objects.exists()
    assert DecisionRecord.objects.count() == 2


def test_costs_nothing_where_there_is_none_and_one_row_where_there_is(
    cast: Cast, order: Order, catalog: Catalog
) -> None:
    cancel(cast, an_order(catalog, cast.actor("owner")))  # compiles the rules
    with CaptureQueriesContext(connection) as without:
        cancel(cast, order)
    live = PolicyVersion.objects.get(policy__key=CANCELLING)
    a_shadow(CANCELLING, live.definition)
    cancel(cast, an_order(catalog, cast.actor("owner")))
    another = an_order(catalog, cast.actor("owner"))
    with CaptureQueriesContext(connection) as listening:
        cancel(cast, another)
    about_shadows = [query["sql"] for query in without if "shadow" in query["sql"] and "activation" not in query["sql"]]
    assert about_shadows == []
    extra = len(listening) - len(without)
    assert extra == 5  # one row, and two savepoints that are begun and released


def test_an_answer_is_never_changed(cast: Cast, order: Order) -> None:
    a_shadow(CANCELLING, {})
    cancel(cast, order)
    with pytest.raises(DatabaseError, match="never updated"):
        ShadowAnswer.objects.update(agrees=True)


def test_is_asked_of_its_own_policy_alone(cast: Cast, order: Order) -> None:
    approved(cast, mode=Mode.SHADOW, key=PAUSING)
    cancel(cast, order)
    assert not ShadowAnswer.objects.exists()
    assert the_policy(PAUSING).activations.filter(mode=Mode.SHADOW).count() == 1
