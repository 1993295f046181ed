"""What a person can change about themselves."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

URL = "/my-account/"
GOOD = {"name": "Dr. Owner", "time_zone": "Asia/Tokyo"}


def test_shows_what_is_known(owner: Client) -> None:
    page = owner.get(URL).content.decode()
    assert 'value="Owner"' in page
    assert '<option value="UTC" selected>' in page
    assert "checked" in page


def test_changes_name_mails_and_time_zone(owner: Client, cast: Cast) -> None:
    response = owner.post(URL, GOOD, follow=True)
    assert "Your account is changed." in response.content.decode()
    cast.owner.refresh_from_db()
    assert (cast.owner.name, cast.owner.emails_enabled, cast.owner.time_zone) == ("Dr. Owner", False, "Asia/Tokyo")
    assert cast.owner.practice == cast.practice


def test_shows_times_in_the_new_zone(owner: Client, catalog: Catalog, cast: Cast) -> None:
    order = an_order(catalog, cast.actor("owner"), now=datetime(2026, 3, 4, 20, 15, tzinfo=UTC))
    owner.post(URL, GOOD)
    assert "5 Mar, 05:15" in owner.get(f"/orders/{order.number}/").content.decode()


def test_cannot_be_used_to_become_somebody_else(owner: Client, cast: Cast) -> None:
    owner.post(URL, {**GOOD, "email": "evil@example.test", "staff_role": "manager", "practice": "2", "pk": "3"})
    cast.owner.refresh_from_db()
    assert (cast.owner.email, cast.owner.staff_role) == ("owner@example.test", "")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({**GOOD, "name": ""}, "Please write your name."),
        ({**GOOD, "name": "n" * 121}, "Please write a name of up to 120 characters."),
        ({**GOOD, "time_zone": "Mars/Olympus"}, "Mars/Olympus is not one of the available choices"),
    ],
)
def test_shows_what_is_wrong_and_changes_nothing(sent: dict[str, str], words: str, owner: Client, cast: Cast) -> None:
    response = owner.post(URL, sent)
    assert response.status_code == 422
    assert words in response.content.decode()
    cast.owner.refresh_from_db()
    assert (cast.owner.name, cast.owner.time_zone) == ("Owner", "UTC")
