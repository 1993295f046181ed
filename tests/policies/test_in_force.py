from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from reprieve.orders.models import Order
from reprieve.policies.in_force import in_force
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.models import Activation, Basis, Mode, Policy, PolicyVersion
from reprieve.policies.presets.files import load
from tests.factories.things import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def two_versions(basis: Basis) -> Policy:
    """Two versions of the rules for cancelling: the first for ten days, the second since."""
    for preset in ("cae", "general"):
        (cancelling,) = (found for found in load(preset) if found.action == "cancel")
        starts_at = NOON + (DAY * 10 if preset == "general" else timedelta())
        install(replace(cancelling, basis=basis), starts_at=starts_at)
    return Policy.objects.get()


def number_in_force(*, now_day: float, submitted_day: float) -> int | None:
    rules = in_force(Order.SUBJECT, now=NOON + now_day * DAY).rules(NOON + submitted_day * DAY)
    return rules["cancel"].version_number if rules else None


@pytest.mark.parametrize(("now_day", "number"), [(0, 1), (9.99, 1), (10, 2), (99, 2)])
def test_by_decision_the_rules_of_now_answer(now_day: float, number: int) -> None:
    two_versions(Basis.DECISION)
    assert number_in_force(now_day=now_day, submitted_day=0) == number


@pytest.mark.parametrize(("submitted_day", "number"), [(-5, 1), (0, 1), (9.99, 1), (10, 2)])
def test_by_submission_the_rules_of_then_answer(submitted_day: float, number: int) -> None:
    two_versions(Basis.SUBMISSION)
    assert number_in_force(now_day=50, submitted_day=submitted_day) == number


@pytest.mark.parametrize(
    ("basis", "submitted_day", "answers"),
    [(Basis.DECISION, 0, "now"), (Basis.SUBMISSION, 0, "submission"), (Basis.SUBMISSION, -5, "first")],
)
def test_tells_why_it_is_this_version_that_answers(basis: Basis, submitted_day: float, answers: str) -> None:
    policy = two_versions(basis)
    rules = in_force(Order.SUBJECT, now=NOON + 50 * DAY).rules(NOON + submitted_day * DAY)["cancel"]
    assert (rules.policy_key, rules.answers) == (policy.key, answers)


@pytest.mark.parametrize(("now_day", "number"), [(9.99, 1), (10, 2)])
def test_the_last_version_to_have_begun_says_whom_it_answers(now_day: float, number: int) -> None:
    (first,), (second,) = (
        [preset for preset in load(name) if preset.action == "cancel"] for name in ("cae", "general")
    )
    install(replace(first, basis=Basis.SUBMISSION), starts_at=NOON)
    install(replace(second, basis=Basis.DECISION), starts_at=NOON + 10 * DAY)
    assert number_in_force(now_day=now_day, submitted_day=0) == number


def test_rules_of_the_future_do_not_answer_yet() -> None:
    two_versions(Basis.SUBMISSION)
    assert number_in_force(now_day=-1, submitted_day=-1) is None


def test_rules_that_ended_without_a_successor_do_not_answer_by_decision() -> None:
    two_versions(Basis.DECISION)
    Activation.objects.filter(ends_at=None).update(ends_at=NOON + 20 * DAY)
    assert number_in_force(now_day=19, submitted_day=0) == 2
    assert number_in_force(now_day=20, submitted_day=0) is None


def test_a_shadow_never_answers() -> None:
    policy = two_versions(Basis.DECISION)
    version = PolicyVersion.objects.get(number=1)
    Activation.objects.create(policy=policy, version=version, mode=Mode.SHADOW, starts_at=NOON + 15 * DAY)
    assert number_in_force(now_day=16, submitted_day=0) == 2


def test_one_version_is_live_at_a_time() -> None:
    policy = two_versions(Basis.DECISION)
    version = PolicyVersion.objects.get(number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Activation.objects.create(policy=policy, version=version, starts_at=NOON + 15 * DAY)
    assert Activation.objects.count() == 2


def test_installing_what_is_in_force_does_nothing() -> None:
    two_versions(Basis.DECISION)
    (cancelling,) = load("general")
    assert install(replace(cancelling, basis=Basis.DECISION), starts_at=NOON + 30 * DAY).number == 2
    assert PolicyVersion.objects.count() == 2
