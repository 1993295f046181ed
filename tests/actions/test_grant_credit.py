from collections.abc import Callable

import pytest

from reprieve.actions.grant_credit import grant_credit, take_back_credit
from reprieve.billing.checks import AmountInvalid, WhyMissing
from reprieve.billing.credit import CreditTooSmall, balance_minor
from reprieve.billing.models import CreditEntry
from reprieve.history.models import Event
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from tests.factories.people import Cast
from tests.factories.things import NOON

pytestmark = pytest.mark.django_db
type Change = Callable[..., CreditEntry]


def changed(cast: Cast, change: Change, minor: int, who: str = "support", **given: object) -> CreditEntry:
    wanted = {"practice_id": cast.practice.pk, "currency": "USD", "why": "A crown came late."} | given
    return change(actor=cast.actor(who), amount_minor=minor, now=NOON, **wanted)


def test_credit_is_granted_and_taken_back_with_a_reason_that_the_history_tells(cast: Cast) -> None:
    changed(cast, grant_credit, 5000)
    changed(cast, take_back_credit, 2000, why="Granted twice.")
    assert balance_minor(cast.practice.pk, "USD") == 3000
    told = Event.objects.filter(subject="practice", subject_id=cast.practice.pk).order_by("pk")
    assert [sentence(event) for event in told] == [
        "Support granted $50.00 of store credit: A crown came late.",
        "Support took $20.00 of store credit back: Granted twice.",
    ]


@pytest.mark.parametrize("change", [grant_credit, take_back_credit])
@pytest.mark.parametrize(
    ("minor", "given", "refusal"),
    [
        (0, {}, AmountInvalid),
        (-1, {}, AmountInvalid),
        (10**18, {}, AmountInvalid),
        (5, {"currency": "XYZ"}, AmountInvalid),
        (5, {"currency": ""}, AmountInvalid),
        (5, {"why": " "}, WhyMissing),
        (5, {"why": "x" * 201}, WhyMissing),
        (5, {"practice_id": 0}, NotFound),
        (5, {"who": "production"}, NotAllowed),
        (5, {"who": "owner"}, NotAllowed),
        (5, {"who": "stranger"}, NotAllowed),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    cast: Cast, change: Change, minor: int, given: dict[str, object], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        changed(cast, change, minor, **given)  # type: ignore[arg-type]
    assert not CreditEntry.objects.exists()
    assert not Event.objects.exists()


def test_no_more_is_taken_back_than_there_is(cast: Cast) -> None:
    changed(cast, grant_credit, 5000)
    with pytest.raises(CreditTooSmall):
        changed(cast, take_back_credit, 5001)
    assert balance_minor(cast.practice.pk, "USD") == 5000
