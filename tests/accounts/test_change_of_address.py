"""Changing the address by which one signs in: the password first, then the proof by mail."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from tests.people import PASSWORD, Cast

pytestmark = pytest.mark.django_db
NEW = "new@example.test"
URL = "/account/email/"


@pytest.fixture(autouse=True)
def no_limits_from_other_tests(settings: Any) -> None:  # noqa: ANN401 - pytest-django's wrapper
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def owner(client: Client, cast: Cast) -> Client:
    client.post("/account/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def ask_for(client: Client, email: str = NEW, password: str = PASSWORD) -> HttpResponse:
    """Ask to change to the address, and give the password when asked for it."""
    asked = client.post(URL, {"email": email, "action_add": ""})
    return client.post(asked["Location"], {"password": password})  # type: ignore[return-value]  # the client's own class


def link_of(message: mail.EmailMessage) -> str:
    (link,) = re.findall(r"http://testserver(/account/confirm-email/\S+)", str(message.body))
    return str(link)


def addresses(cast: Cast) -> set[str]:
    return set(EmailAddress.objects.filter(user=cast.owner).values_list("email", flat=True))


def test_asks_for_the_password_first_and_keeps_nothing_until_then(owner: Client, cast: Cast) -> None:
    response = owner.post(URL, {"email": NEW, "action_add": ""})
    assert response["Location"] == "/account/reauthenticate/?next=%2Faccount%2Femail%2F"
    page = owner.get(response["Location"]).content.decode()
    assert "Is it you?" in page
    assert 'name="password"' in page
    assert (addresses(cast), mail.outbox) == ({"owner@example.test"}, [])


def test_a_wrong_password_changes_nothing(owner: Client, cast: Cast) -> None:
    response = ask_for(owner, password="wrong")
    assert response.status_code == 200
    assert "Is it you?" in response.content.decode()
    assert (addresses(cast), mail.outbox) == ({"owner@example.test"}, [])


def test_goes_on_where_it_was_after_the_password_and_changes_after_the_proof(owner: Client, cast: Cast) -> None:
    ask_for(owner)
    assert addresses(cast) == {"owner@example.test", NEW}
    (message,) = [message for message in mail.outbox if message.to == [NEW]]
    cast.owner.refresh_from_db()
    assert cast.owner.email == "owner@example.test"
    owner.post(link_of(message))
    cast.owner.refresh_from_db()
    assert (cast.owner.email, addresses(cast)) == (NEW, {NEW})
    assert ["owner@example.test"] in [message.to for message in mail.outbox], "the old address hears of it"


def test_nobody_but_the_person_can_ask(client: Client, cast: Cast) -> None:
    assert client.post(URL, {"email": NEW, "action_add": ""})["Location"].startswith("/account/login/")
    client.force_login(cast.stranger)
    asked = client.post(URL, {"email": NEW, "action_add": ""})
    client.post(asked["Location"], {"password": "a guess"})
    assert not EmailAddress.objects.filter(email=NEW).exists()


def test_a_second_factor_is_not_set_up_without_the_password(owner: Client) -> None:
    response = owner.get("/account/2fa/totp/activate/")
    assert response["Location"].startswith("/account/reauthenticate/")
