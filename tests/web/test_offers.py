from datetime import timedelta

import pytest

from reprieve.accounts.actors import Actor
from reprieve.options.options import options
from reprieve.orders.models import Order, Status
from reprieve.web.offers import Offer, offers
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_COMPLETED, TO_DESIGN, Catalog, an_order, moved

pytestmark = pytest.mark.usefixtures("rules")


def offered(order: Order, actor: Actor, *, after: timedelta = MINUTE) -> dict[str, Offer]:
    found = options(order, actor, now=NOON + after)
    return {offer.key: offer for offer in offers(found, door="portal")}


def test_says_until_when_cancelling_is_free_and_what_then(cast: Cast, catalog: Catalog) -> None:
    cancel = offered(an_order(catalog, cast.actor("owner")), cast.actor("owner"))["cancel"]
    assert (cancel.cost, cancel.until) == ("Free of charge.", NOON + timedelta(hours=1))
    assert cancel.then == ("After that: Free of charge. If your card was charged already, its processing fee is kept.")


def test_gives_no_end_to_what_only_work_ends(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "design")
    cancel = offered(order, cast.actor("owner"))["cancel"]
    assert (cancel.until, cancel.until_text) == (None, "as long as the case stays at this stage")


def test_c8_offers_cancel_or_request_or_says_why_neither(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")
    assert not offered(an_order(catalog, owner, "design"), owner)["cancel"].refused
    assert not offered(moved(an_order(catalog, owner, "design"), *TO_DESIGN), owner)["request"].refused
    refused = offered(moved(an_order(catalog, owner), *TO_COMPLETED), owner)["cancel"]
    assert refused.refused
    assert "support" in refused.why
    assert refused.needs.startswith("It is possible only while its status is")
    assert refused.url == ""


def test_d6_offers_no_pause_for_aligners_and_says_why(cast: Cast, catalog: Catalog) -> None:
    pause = offered(an_order(catalog, cast.actor("owner"), "aligners"), cast.actor("owner"))["pause"]
    assert pause.refused
    assert "ligners cannot be paused" in pause.why


def test_offers_nothing_on_what_is_cancelled(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    order.status = Status.CANCELLED
    assert offered(order, cast.actor("owner")) == {}
