import pytest

from reprieve.accounts.actors import Actor
from reprieve.orders.models import Order
from reprieve.orders.rulings import OrderAction, rule_on
from reprieve.policies.advice import what_would_differ
from tests.people import Cast
from tests.things import NOON, TO_COMPLETED, Catalog, an_order, moved


def differing(order: Order, action: OrderAction, actor: Actor) -> str:
    return what_would_differ(rule_on(order, action, actor, now=NOON))


@pytest.mark.usefixtures("rules")
def test_d6_does_not_advise_to_have_ordered_something_else(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "aligners")
    assert differing(order, OrderAction.PAUSE, cast.actor("owner")) == ""


@pytest.mark.usefixtures("rules")
def test_names_every_fact_that_stands_against_it(cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner")), *TO_COMPLETED)
    words = differing(order, OrderAction.CANCEL, cast.actor("owner"))
    assert words.startswith("It is possible only while its ")
    assert "its status is processing" in words


@pytest.mark.usefixtures("rules")
def test_says_nothing_where_it_is_possible_already(cast: Cast, catalog: Catalog) -> None:
    assert differing(an_order(catalog, cast.actor("owner")), OrderAction.CANCEL, cast.actor("owner")) == ""
