"""Signing up, in and out; the second factor; a forgotten password. allauth does it, our settings and pages let it."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from reprieve.accounts.models import Person, Practice
from tests.factories.people import PASSWORD, Cast

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Dr. Ines Vega",
    "practice_name": "Vega Dental",
    "email": "ines@example.test",
    "password1": "correct-horse-battery",
}


@pytest.fixture(autouse=True)
def no_limits_from_other_tests(settings: Any) -> None:  # noqa: ANN401 - pytest-django's wrapper
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_signing_up_opens_a_practice_once_the_address_is_verified(client: Client) -> None:
    response = client.post("/account/signup/", NEW)
    assert (response.status_code, response["Location"]) == (302, "/account/confirm-email/")
    person = Person.objects.get(email="ines@example.test")
    assert (person.name, person.practice, person.staff_role) == ("Dr. Ines Vega", Practice.objects.get(), "")
    assert client.get("/orders/").status_code == 302
    (link,) = re.findall(r"http://testserver(/account/confirm-email/\S+)", str(mail.outbox[0].body))
    assert client.get(link).status_code == 200
    assert not EmailAddress.objects.get().verified, "a mail scanner that follows the link verifies nothing"
    client.post(link)
    assert EmailAddress.objects.get().verified
    client.post("/account/login/", {"login": NEW["email"], "password": NEW["password1"]})
    assert client.get("/orders/").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"name": "https://evil.example"}, "name"),
        ({"practice_name": ""}, "practice_name"),
        ({"practice_name": "Vega\x1b[2J"}, "practice_name"),
        ({"practice_name": "Win at http://evil.example"}, "practice_name"),
        ({"email": "ines"}, "email"),
        ({"password1": "123"}, "password1"),
    ],
)
def test_a_bad_sign_up_is_told_at_its_field_and_nothing_is_made(
    client: Client, change: dict[str, str], field: str
) -> None:
    response = client.post("/account/signup/", NEW | change)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert "Vega" in response.content.decode()
    assert not Person.objects.exists()
    assert not Practice.objects.exists()


def test_signing_up_with_a_known_address_does_not_say_so(client: Client, cast: Cast) -> None:
    practices, people = Practice.objects.count(), Person.objects.count()
    response = client.post("/account/signup/", NEW | {"email": cast.owner.email})
    assert (response.status_code, response["Location"]) == (302, "/account/confirm-email/")
    assert (Practice.objects.count(), Person.objects.count()) == (practices, people)
    assert [message.to for message in mail.outbox] == [[cast.owner.email]]


def test_each_comes_in_at_their_own_door(client: Client, cast: Cast) -> None:
    for person, landing in ((cast.owner, "/orders/"), (cast.support, "/console/orders/")):
        response = client.post("/account/login/", {"login": person.email.upper(), "password": PASSWORD}, follow=True)
        assert response.redirect_chain[-1] == (landing, 302)
        client.post("/account/logout/")
        assert client.get(landing).status_code == 302


@pytest.mark.parametrize("attempt", [{"password": "wrong"}, {"login": "nobody@example.test"}])
def test_a_wrong_sign_in_does_not_say_which_part_was_wrong(client: Client, cast: Cast, attempt: dict[str, str]) -> None:
    response = client.post("/account/login/", {"login": cast.owner.email, "password": PASSWORD} | attempt)
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [
        "The email address and/or password you specified are not correct."
    ]
    assert "_auth_user_id" not in client.session


def test_who_may_not_sign_in_any_more_does_not_get_in(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    Person.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert client.get("/orders/").status_code == 302
    client.post("/account/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert client.get("/orders/").status_code == 302


def test_a_forgotten_password_is_set_anew_by_mail(client: Client, cast: Cast) -> None:
    client.post("/account/password/reset/", {"email": cast.owner.email})
    (link,) = re.findall(r"http://testserver(/account/password/reset/key/\S+)", str(mail.outbox[0].body))
    form_url = client.get(link)["Location"]
    client.post(form_url, {"password1": "another-good-secret", "password2": "another-good-secret"})
    cast.owner.refresh_from_db()
    assert cast.owner.check_password("another-good-secret")


def test_resetting_the_password_of_nobody_looks_the_same(client: Client, cast: Cast) -> None:
    known = client.post("/account/password/reset/", {"email": cast.owner.email})
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.test"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_a_second_factor_is_asked_for_once_it_is_set_up(client: Client, cast: Cast) -> None:
    totp = TOTP.activate(cast.owner, "JBSWY3DPEHPK3PXP")
    assert Authenticator.objects.get() == totp.instance
    response = client.post("/account/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert response["Location"] == "/account/2fa/authenticate/"
    assert client.get("/orders/").status_code == 302
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    code = hotp_value("JBSWY3DPEHPK3PXP", next(iter(yield_hotp_counters_from_time())))
    client.post("/account/2fa/authenticate/", {"code": f"{code:06}"})
    assert client.get("/orders/").status_code == 200


def test_guessing_passwords_is_slowed_down(client: Client, cast: Cast, settings: Any) -> None:  # noqa: ANN401
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "guessing"}}
    guesses = [
        client.post("/account/login/", {"login": cast.owner.email, "password": f"guess-{number}"})
        for number in range(12)
    ]
    words = "".join(response.content.decode() for response in guesses)
    assert "Too many failed login attempts" in words
    client.post("/account/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
