"""The practice's page, and a colleague more."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from reprieve.accounts.models import Person
from reprieve.actions.cancel_order import cancel_order
from reprieve.notifications.invitations import send_invitation
from reprieve.notifications.models import Email
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

URL = "/practice/"
NEW = {"name": "Dr. Ada Neu", "email": "Ada.Neu@Example.TEST"}
CHOSEN = "chosen-by-ada-herself"


@pytest.fixture(autouse=True)
def no_limits_from_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_shows_the_people_of_the_practice_and_no_others(owner: Client, cast: Cast) -> None:
    page = owner.get(URL).content.decode()
    for words in (
        "Elm Street Dental",
        cast.practice.number,
        "owner@example.test",
        "colleague@example.test",
        "Pay per case by card",
    ):
        assert words in page
    for words in ("stranger@example.test", "support@example.test", "Harbour Smiles"):
        assert words not in page


def test_adds_a_colleague_to_the_same_practice(owner: Client, cast: Cast) -> None:
    response = owner.post(URL, NEW, follow=True)
    assert "A link to choose a password goes to ada.neu@example.test." in response.content.decode()
    ada = Person.objects.get(email="ada.neu@example.test")
    assert (ada.name, ada.practice, ada.staff_role) == ("Dr. Ada Neu", cast.practice, "")
    assert not ada.has_usable_password()


def test_says_the_same_when_it_is_sent_twice(owner: Client) -> None:
    for _ in range(2):
        assert owner.post(URL, NEW).status_code == 302
    assert Person.objects.filter(email="ada.neu@example.test").count() == 1


def test_lets_the_colleague_choose_a_password_and_sign_in_by_the_mail(
    owner: Client, mailoutbox: list[mail.EmailMessage]
) -> None:
    owner.post(URL, NEW)
    send_invitation.call(Person.objects.get(email="ada.neu@example.test").pk, "Owner")
    (message,) = mailoutbox
    assert message.to == ["ada.neu@example.test"]
    assert "Owner has added you to Elm Street Dental" in message.body
    link = re.search(r"http\S+/account/password/reset/key/\S+", str(message.body))
    assert link is not None
    ada = Client()
    page = ada.get(urlsplit(link[0]).path, follow=True)
    ada.post(page.redirect_chain[-1][0], {"password1": CHOSEN, "password2": CHOSEN})
    signed_in = ada.post("/account/login/", {"login": "ada.neu@example.test", "password": CHOSEN}, follow=True)
    assert signed_in.request["PATH_INFO"] == "/orders/"


def test_sends_no_second_invitation_to_who_has_a_password(cast: Cast, mailoutbox: list[mail.EmailMessage]) -> None:
    send_invitation.call(cast.colleague.pk, "Owner")
    assert mailoutbox == []


def test_sends_no_news_of_orders_to_an_address_that_has_not_answered(
    owner: Client, cast: Cast, catalog: Catalog
) -> None:
    owner.post(URL, NEW)
    order = an_order(catalog, cast.actor("owner"))
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
    told = set(Email.objects.values_list("recipient__email", flat=True))
    assert told == {"owner@example.test", "colleague@example.test"}


@pytest.mark.parametrize("email", ["stranger@example.test", "STRANGER@example.test", "support@example.test"])
def test_refuses_a_known_address_without_saying_whose_it_is(email: str, owner: Client) -> None:
    response = owner.post(URL, {"name": "Mine now", "email": email})
    page = response.content.decode()
    assert response.status_code == 422
    assert "This address cannot be added." in page
    assert "Mine now" in page
    assert "Harbour Smiles" not in page
    assert Person.objects.count() == 7


def test_an_address_that_somebody_only_wishes_to_have_is_not_theirs_yet(owner: Client, cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.stranger, email="ada.neu@example.test", verified=False, primary=False)
    assert owner.post(URL, NEW).status_code == 302
    assert Person.objects.get(email="ada.neu@example.test").practice == cast.practice


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": "", "email": "ada@example.test"}, "Please write your colleague&#x27;s name."),
        ({"name": "n" * 121, "email": "ada@example.test"}, "Please write a name of up to 120 characters."),
        ({"name": "Ada", "email": ""}, "Please write your colleague&#x27;s e-mail address."),
        ({"name": "Ada", "email": "not an address"}, "Enter a valid email address."),
    ],
)
def test_shows_what_is_wrong_and_keeps_what_was_typed(sent: dict[str, str], words: str, owner: Client) -> None:
    response = owner.post(URL, sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert all(given in page for given in sent.values())
    assert Person.objects.count() == 7


class TestRemove:
    def url(self, person: Person) -> str:
        return f"/practice/people/{person.pk}/remove/"

    def test_is_offered_for_colleagues_and_not_for_oneself(self, owner: Client, cast: Cast) -> None:
        page = owner.get(URL).content.decode()
        assert self.url(cast.colleague) in page
        assert self.url(cast.owner) not in page

    def test_asks_first_and_takes_access_away_then(self, owner: Client, cast: Cast) -> None:
        asked = owner.get(self.url(cast.colleague)).content.decode()
        assert "Colleague (colleague@example.test) is signed out at once" in asked
        cast.colleague.refresh_from_db()
        assert cast.colleague.is_active
        page = owner.post(self.url(cast.colleague), follow=True).content.decode()
        assert "Colleague can sign in no more." in page
        assert "colleague@example.test" not in page
        cast.colleague.refresh_from_db()
        assert not cast.colleague.is_active

    def test_refuses_to_remove_oneself(self, owner: Client, cast: Cast) -> None:
        for response in (owner.get(self.url(cast.owner)), owner.post(self.url(cast.owner))):
            assert response.status_code == 409
            assert "You cannot remove yourself." in response.content.decode()
        assert owner.get("/orders/").status_code == 200

    def test_hides_the_practices_people_from_a_stranger(self, stranger: Client, cast: Cast) -> None:
        assert stranger.get(self.url(cast.colleague)).status_code == 404
        assert stranger.post(self.url(cast.colleague)).status_code == 404
        cast.colleague.refresh_from_db()
        assert cast.colleague.is_active


def test_sends_mail_to_strangers_no_faster_than_a_person_would(
    owner: Client, stranger: Client, cast: Cast, settings: Settings
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "inviting"}}
    settings.ACCOUNT_RATE_LIMITS = {"invite_colleague": "2/d/key"}
    answers = [owner.post(URL, {"name": "New", "email": f"new{number}@example.test"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "Your practice has invited many colleagues today." in answers[2].content.decode()
    assert not Person.objects.filter(email="new2@example.test").exists()
    assert stranger.post(URL, NEW).status_code == 302
