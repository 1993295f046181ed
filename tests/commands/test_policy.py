"""`reprieve policy`: what it lists, what it puts in force, and that it fails loudly."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from reprieve.commands.management.commands.policy import VERBS
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.models import Activation, Policy, PolicyVersion
from reprieve.policies.presets import files as preset_files
from reprieve.policies.words.findings import Kind

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("policy", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_lists_the_presets_that_are_shipped() -> None:
    assert run("list") == ["cae", "dandy", "general", "lab"]
    assert not Policy.objects.exists()


def test_puts_every_policy_of_a_preset_in_force() -> None:
    assert run("install", "lab") == [
        "order-cancellation: version 1 (lab/order-cancellation) is in force.",
        "order-pause: version 1 (lab/order-pause) is in force.",
        "order-resume: version 1 (lab/order-resume) is in force.",
    ]
    live = Activation.objects.filter(mode="live", ends_at=None).values_list("version__source", flat=True)
    assert sorted(live) == ["lab/order-cancellation", "lab/order-pause", "lab/order-resume"]


def test_installing_the_same_again_publishes_nothing() -> None:
    assert run("install", "lab") == run("install", "lab")
    assert PolicyVersion.objects.count() == Activation.objects.count() == 3


def test_another_preset_becomes_the_next_version() -> None:
    run("install", "lab")
    assert run("install", "general") == ["order-cancellation: version 2 (general/order-cancellation) is in force."]
    assert Activation.objects.get(policy__key="order-cancellation", ends_at=None).version.number == 2


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CommandError, match=r"There is no preset 'nobody'\. There are: cae, dandy, general, lab\."):
        run("install", "nobody")
    assert not Policy.objects.exists()


def test_where_one_policy_cannot_be_put_in_force_none_is() -> None:
    pause = next(preset for preset in preset_files.load("dandy") if preset.action == "pause")
    install(pause, starts_at=timezone.now() + timedelta(days=1))
    with pytest.raises(CommandError, match=r"^order-pause: .* Call it off first\.$"):
        run("install", "lab")
    assert [version.policy.key for version in PolicyVersion.objects.all()] == ["order-pause"]


@pytest.mark.parametrize("verb", VERBS)
def test_the_documentation_tells_of_each_command(verb: str) -> None:
    assert f"`reprieve policy {verb}" in DOCUMENTATION


@pytest.mark.parametrize("kind", [*Kind, "file", "scenario"])
def test_the_documentation_tells_of_each_kind_of_finding(kind: str) -> None:
    assert f"| `{kind}` |" in DOCUMENTATION


@pytest.mark.parametrize("arguments", [(), ("install",), ("remove", "lab")])
def test_asks_for_what_is_missing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Policy.objects.exists()
