"""`reprieve people deactivate`."""

from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from reprieve.accounts.models import Person
from tests.factories.people import PASSWORD, Cast


def deactivate(email: str) -> str:
    out = StringIO()
    call_command("people", "deactivate", email, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("Owner@example.test", "Owner <owner@example.test> (Elm Street Dental) is signed out and can sign in no more."),
        ("manager@example.test", "Manager <manager@example.test> (manager) is signed out and can sign in no more."),
    ],
)
def test_takes_access_away_from_people_and_staff(cast: Cast, client: Client, email: str, words: str) -> None:
    person = Person.objects.get(email=email.lower())
    client.force_login(person)
    bystander = Client()
    bystander.force_login(cast.stranger)
    for _ in range(2):
        assert deactivate(email).strip() == words
    assert client.get("/").url == "/account/login/?next=/"  # type: ignore[attr-defined]  # a redirect
    client.post("/account/login/", {"login": email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert bystander.get("/orders/").status_code == 200
    assert str(cast.stranger.pk) in [session.get_decoded().get("_auth_user_id") for session in Session.objects.all()]
    assert Person.objects.filter(is_active=False).get() == person


@pytest.mark.parametrize(
    ("email", "words"), [("nobody@example.test", "Nobody has the address"), ("nobody", "no e-mail address")]
)
def test_refuses_an_address_that_nobody_has(cast: Cast, email: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        deactivate(email)
    assert not Person.objects.filter(is_active=False).exists()
