from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from reprieve.accounts.actors import Actor
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.orders.rulings import rule_on
from reprieve.policies.words.advice import possible_from, remedy, what_would_differ
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_COMPLETED, Catalog, an_order, moved, put_stepped_rules_in_force


def differing(order: Order, action: Action, actor: Actor) -> str:
    return what_would_differ(rule_on(order, action, actor, now=NOON))


@pytest.mark.usefixtures("rules")
def test_d6_does_not_advise_to_have_ordered_something_else(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "aligners")
    assert differing(order, Action.PAUSE, cast.actor("owner")) == ""


@pytest.mark.usefixtures("rules")
def test_names_every_fact_that_stands_against_it(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_COMPLETED)
    words = differing(order, Action.CANCEL, cast.actor("owner"))
    assert words.startswith("It is possible only while its ")
    assert "its status is processing" in words


@pytest.mark.usefixtures("rules")
def test_says_nothing_where_it_is_possible_already(cast: Cast, catalog: Catalog) -> None:
    assert differing(an_order(catalog, cast.actor("owner")), Action.CANCEL, cast.actor("owner")) == ""


def test_says_from_when_on_time_alone_makes_it_possible(cast: Cast, catalog: Catalog) -> None:
    put_stepped_rules_in_force()
    owner = cast.actor("owner")
    pausing = rule_on(an_order(catalog, owner), Action.PAUSE, owner, now=NOON)
    with timezone.override(UTC):
        assert possible_from(pausing) == "You can do it yourself from 5 Mar 2026, 12:00 on."
        assert remedy(pausing) == (
            "It is possible only while its time since submission is at least 1 day. "
            "You can do it yourself from 5 Mar 2026, 12:00 on."
        )


def test_promises_no_day_where_time_alone_does_not_help(cast: Cast, catalog: Catalog) -> None:
    put_stepped_rules_in_force()
    owner = cast.actor("owner")
    order = an_order(catalog, owner)
    late = rule_on(order, Action.CANCEL, owner, now=NOON + timedelta(days=43))
    assert possible_from(late) == ""
    assert (
        remedy(late)
        == what_would_differ(late)
        == "It is possible only while its time since submission is at most 10 days."
    )
    assert possible_from(rule_on(order, Action.CANCEL, owner, now=NOON)) == ""
