"""Kept decisions made again: they agree, and what does not is named."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from reprieve.dmn.table import table_to_data
from reprieve.policies.evidence.replay import Replayed, replay, replay_each
from reprieve.policies.in_force import Rules, compiled_version
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.models import DecisionRecord, Policy, PolicyVersion
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import Preset
from reprieve.policies.rulings import Ruling, record_decision

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


FACTS = {
    "status": "processing",
    "production_stage": "not_started",
    "design_stage": "not_started",
    "since_submission": NOON - timedelta(days=2),
    "files_delivered": False,
    "files_submitted": False,
    "revisions_in_progress": 0,
}

SHIPPED = {"status": "shipped"}


def preset(name: str = "general") -> Preset:
    (found,) = preset_files.load(name)
    return found


def a_version(name: str = "general", *, starts_at: datetime = NOON) -> PolicyVersion:
    return install(preset(name), starts_at=starts_at)


def kept(version: PolicyVersion, facts: Mapping[str, object], *, at: datetime = NOON) -> DecisionRecord:
    facts = {**FACTS, **facts}
    compiled = compiled_version(version.pk, version.content_hash)
    ruling = Ruling(
        action="cancel",
        rules=Rules(version.pk, version.number, compiled),
        facts=facts,
        now=at,
        decision=compiled.decide(facts, at),
    )
    return record_decision(ruling, subject="order", subject_id=1)


def forged(record: DecisionRecord, **changes: object) -> DecisionRecord:
    fields = {field.name: getattr(record, field.name) for field in DecisionRecord._meta.fields if field.name != "id"}  # noqa: SLF001
    return DecisionRecord.objects.create(**(fields | changes))


def test_a_kept_decision_is_made_again() -> None:
    record = kept(a_version(), {"since_submission": NOON - timedelta(days=15)})
    record.refresh_from_db()
    assert replay(record) == Replayed(
        record_id=record.pk,
        version="order-cancellation v1",
        row="too-late",
        outputs=record.outputs,
        differences=(),
    )


def test_time_is_that_of_the_decision_and_not_of_the_replay() -> None:
    version = a_version()
    submitted = {"since_submission": NOON - timedelta(days=14)}
    in_time = kept(version, submitted)
    a_tick_later = kept(version, submitted, at=NOON + timedelta(microseconds=1))
    assert (in_time.row, a_tick_later.row) == ("before-processing", "too-late")
    assert [replay(record).row for record in (in_time, a_tick_later)] == ["before-processing", "too-late"]


@pytest.mark.parametrize("facts", [{"status": None}, {"status": "from the future"}, {"status": 0.5}])
def test_a_decision_of_the_fallback_falls_back_again(facts: dict[str, object]) -> None:
    record = kept(a_version(), facts)
    assert record.row == ""
    assert replay(record).agrees


def test_another_row_or_answer_is_named() -> None:
    record = kept(a_version(), SHIPPED)
    other = forged(record, row="too-late", outputs={**record.outputs, "outcome": "allow", "refund_share": 1})
    assert replay(other).differences == (
        "It was decided by too-late, and now by shipped.",
        "outcome was allow, and is now refuse.",
        "refund_share was 1, and is now open.",
    )


def test_other_facts_are_noticed() -> None:
    record = kept(a_version(), SHIPPED)
    assert not replay(forged(record, facts={**record.facts, "status": "processing"})).agrees


def test_a_table_that_is_not_the_published_one_is_noticed() -> None:
    version = a_version()
    record = kept(version, SHIPPED)
    definition = table_to_data(preset().table) | {"name": "Another"}
    forgery = PolicyVersion.objects.create(
        policy=version.policy, number=2, definition=definition, content_hash=version.content_hash, created_at=NOON
    )
    assert replay(forged(record, version=forgery)).differences == (
        "The stored table is not the one that was published: its content hash differs.",
    )


def test_a_table_that_cannot_be_read_is_named() -> None:
    policy = Policy.objects.create(key="odd", title="Odd", subject="order", action="odd")
    unreadable = PolicyVersion.objects.create(
        policy=policy, number=1, definition={"name": "Odd"}, content_hash="0", created_at=NOON
    )
    record = DecisionRecord.objects.create(
        version=unreadable, action="odd", subject="order", subject_id=1, at=NOON, outputs={}, facts={}
    )
    (difference,) = replay(record).differences
    assert difference.startswith("The stored table can no longer be read: /")


def test_many_are_made_again_in_one_query_a_version(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    general, cae = a_version(), a_version("cae", starts_at=NOON + timedelta(days=1))
    for _ in range(3):
        kept(general, SHIPPED)
        kept(cae, SHIPPED)
    with django_assert_num_queries(3):
        found = list(replay_each(DecisionRecord.objects.all()))
    assert [(each.version, each.agrees) for each in found] == [
        *[("order-cancellation v1", True)] * 3,
        *[("order-cancellation v2", True)] * 3,
    ]
