"""How many may be invited before some answer."""

import pytest
from allauth.account.models import EmailAddress

from reprieve.accounts.models import Person
from reprieve.actions.add_colleague import MOST_UNANSWERED, TooManyInvitations, add_colleague
from reprieve.actions.remove_colleague import remove_colleague
from tests.factories.people import Cast


@pytest.fixture
def invited(cast: Cast) -> list[Person]:
    """As many as may wait at a time."""
    return [
        add_colleague(actor=cast.actor("owner"), name="New", email=f"new{number}@example.test")
        for number in range(MOST_UNANSWERED)
    ]


def test_invites_nobody_more_while_ten_have_not_answered(cast: Cast, invited: list[Person]) -> None:
    with pytest.raises(TooManyInvitations, match="10 of your colleagues have not answered yet"):
        add_colleague(actor=cast.actor("owner"), name="New", email="eleventh@example.test")
    assert not Person.objects.filter(email="eleventh@example.test").exists()
    assert not EmailAddress.objects.filter(email="eleventh@example.test").exists()


def test_goes_on_once_one_has_answered_or_is_removed(cast: Cast, invited: list[Person]) -> None:
    EmailAddress.objects.filter(user=invited[0]).update(verified=True)
    add_colleague(actor=cast.actor("owner"), name="New", email="eleventh@example.test")
    remove_colleague(actor=cast.actor("owner"), person_id=invited[1].pk)
    add_colleague(actor=cast.actor("owner"), name="New", email="twelfth@example.test")
    with pytest.raises(TooManyInvitations):
        add_colleague(actor=cast.actor("owner"), name="New", email=invited[1].email)
    invited[1].refresh_from_db()
    assert not invited[1].is_active


def test_counts_for_each_practice_alone(cast: Cast, invited: list[Person]) -> None:
    assert add_colleague(actor=cast.actor("stranger"), name="New", email="x@example.test").practice == (
        cast.other_practice
    )


def test_answers_for_who_was_added_already_all_the_same(cast: Cast, invited: list[Person]) -> None:
    assert add_colleague(actor=cast.actor("owner"), name="New", email=invited[0].email) == invited[0]
