"""Access is taken away, and given again."""

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from reprieve.accounts.models import Person
from reprieve.accounts.people import password_link
from reprieve.actions.add_colleague import AddressTaken, add_colleague
from reprieve.actions.remove_colleague import ColleagueNotRemoved, remove_colleague
from reprieve.lib.errors import NotFound
from reprieve.notifications.invitations import send_invitation
from tests.factories.people import PASSWORD, Cast
from tests.factories.things import Catalog, an_order


def active() -> set[str]:
    return set(Person.objects.filter(is_active=True).values_list("email", flat=True))


def test_signs_the_colleague_out_and_nobody_else(cast: Cast) -> None:
    theirs, ours = Client(), Client()
    theirs.force_login(cast.colleague)
    ours.force_login(cast.owner)
    remove_colleague(actor=cast.actor("owner"), person_id=cast.colleague.pk)
    assert theirs.get("/orders/").status_code == 302
    assert ours.get("/orders/").status_code == 200
    assert Session.objects.get().get_decoded()["_auth_user_id"] == str(cast.owner.pk)


def test_lets_them_in_no_more_by_password_or_by_an_old_link(cast: Cast, client: Client) -> None:
    link = password_link(cast.colleague).removeprefix("http://localhost:8000")
    remove_colleague(actor=cast.actor("owner"), person_id=cast.colleague.pk)
    client.post("/account/login/", {"login": cast.colleague.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert "token_fail" in (client.get(link).context_data or {})


def test_leaves_what_they_have_done(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("colleague"))
    for _ in range(2):
        remove_colleague(actor=cast.actor("owner"), person_id=cast.colleague.pk)
    order.refresh_from_db()
    assert order.practice == cast.practice
    assert Person.objects.get(pk=cast.colleague.pk).name == "Colleague"


@pytest.mark.parametrize("who", ["stranger", "manager"])
def test_a_stranger_removes_nobody(cast: Cast, who: str) -> None:
    before = active()
    for person in (cast.owner, cast.support):
        with pytest.raises(NotFound):
            remove_colleague(actor=cast.actor(who), person_id=person.pk)
    with pytest.raises(NotFound):
        remove_colleague(actor=cast.actor("owner"), person_id=cast.stranger.pk)
    assert active() == before


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_nobody_removes_themselves_be_they_the_last_or_not(cast: Cast, who: str) -> None:
    with pytest.raises(ColleagueNotRemoved, match="yourself"):
        remove_colleague(actor=cast.actor(who), person_id=cast.actor(who).person_id or 0)
    assert getattr(cast, who).email in active()


def test_of_two_who_remove_each_other_one_remains(cast: Cast) -> None:
    owner, colleague = cast.actor("owner"), cast.actor("colleague")
    remove_colleague(actor=owner, person_id=cast.colleague.pk)
    with pytest.raises(ColleagueNotRemoved, match="Your own access"):
        remove_colleague(actor=colleague, person_id=cast.owner.pk)
    assert "owner@example.test" in active()


def test_who_was_removed_can_be_added_again_and_chooses_a_new_password(
    cast: Cast, mailoutbox: list[mail.EmailMessage]
) -> None:
    remove_colleague(actor=cast.actor("owner"), person_id=cast.colleague.pk)
    back = add_colleague(actor=cast.actor("owner"), name="Colleague again", email="Colleague@example.test")
    assert (back.pk, back.name, back.is_active) == (cast.colleague.pk, "Colleague again", True)
    assert not back.has_usable_password()
    send_invitation.call(back.pk, "Owner")
    assert [message.to for message in mailoutbox] == [["colleague@example.test"]]


def test_another_practice_cannot_take_over_who_was_removed(cast: Cast) -> None:
    remove_colleague(actor=cast.actor("owner"), person_id=cast.colleague.pk)
    with pytest.raises(AddressTaken):
        add_colleague(actor=cast.actor("stranger"), name="Mine", email=cast.colleague.email)
    assert cast.colleague.email not in active()
    assert Person.objects.get(pk=cast.colleague.pk).practice == cast.practice
