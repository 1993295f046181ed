"""Changing the address by which one signs in: the password first, then the proof by mail."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client

from reprieve.accounts import adapter
from reprieve.accounts.models import Person
from reprieve.accounts.people import password_link
from reprieve.actions.add_colleague import add_colleague
from reprieve.notifications.invitations import send_invitation
from tests.factories.people import PASSWORD, Cast

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


@pytest.mark.django_db(transaction=True)  # the old address is told after the commit
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


class TestAnAddressThatTwoWish:
    """A stranger's practice has invited it, and the owner changes to it: whoever proves it first has it."""

    def invited(self, cast: Cast) -> Person:
        return add_colleague(actor=cast.actor("stranger"), name="Squatter", email=NEW)

    def pending(self, owner: Client) -> str:
        """The link by which the owner proves the address."""
        ask_for(owner)
        (message,) = [message for message in mail.outbox if message.to == [NEW]]
        return link_of(message)

    def test_is_the_owners_once_they_prove_it_and_the_invited_gives_way(self, owner: Client, cast: Cast) -> None:
        invited = self.invited(cast)
        invitation = urlsplit(password_link(invited)).path
        assert owner.post(self.pending(owner)).status_code == 302
        cast.owner.refresh_from_db()
        assert (cast.owner.email, addresses(cast)) == (NEW, {NEW})
        assert list(EmailAddress.objects.filter(email=NEW).values_list("verified", flat=True)) == [True]
        assert not Person.objects.filter(pk=invited.pk).exists()
        assert "token_fail" in (Client().get(invitation).context_data or {})
        send_invitation.call(invited.pk, "Stranger")
        assert [message.to for message in mail.outbox].count([NEW]) == 1, "no invitation to who is not there"

    def test_is_the_inviteds_once_they_prove_it_and_the_owner_keeps_the_old_one(
        self, owner: Client, cast: Cast
    ) -> None:
        link = self.pending(owner)
        invited = self.invited(cast)
        ada = Client()
        form = ada.get(urlsplit(password_link(invited)).path, follow=True).redirect_chain[-1][0]
        ada.post(form, {"password1": PASSWORD, "password2": PASSWORD})
        assert "for another account" in owner.get(link).content.decode()
        owner.post(link)
        cast.owner.refresh_from_db()
        invited.refresh_from_db()
        assert (cast.owner.email, invited.email, invited.is_active) == ("owner@example.test", NEW, True)
        assert EmailAddress.objects.get(email=NEW, verified=True).user == invited
        assert Client().login(email="owner@example.test", password=PASSWORD)

    def test_stays_with_whoever_has_proved_it_before(self, owner: Client, cast: Cast) -> None:
        ask_for(owner, email=cast.stranger.email)
        (message,) = [message for message in mail.outbox if message.to == [cast.stranger.email]]
        owner.post(link_of(message))
        assert Person.objects.filter(pk=cast.stranger.pk, email="stranger@example.test").exists()
        cast.owner.refresh_from_db()
        assert cast.owner.email == "owner@example.test"

    def test_is_nobodys_where_the_change_fails_half_way(
        self, owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = self.pending(owner)
        invited = self.invited(cast)
        monkeypatch.setattr(adapter, "release_address", lambda _address: None)
        with pytest.raises(IntegrityError):
            owner.post(link)
        cast.owner.refresh_from_db()
        assert cast.owner.email == "owner@example.test"
        assert EmailAddress.objects.get(user=cast.owner, primary=True).email == "owner@example.test"
        assert not EmailAddress.objects.filter(email=NEW, verified=True).exists()
        assert Person.objects.filter(pk=invited.pk).exists()
