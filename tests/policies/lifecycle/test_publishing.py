from datetime import timedelta

import pytest

from reprieve.history.models import Event
from reprieve.policies.evidence.scenarios import USUAL_NOW as NOW
from reprieve.policies.evidence.scenarios import run, scenarios_from_data
from reprieve.policies.lifecycle.publishing import AlreadyScheduled, install
from reprieve.policies.models import Activation, Policy, PolicyVersion
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import Preset

pytestmark = pytest.mark.django_db


def by_source(source: str) -> Preset:
    return next(preset for preset in preset_files.load(source.split("/", maxsplit=1)[0]) if preset.source == source)


def test_puts_the_first_version_in_force() -> None:
    preset = by_source("lab/order-pause")
    version = install(preset, starts_at=NOW)
    assert (version.number, version.source, version.published_at) == (1, "lab/order-pause", NOW)
    assert (version.policy.key, version.basis) == ("order-pause", "decision")
    activation = Activation.objects.get()
    assert (activation.version, activation.starts_at, activation.ends_at) == (version, NOW, None)


def test_does_nothing_when_the_same_table_is_in_force() -> None:
    preset = by_source("lab/order-pause")
    first = install(preset, starts_at=NOW)
    assert install(preset, starts_at=NOW + timedelta(days=1)) == first
    assert PolicyVersion.objects.count() == Activation.objects.count() == 1


def test_ends_what_another_preset_put_in_force() -> None:
    later = NOW + timedelta(days=1)
    first = install(by_source("lab/order-cancellation"), starts_at=NOW)
    second = install(by_source("cae/order-cancellation"), starts_at=later)
    assert Policy.objects.count() == 1
    assert (second.number, second.source) == (2, "cae/order-cancellation")
    assert [(a.version, a.ends_at) for a in Activation.objects.order_by("starts_at")] == [
        (first, later),
        (second, None),
    ]


def test_keeps_the_scenarios_with_the_version_and_tells_what_was_done() -> None:
    preset = by_source("lab/order-pause")
    version = install(preset, starts_at=NOW)
    assert scenarios_from_data(version.scenarios) == preset.scenarios
    assert all(result.passed for result in run(preset.table, scenarios_from_data(version.scenarios)))
    told = Event.objects.filter(subject="policy", subject_id=version.policy_id).order_by("pk")
    assert [(event.type, event.actor_kind, event.for_staff_only) for event in told] == [
        ("policy_published", "system", True),
        ("policy_activated", "system", True),
    ]


def test_refuses_to_install_beside_what_is_scheduled() -> None:
    later = NOW + timedelta(days=1)
    install(by_source("lab/order-cancellation"), starts_at=NOW)
    install(by_source("cae/order-cancellation"), starts_at=later)
    with pytest.raises(AlreadyScheduled):
        install(by_source("dandy/order-cancellation"), starts_at=later - timedelta(hours=1))
    assert (PolicyVersion.objects.count(), Activation.objects.count()) == (2, 2)
