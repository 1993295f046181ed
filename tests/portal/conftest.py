"""Browsers without a browser: a client for each of the cast."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.people import Cast

type SignIn = Callable[[str], Client]


@pytest.fixture
def sign_in(cast: Cast, rules: None) -> SignIn:
    """`sign_in("owner")` is a client in which they have signed in. The rules are in force."""

    def client_of(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return client_of


@pytest.fixture
def owner(sign_in: SignIn) -> Client:
    """The doctor who placed the orders."""
    return sign_in("owner")


@pytest.fixture
def stranger(sign_in: SignIn) -> Client:
    """A doctor of another practice."""
    return sign_in("stranger")
