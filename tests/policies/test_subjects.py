"""Rules about another kind of thing than orders: ruled on, counted in the database, simulated and replayed alike."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from reprieve.accounts.actors import SYSTEM
from reprieve.dmn.decide import compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, Row, Table, content_hash, table_to_data
from reprieve.dmn.values import ValueType
from reprieve.orders.models import Revision
from reprieve.policies.evidence.replay import replay
from reprieve.policies.evidence.simulating import simulate
from reprieve.policies.evidence.simulation import Cell, Comparison, Period, Refunds, Unanswered
from reprieve.policies.facts.registry import Fact, Registry, facts_of_the_question
from reprieve.policies.facts.stored import Plain
from reprieve.policies.in_force import NoRulesInForce
from reprieve.policies.lives import Asked, Life, NotRebuildable, State, Unknown
from reprieve.policies.models import Activation, Mode, Outcome, Policy, PolicyVersion
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.rulings import record_decision, rule_on, rulings_on
from reprieve.policies.sql.outcomes import ask_for_reason, counted_beside, decided_as, outcome_of
from reprieve.policies.subjects import SubjectKind
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

DAY = timedelta(days=1)
MORNING = datetime(2026, 3, 4, 8, tzinfo=UTC)
LATER = MORNING + 30 * DAY
CLOCK = Column("since_opening", ValueType.DURATION, "Time since opening", clock=Clock.SINCE)


def lives_of(revisions: Sequence[Revision]) -> Iterator[tuple[Revision, Life[Revision] | NotRebuildable]]:
    """A revision changes once, when it is closed; of one with a note nothing is known."""
    for revision in revisions:
        if revision.note:
            yield revision, NotRebuildable(Unknown.HISTORY_DIFFERS)
            continue
        then = Revision(pk=revision.pk, opened_at=revision.opened_at)
        states = [State(revision.opened_at, then)]
        if revision.closed_at is not None:
            states.append(State(revision.closed_at, revision))
        asked = {pk: Asked(then, SYSTEM.kind.value, None, knows_reason=True) for pk in range(1000)}
        yield revision, Life(revision.opened_at, states, asked)


REVISIONS = SubjectKind(
    key="revision",
    model=Revision,
    facts=Registry(
        "revision",
        [Fact(CLOCK, lambda it, _: it.opened_at, lambda _: Plain(F("opened_at"))), *facts_of_the_question()],
    ),
    related=(),
    began="opened_at",
    began_at=lambda revision: revision.opened_at,
    over=Q(closed_at__isnull=False),
    over_since="closed_at",
    over_at=lambda revision: revision.closed_at,
    number=lambda revision: f"V-{revision.pk}",
    prefix="V-",
    pk_of=lambda number: int(number.removeprefix("V-")),
    missing=gettext_lazy("There is no such revision."),
    lives=lives_of,
    amount=lambda _revision: (1000, "EUR"),
    gives_back=frozenset({"drop"}),
)


def rules(days: int) -> Table:
    """What is younger can be dropped, for all its money; the rest is refused."""
    cell = parse_cell(f'< duration("P{days}D")', ValueType.DURATION)
    return Table(
        name="drop",
        inputs=(CLOCK,),
        outputs=(OUTPUTS["outcome"], OUTPUTS["refund_share"]),
        rows=(Row("young", {CLOCK.name: cell}, {"outcome": "allow", "refund_share": 1}),),
        fallback={"outcome": "refuse"},
    )


@pytest.fixture
def revisions(cast: Cast, catalog: Catalog) -> list[Revision]:
    """Opened on three mornings; the first is closed after nine days."""
    order = an_order(catalog, cast.actor("owner"), now=MORNING)
    found = [
        Revision.objects.create(order=order, opened_by_name="Olive", opened_at=MORNING + days * DAY)
        for days in (0, 10, 25)
    ]
    Revision.objects.filter(pk=found[0].pk).update(closed_at=MORNING + 9 * DAY)
    return found


@pytest.fixture
def in_force(db: None) -> Policy:
    """Ten days, and seven for whatever is opened from the twentieth day on."""
    policy = Policy.objects.create(key="revision-drop", title="Drop", subject="revision", action="drop")
    for number, (days, starts, ends) in enumerate([(10, MORNING, 20), (7, MORNING + 20 * DAY, None)], start=1):
        table = rules(days)
        version = PolicyVersion.objects.create(
            policy=policy,
            number=number,
            basis="submission",
            definition=table_to_data(table),
            content_hash=content_hash(table),
            created_at=starts,
            published_at=starts,
        )
        ends_at = None if ends is None else MORNING + ends * DAY
        Activation.objects.create(policy=policy, version=version, mode=Mode.LIVE, starts_at=starts, ends_at=ends_at)
    return policy


def outcomes(revisions: list[Revision], now: datetime) -> dict[int, Outcome]:
    return {each.pk: rule_on(REVISIONS, each, "drop", SYSTEM, now=now).outcome for each in revisions}


@pytest.mark.usefixtures("in_force")
def test_each_goes_by_the_rules_of_its_own_beginning(revisions: list[Revision]) -> None:
    first, second, third = revisions
    assert rule_on(REVISIONS, second, "drop", SYSTEM, now=MORNING + 19 * DAY).outcome is Outcome.ALLOW
    assert [rule_on(REVISIONS, each, "drop", SYSTEM, now=LATER).rules.version_number for each in revisions] == [1, 1, 2]
    assert outcomes(revisions, LATER) == {first.pk: Outcome.REFUSE, second.pk: Outcome.REFUSE, third.pk: Outcome.ALLOW}
    assert dict(rulings_on(REVISIONS, first, ("keep",), SYSTEM, now=LATER)) == {}
    with pytest.raises(NoRulesInForce):
        rule_on(REVISIONS, first, "keep", SYSTEM, now=LATER)


@pytest.mark.usefixtures("in_force")
def test_the_database_answers_the_same(revisions: list[Revision]) -> None:
    every = Revision.objects.order_by("pk")
    for now in (MORNING + 9 * DAY, MORNING + 19 * DAY, LATER, LATER + 9 * DAY):
        begun = [each for each in revisions if each.opened_at <= now]
        asked = every.filter(opened_at__lte=now).annotate(it=outcome_of(REVISIONS, "drop", SYSTEM, now=now))
        assert dict(asked.values_list("pk", "it")) == outcomes(begun, now)
    allowed = decided_as(REVISIONS, every, Outcome.ALLOW, "drop", SYSTEM, now=LATER)
    assert list(allowed) == revisions[2:]
    assert not ask_for_reason(REVISIONS, "drop", now=LATER)
    counted = counted_beside(REVISIONS, rules(30), "drop", SYSTEM, now=LATER)
    assert counted == {(Outcome.REFUSE, Outcome.ALLOW): 1, (Outcome.ALLOW, Outcome.ALLOW): 1}


@pytest.mark.usefixtures("in_force")
def test_a_kept_decision_comes_out_the_same_and_is_simulated(revisions: list[Revision]) -> None:
    first, second, third = revisions
    now = MORNING + 12 * DAY
    record = record_decision(
        rule_on(REVISIONS, second, "drop", SYSTEM, now=now), subject="revision", subject_id=second.pk
    )
    assert replay(record).agrees
    Revision.objects.filter(pk=third.pk).update(note="unknown")
    period = Period(MORNING, LATER)
    comparison = Comparison(compile_table(rules(10)), compile_table(rules(2)))
    done: list[tuple[int, int]] = []
    found = simulate(
        REVISIONS, comparison, "drop", period, zone=ZoneInfo("UTC"), progress=lambda *how_far: done.append(how_far)
    )
    assert found.decisions.cells == (Cell("allow", "refuse", 1, 1),)
    assert found.refunds == (Refunds("EUR", subjects=1, old_minor=1000, new_minor=0, left_open=0),)
    # The first is asked for nine days, until it is closed; the second from the tenth day to the thirtieth.
    assert set(found.days.cells) == {
        Cell("allow", "allow", 4, 2),
        Cell("allow", "refuse", 15, 2),
        Cell("refuse", "refuse", 10, 1),
    }
    assert {sample.number for sample in found.days.samples} == {f"V-{first.pk}", f"V-{second.pk}"}
    assert found.days.unanswered == (Unanswered("history_differs", 5, 1),)
    assert done == [(0, 3), (3, 3)]
