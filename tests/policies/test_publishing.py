from datetime import timedelta

import pytest

from reprieve.policies import preset_files
from reprieve.policies.models import Activation, Policy, PolicyVersion
from reprieve.policies.preset_files import Preset
from reprieve.policies.publishing import install
from reprieve.policies.scenarios import USUAL_NOW as NOW

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
