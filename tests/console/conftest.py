"""Staff at their desks: a client for each role, and the commands that put cases in front of them."""

from collections.abc import Callable

import pytest
from django.test import Client

from reprieve.actions.draft_policy import draft_policy
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.cancellations.models import Cancellation
from reprieve.orders.models import Order
from reprieve.policies.models import Draft
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_DESIGN, Catalog, an_order, moved

type MakeOrder = Callable[..., Order]


def _client(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


@pytest.fixture
def support(cast: Cast, rules: None) -> Client:
    """Somebody who answers customers. The rules are in force."""
    return _client(cast, "support")


@pytest.fixture
def production(cast: Cast, rules: None) -> Client:
    """Somebody at the bench."""
    return _client(cast, "production")


@pytest.fixture
def manager(cast: Cast, rules: None) -> Client:
    """Somebody who may change the catalog."""
    return _client(cast, "manager")


@pytest.fixture
def customer(cast: Cast, rules: None) -> Client:
    """The doctor who placed the orders."""
    return _client(cast, "owner")


@pytest.fixture
def order(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """A crown that is processing: the rules let it be cancelled."""
    return an_order(catalog, cast.actor("owner"), "crowns")


@pytest.fixture
def asked(cast: Cast, catalog: Catalog, rules: None) -> Cancellation:
    """A design in progress whose customer has asked to cancel it."""
    order = moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)
    return request_cancellation(
        order_id=order.pk,
        actor=cast.actor("owner"),
        reason="wrong_product",
        note="It was the bridge that we wanted.",
        now=NOON + 10 * MINUTE,
    )


@pytest.fixture
def draft(cast: Cast, catalog: Catalog, rules: None) -> Draft:
    """A draft of the rules for cancelling, as they are in force; begun by the other manager."""
    return draft_policy(policy_key="order-cancellation", actor=cast.actor("director"), now=NOON)
